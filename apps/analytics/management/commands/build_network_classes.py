"""Makes `apps/analytics/data/network_classes.json` from the table of networks. Run when the table has changed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.analytics.enrichment.network_kinds import DATA, LARGE, by_name
from apps.analytics.enrichment.networks import Network, Networks
from apps.analytics.enums import NetworkKind


class Command(BaseCommand):
    help = "Sort the large networks of the table into kinds: what has many addresses and is nothing else sells access."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the one data file."""
        networks = Networks(settings.NETWORK_DATABASE)
        if not networks.is_ready:
            raise CommandError(f"There is no table of networks at {settings.NETWORK_DATABASE}.")
        sizes: Counter[Network] = Counter()
        for size, network in networks.ranges():
            sizes[network] += size
        classes: defaultdict[str, list[int]] = defaultdict(list)
        for network, size in sizes.items():
            if size >= LARGE:
                classes[_kind(network)].append(network.number)
        table = {
            "made_on": datetime.now(UTC).date().isoformat(),
            "made_from": _source(Path(settings.NETWORK_DATABASE)),
            "smallest": LARGE,
            "classes": {kind: sorted(set(numbers)) for kind, numbers in sorted(classes.items())},
        }
        (DATA / "network_classes.json").write_text(json.dumps(table, separators=(",", ":")) + "\n")
        for kind, numbers in table["classes"].items():
            self.stdout.write(f"{len(numbers):6} {kind}")


def _kind(network: Network) -> str:
    found = by_name(network.name)
    if found.kind is NetworkKind.UNKNOWN or found.reason == "plain":
        return NetworkKind.ISP.value
    listed = found.detail and found.kind is NetworkKind.BUSINESS
    # A legal form or a common word in the name of a large network says nothing.
    return NetworkKind.ISP.value if listed and not _is_named(network) else found.kind.value


def _is_named(network: Network) -> bool:
    data = json.loads((DATA / "network_words.json").read_text())
    phrases = (*data["listed_business"]["phrases"], *data["large_business"])
    return any(phrase in network.name.casefold() for phrase in phrases)


def _source(path: Path) -> str:
    package = path / "package.json"
    if not package.exists():
        return path.name
    facts = json.loads(package.read_text())
    return f"{facts['name']} {facts['version']}: Route Views, NRO and DB-IP (CC BY 4.0)"
