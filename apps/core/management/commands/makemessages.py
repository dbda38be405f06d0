"""Django's own command, which also reads the names that stand for gettext where `_` is taken by the lazy one."""

from __future__ import annotations

from django.core.management.commands import makemessages

ALIASES = ("_t", "_lazy", "_l", "_now")


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, *(f"--keyword={name}" for name in ALIASES)]
