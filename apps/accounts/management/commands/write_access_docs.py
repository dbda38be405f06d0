"""Write docs/access.md from the table the program itself asks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from apps.accounts.enums import Role
from apps.accounts.forms.team import ROLE_HELP
from apps.accounts.roles import Reach, table
from apps.accounts.scopes import all_scopes

_MARKS = {Reach.ALL: "yes", Reach.ASSIGNED: "assigned", Reach.OWN: "own", None: "–"}
_HEAD = """# Who may do what

Written by `manage.py write_access_docs` from the table that pages, API, sockets and exports ask. Do not edit.

“assigned” means only the objects assigned to the person on the team page, “own” only what is theirs.
Somebody who does not belong to an organization finds nothing there, not even that it exists.
"""


def text() -> str:
    """The page."""
    with translation.override("en"):
        roles = [f"- **{role.label}**: {ROLE_HELP[role]}" for role in Role]
        head = ["Right", "Key", *(str(role.label) for role in Role)]
        rows = [
            [str(action.label), f"`{key}`", *(_MARKS[action.reach.get(role)] for role in Role)]
            for key, action in table().items()
        ]
        lines = [head, ["---"] * len(head), *rows]
        scopes = [f"- `{scope.key}`: {scope.label}. {scope.help}" for scope in all_scopes()]
    rights = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    agency = (
        "In an agency's clients, its owners and admins act as Admin, its managers and viewers in the clients assigned "
        "to them as what they are; its other members see no client."
    )
    keys = "A key can do what its scopes include, and no more than its member may (a key of one person) or an Admin."
    return "\n\n".join(
        [_HEAD.strip(), "## Roles", "\n".join(roles), agency, "## Rights", rights, "## Scopes of API keys", keys,
         "\n".join(scopes)]
    ) + "\n"


class Command(BaseCommand):
    """`write_access_docs`, or `--check` to fail when the page is not what the table says."""

    help = "Write docs/access.md from the access table"

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check` writes nothing."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Write or compare."""
        path = settings.BASE_DIR / "docs" / "access.md"
        if not check:
            path.write_text(text())
        elif not path.exists() or path.read_text() != text():
            raise CommandError("docs/access.md is not what the table says; run manage.py write_access_docs")
