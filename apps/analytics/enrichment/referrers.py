"""The table of known sources: search engines, social networks, video, shopping, AI assistants, and spam."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path

from apps.analytics.enrichment.addresses import root_of

TABLE = Path(__file__).resolve().parent.parent / "data" / "referrers.json"
# What search engines run beside their search, by the first part of the host: a link in a mail was not searched for.
_BESIDE = frozenset({
    "accounts", "ads", "analytics", "calendar", "chat", "classroom", "cloud", "contacts", "developers", "disk", "docs",
    "drive", "keep", "mail", "meet", "myaccount", "photos", "script", "sheets", "support", "tagmanager",
})


class _Table:
    def __init__(self, path: Path) -> None:
        stored = json.loads(path.read_text())
        self.sources: dict[str, str] = stored["sources"]
        self.spam: frozenset[str] = frozenset(stored["spam"])
        self.hosts: dict[str, tuple[str, str]] = {}
        self.names: dict[str, str] = {}
        self.everywhere: dict[str, tuple[str, str]] = {}
        for host, row in stored["hosts"].items():
            kind, _, name = row.partition("\t")
            self.names.setdefault(name, kind)
            label = host.removesuffix(".{}")
            if host.endswith(".{}") and "." not in label:
                self.everywhere[label] = (kind, name)
            elif "{}" not in host:
                self.hosts[host] = (kind, name)


@cache
def _table() -> _Table:
    return _Table(TABLE)


@lru_cache(maxsize=50_000)
def known_host(host: str) -> tuple[str, str]:
    """Kind (search, social, video, shopping, ai) and name of a referring host; empty strings when unknown."""
    table = _table()
    kind, name = _by_domain(host)
    own = table.sources.get(host, "")
    if own and own != kind:
        return own, host  # a part of a house that is another kind of place than the house
    if kind == "search" and not own and host not in table.hosts and host.partition(".")[0] in _BESIDE:
        return "", ""
    return kind, name


def _by_domain(host: str) -> tuple[str, str]:
    table, rest = _table(), host
    while "." in rest:
        if found := table.hosts.get(rest):
            return found
        rest = rest.partition(".")[2]
    root = root_of(host)
    label = root.partition(".")[0]
    if found := table.everywhere.get(label):
        return found
    if kind := table.sources.get(host) or table.sources.get(root):
        return kind, label
    return "", ""


@lru_cache(maxsize=50_000)
def kind_of_source(source: str) -> str:
    """The kind of what a campaign calls its source, by name or by host; empty when unknown."""
    source = source.lower()
    table = _table()
    if kind := table.sources.get(source):
        return kind
    if "." in source:
        return known_host(source)[0]
    return table.names.get(source, "")


@lru_cache(maxsize=50_000)
def is_spam(host: str) -> bool:
    """Whether the host, or a domain above it, is known for sending visits that nobody made."""
    spam = _table().spam
    while host:
        if host in spam:
            return True
        host = host.partition(".")[2]
    return False
