"""Remove the demo."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.demo.services.setup import demo_close, demo_erase


class Command(BaseCommand):
    help = "Erase every demo organization with its people and figures."

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, and say how many."""
        demo_close()
        self.stdout.write(f"{demo_erase()} demo organizations removed")
