"""The table of roles says what the product promises, and the page about it is written from it."""

from __future__ import annotations

import pytest

from apps.accounts.enums import Role
from apps.accounts.management.commands.write_access_docs import text
from apps.accounts.roles import Action, Reach, allow, get_action, register_actions, table
from config import env


def _who(action: str) -> set[str]:
    return {role.value for role, reach in get_action(action).reach.items() if reach is Reach.ALL}


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("home.view", {"owner", "admin", "manager", "agent", "billing", "viewer", "client"}),
        ("organization.edit", {"owner", "admin"}),
        ("organization.delete", {"owner"}),
        ("ownership.transfer", {"owner"}),
        ("team.manage", {"owner", "admin"}),
        ("team.view", {"owner", "admin", "manager"}),
        ("billing.manage", {"owner", "admin", "billing"}),
        ("audit.view", {"owner", "admin"}),
        ("security.edit", {"owner", "admin"}),
        ("key.manage", {"owner", "admin"}),
        ("key.own", {"owner", "admin"}),
        ("metrics.view", {"owner", "admin", "manager", "viewer"}),
    ],
)
def test_who_may(action: str, roles: set[str]) -> None:
    assert _who(action) == roles


def test_owners_may_everything() -> None:
    assert [key for key, action in table().items() if action.reach.get(Role.OWNER) is not Reach.ALL] == []


def test_billing_sees_no_figures_and_managers_no_billing() -> None:
    assert Role.BILLING not in get_action("metrics.view").reach
    assert Role.MANAGER not in get_action("billing.manage").reach


def test_assigned_and_own_reach() -> None:
    assert get_action("metrics.view").reach[Role.CLIENT] is Reach.ASSIGNED
    assert get_action("metrics.view").reach[Role.AGENT] is Reach.OWN
    assert get_action("key.own").reach[Role.VIEWER] is Reach.OWN


def test_a_second_declaration_and_a_typing_mistake_are_errors() -> None:
    with pytest.raises(ValueError, match=r"home\.view is declared twice"):
        register_actions(Action("home.view", "", allow(Role.OWNER)))
    with pytest.raises(KeyError):
        get_action("home.veiw")


def test_the_page_is_what_the_table_says() -> None:
    assert (env.ROOT / "docs" / "access.md").read_text() == text(), "run manage.py write_access_docs"
