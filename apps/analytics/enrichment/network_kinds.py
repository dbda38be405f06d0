"""What kind of network it is, by rules over its name and a list of large ones. Each answer says why.

The lists are data: `apps/analytics/data/network_words.json` is kept by hand, `network_classes.json` is made by
`manage.py build_network_classes` from the table of networks.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from apps.analytics.enrichment.networks import Network
from apps.analytics.enums import Confidence, NetworkKind

DATA = Path(__file__).resolve().parents[1] / "data"
LARGE = 1 << 17  # addresses of version 4: whoever has more and is nothing else sells access
_SPLIT = re.compile(r"[^a-z0-9&'\-]+")


class Verdict(NamedTuple):
    """A kind, how sure it is, and why: `word`, `listed`, `large`, `plain`, `own_name`, `named`, `service`, `owner`."""

    kind: NetworkKind
    confidence: Confidence
    reason: str
    detail: str = ""


NOTHING = Verdict(NetworkKind.UNKNOWN, Confidence.LOW, "unlisted")


@lru_cache(maxsize=100_000)
def kind_of(network: Network) -> Verdict:
    """The kind of a network: what is listed, else what its name says, else a business with low confidence."""
    listed = _listed().get(network.number)
    if listed is not None:
        return Verdict(listed, Confidence.MEDIUM, "listed")
    return by_name(network.name)


def by_name(name: str) -> Verdict:
    """What the name alone says. Words for schools and authorities win over those for access providers."""
    plain = _plain(name)
    if not plain.strip(" -_."):
        return NOTHING
    tokens = frozenset(_SPLIT.split(plain))
    for group, *lists in _rules():
        word = _match(plain, tokens, *lists)
        if word and group == "listed_business":
            return Verdict(NetworkKind.BUSINESS, Confidence.MEDIUM, "word", word)
        if word:
            kind = NetworkKind(group)
            sure = Confidence.LOW if kind is NetworkKind.BUSINESS and len(word) < 5 else Confidence.MEDIUM
            return Verdict(kind, sure, "word", word)
    return Verdict(NetworkKind.BUSINESS, Confidence.LOW, "plain")


def _match(
    plain: str, tokens: frozenset[str], starts: tuple[str, ...], words: frozenset[str], phrases: tuple[str, ...],
    ends: tuple[str, ...],
) -> str:
    for phrase in phrases:
        if phrase in plain and re.search(rf"(?<![a-z0-9]){re.escape(phrase)}", plain):
            return phrase
    # Nothing begins or ends with a word of an empty tuple.
    found = {token for token in tokens if token in words or token.startswith(starts) or token.endswith(ends)}
    return max(found, key=lambda token: (len(token), token), default="")


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(sign for sign in text if not unicodedata.combining(sign))


@cache
def _rules() -> tuple[tuple[str, Any, Any, Any, Any], ...]:
    data: dict[str, Any] = json.loads((DATA / "network_words.json").read_text())
    return tuple(
        (group, tuple(data[group]["starts"]), frozenset(data[group]["words"]), tuple(data[group]["phrases"]),
         tuple(data[group].get("ends", ())))
        for group in data["order"]
    )


@cache
def _listed() -> dict[int, NetworkKind]:
    path = DATA / "network_classes.json"
    if not path.exists():  # while it is being made for the first time
        return {}
    stored: dict[str, list[int]] = json.loads(path.read_text())["classes"]
    return {number: NetworkKind(kind) for kind, numbers in stored.items() for number in numbers}
