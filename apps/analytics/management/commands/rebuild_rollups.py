"""Counts a site's figures again from its events."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analytics.models import Site
from apps.analytics.services.store_jobs import rollups_rebuild
from apps.core.tenancy import every_tenant, tenant


class Command(BaseCommand):
    help = "Ask the pipeline to count a site's figures again from its events."

    def add_arguments(self, parser: CommandParser) -> None:
        """The site."""
        parser.add_argument("site", help="the script id of the site")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask; what happens then is told by the list of jobs."""
        with every_tenant():
            site = Site.objects.filter(script_id=options["site"]).first()
        if site is None:
            raise CommandError("there is no such site")
        with tenant(site.organization_id):
            job = rollups_rebuild(site=site)
        self.stdout.write(f"job {job.id}")
