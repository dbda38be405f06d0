"""`manage.py rotate_field_keys`: rewrite stored credentials with the first key of FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.rotation import rotate


class Command(BaseCommand):
    help = "Rewrite stored credentials with the newest key of FIELD_KEYS. Can be stopped and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = rotate()
        self.stdout.write(f"rewritten: {outcome.rewritten}, already on the newest key: {outcome.current}")
        if outcome.unreadable:
            listed = ", ".join(outcome.unreadable[:20])
            raise CommandError(
                f"{len(outcome.unreadable)} values open with no key of FIELD_KEYS; keep the older keys. First: {listed}"
            )
        self.stdout.write("Older keys can be removed from FIELD_KEYS once every process runs with the newest first.")
