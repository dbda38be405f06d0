"""The deliverer process of the Procfile."""

from __future__ import annotations

import signal
from typing import Any

import structlog
from django.core.management.base import BaseCommand

from apps.analytics.delivery.deliverer import Deliverer

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Send tracked events on to the destinations of their sites, until stopped."
    # They would load every page, which takes a seventh of the memory; `migrate` has made them.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; SIGTERM and SIGINT end it after the requests at hand."""
        asked = False

        def stop(*_signal: Any) -> None:
            nonlocal asked
            asked = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        log.info("deliverer.started")
        Deliverer(lambda: asked).run()
        log.info("deliverer.stopped")
