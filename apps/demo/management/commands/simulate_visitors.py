"""Live traffic for the demo."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.demo.selectors import demo_loads
from apps.demo.services.visitors import history_is_in, visitors_told


class Command(BaseCommand):
    help = "Send demo visitors to the collector, as they come, until stopped or until the demo is removed."

    def add_arguments(self, parser: CommandParser) -> None:
        """How busy."""
        parser.add_argument("--at-least", type=float, default=60.0, help="visits an hour to each site, also at night")

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait for the history, then become the light program that sends."""
        while demo_loads() and not history_is_in(timezone.now()):
            time.sleep(2)
        if not demo_loads():
            self.stdout.write("There is no demo.")
            return
        reading, writing = os.pipe()
        os.write(writing, json.dumps(visitors_told(options["at_least"])).encode())
        os.close(writing)
        os.dup2(reading, 0)
        os.execv(sys.executable, [sys.executable, "-m", "apps.demo.live"])  # noqa: S606 -- no shell is wanted
