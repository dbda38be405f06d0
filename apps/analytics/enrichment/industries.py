"""Which trade an organization is in, guessed from the words of its name. A guess, and shown as one with its word.

The list is data kept by hand: `apps/analytics/data/industry_words.json`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from apps.analytics.company_industries import Industry
from apps.analytics.enums import NetworkKind

_DATA = Path(__file__).resolve().parents[1] / "data" / "industry_words.json"
_SPLIT = re.compile(r"[^a-z0-9\-]+")
_BY_KIND = {NetworkKind.EDUCATION: Industry.EDUCATION, NetworkKind.GOVERNMENT: Industry.PUBLIC}


class Guess(NamedTuple):
    """A trade, and the word of the name it was taken from (empty: the kind of the network says it)."""

    industry: str
    word: str


@lru_cache(maxsize=20_000)
def industry_of(name: str, kind: str = "") -> Guess:
    """The trade that the name tells; that of the longest word where there are several. Nothing where there is none."""
    tokens = [token for token in _SPLIT.split(_plain(name)) if token]
    found = [
        (len(start), -place, industry, token)
        for place, (industry, starts) in enumerate(_words()) for start in starts
        for token in tokens if token.startswith(start)
    ]
    if found:
        _length, _place, industry, token = max(found)
        return Guess(industry, token[:40])
    of_kind = _BY_KIND.get(NetworkKind(kind)) if kind in NetworkKind.values else None
    return Guess(of_kind.value if of_kind else "", "")


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(sign for sign in text if not unicodedata.combining(sign))


@cache
def _words() -> tuple[tuple[str, tuple[str, ...]], ...]:
    data: dict[str, Any] = json.loads(_DATA.read_text())
    return tuple((Industry(name).value, tuple(data[name])) for name in data["order"])
