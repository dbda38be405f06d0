"""Takes rejected events in again, after what made the pipeline reject them has been mended."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.analytics.models import DeadLetter, Site
from apps.analytics.services.store_jobs import letters_replay
from apps.core.tenancy import every_tenant, tenant


class Command(BaseCommand):
    help = "Ask the pipeline to take rejected events in again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Of one site, or of all."""
        parser.add_argument("--site", help="the script id of one site")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask; what happens then is told by the list of jobs."""
        with every_tenant():
            sites = Site.objects.filter(script_id=options["site"]) if options["site"] else Site.objects.all()
            found = list(sites)
        for site in found:
            letters = list(DeadLetter.objects.filter(site_id=site.id, replayed_at=None).values_list("id", flat=True))
            if letters:
                with tenant(site.organization_id):
                    letters_replay(site=site, letters=letters)
                self.stdout.write(f"{site.script_id}: {len(letters)}")
