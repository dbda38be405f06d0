"""The pipeline process of the Procfile."""

from __future__ import annotations

import argparse
import signal
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser

from apps.analytics.pipeline.runner import Runner

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Take tracked events out of the inbox and count them, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """With several writers, each gets a shard of the sites."""
        parser.add_argument("--shard", type=_shard, default=(0, 1), help="i/n: the i-th of n writers, from 1")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; SIGTERM and SIGINT end it after the batch at hand."""
        asked = False

        def stop(*_signal: Any) -> None:
            nonlocal asked
            asked = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        log.info("pipeline.started", shard=options["shard"])
        Runner(options["shard"], lambda: asked).run()
        log.info("pipeline.stopped")


def _shard(text: str) -> tuple[int, int]:
    try:
        number, of = (int(part) for part in text.split("/"))
    except ValueError as error:
        raise argparse.ArgumentTypeError("a shard is written i/n, like 1/2") from error
    if not 1 <= number <= of:
        raise argparse.ArgumentTypeError("a shard is written i/n with i from 1 to n")
    return number - 1, of
