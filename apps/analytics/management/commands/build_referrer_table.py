"""Makes `apps/analytics/data/referrers.json` from the public lists it names. Run when the lists have changed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

TARGET = Path(__file__).resolve().parents[2] / "data" / "referrers.json"
SOURCES = {
    "engines": "matomo-org/searchengine-and-social-list SearchEngines.yml (CC0)",
    "networks": "matomo-org/searchengine-and-social-list Socials.yml (CC0)",
    "assistants": "matomo-org/searchengine-and-social-list AIAssistants.yml (CC0)",
    "categories": "Google Analytics 4 default channel group source categories, as kept in Velir/dbt-ga4 (MIT)",
    "spam": "matomo-org/referrer-spam-list spammers.txt (public domain)",
}
_ITEM = re.compile(r"^\s+- '?([^'\s]+)'?\s*$")


class Command(BaseCommand):
    help = "Build the table of search engines, networks, assistants and spam hosts from a folder of the public lists."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder."""
        parser.add_argument("--from", dest="folder", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the one data file."""
        folder = Path(options["folder"])
        categories = _categories(folder / "ga4_source_categories.csv")
        hosts: dict[str, list[str]] = {}
        for file, kind in (("AIAssistants", "ai"), ("Socials", "social"), ("SearchEngines", "search")):
            for name, host in _hosts(folder / f"matomo_{file}.yml"):
                if "/" in host or host in hosts:
                    continue  # part of a host is not known from a referrer, which carries no path
                known = categories.get(host) or categories.get(name.lower())
                hosts[host] = [kind if kind == "ai" else known or kind, name.lower()]
        table = {
            "made_on": datetime.now(UTC).date().isoformat(),
            "made_from": SOURCES,
            "hosts": {host: "\t".join(row) for host, row in sorted(hosts.items())},
            "sources": dict(sorted(categories.items())),
            "spam": sorted(set((folder / "spammers.txt").read_text().split())),
        }
        TARGET.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n")
        self.stdout.write(f"{len(hosts)} hosts, {len(categories)} sources, {len(table['spam'])} spam hosts")


def _categories(path: Path) -> dict[str, str]:
    with path.open() as file:
        return {
            row["source"].lower(): row["source_category"].removeprefix("SOURCE_CATEGORY_").lower()
            for row in csv.DictReader(file)
        }


def _hosts(path: Path) -> Iterator[tuple[str, str]]:
    """Names and hosts of a list file: host items stand under the name itself or under its `urls`."""
    name, takes = "", True
    for line in path.read_text().splitlines():
        if line and not line[0].isspace() and line.endswith(":"):
            name, takes = line.rstrip(":").strip("'\""), True
        elif line.strip().endswith(":") and line[:1].isspace():
            takes = line.strip() == "urls:"
        elif takes and (found := _ITEM.match(line)):
            yield name, found[1].lower().removeprefix("www.")
