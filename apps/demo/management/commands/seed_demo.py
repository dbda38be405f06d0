"""Make the demo and load its year."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.demo.services.history import history_load
from apps.demo.services.searched import searches_read
from apps.demo.services.setup import demo_create


class Command(BaseCommand):
    help = "Make the demo businesses and put a year of visits through the pipeline. Repeating it adds what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        """A demo that was removed is not made again by the next start."""
        parser.add_argument("--fill-gaps", action="store_true", help="only bring existing demo businesses up to now")

    def handle(self, *args: Any, **options: Any) -> None:
        """Organizations first, so that the pages can be opened while history loads."""
        if not options["fill_gaps"]:
            demo_create()
        searches_read()
        self.stdout.write(f"{history_load()} events loaded")
