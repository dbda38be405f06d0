"""Count a collected metric's past anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Organization
from apps.metrics import registry, rollup


class Command(BaseCommand):
    """`manage.py backfill_metric shop.orders --days 90 [--org slug]`"""

    help = "Count a collected metric's closed hours anew, for one organization or all."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which metric, how far back, for whom."""
        parser.add_argument("metric")
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--org", help="the organization's address (slug); all when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, saying per organization how many hours."""
        metric = registry.find(options["metric"])
        if metric is None or metric.collect is None:
            known = ", ".join(found.key for found in registry.collected()) or "none yet"
            raise CommandError(f"{options['metric']} is not a collected metric; there are: {known}")
        organizations = Organization.objects.order_by("slug")
        if options["org"]:
            organizations = organizations.filter(slug=options["org"])
            if not organizations:
                raise CommandError(f"there is no organization {options['org']}")
        for organization in organizations:
            hours = rollup.backfill(metric, organization, options["days"])
            self.stdout.write(f"{organization.slug}: {hours} hours")
