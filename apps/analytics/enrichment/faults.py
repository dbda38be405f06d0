"""What is wrong with the address of a page: people's data in it, campaign parameters nobody will read, too many of
them. Looked at once a distinct address."""

from __future__ import annotations

import re
from urllib.parse import unquote

from apps.analytics.enums import Doubt, EventFlag

MOST_PARAMETERS = 40
MASK = "(email)"
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}", re.I)
_CAMPAIGN = re.compile(r"(?:^|&)(utm_[a-z]+)=", re.I)
Faults = tuple[tuple[str, str], ...]


FLAGS: dict[tuple[str, str], EventFlag] = {
    (Doubt.PERSONAL, "path"): EventFlag.PERSONAL_PATH, (Doubt.PERSONAL, "query"): EventFlag.PERSONAL_QUERY,
    (Doubt.PARAMETERS, ""): EventFlag.MANY_PARAMETERS,
}


def flags_of(faults: Faults) -> int:
    """The flags an event keeps of the faults of its address, which itself is not kept whole."""
    found = 0
    for fault in faults:
        found |= FLAGS.get(fault, EventFlag.CAMPAIGN_CAPITALS)
    return int(found)


def masked(text: str) -> str:
    """The text with each e-mail address in it replaced: nobody needs to know who the page was about."""
    if "@" not in text and "%40" not in text:
        return text
    return _EMAIL.sub(MASK, text)


def faults_of(query: str, path: str) -> Faults:
    """The faults of an address as (Doubt, detail), from its query as sent and its path as it can be read."""
    found: list[tuple[str, str]] = []
    if "@" in path and _EMAIL.search(path):
        found.append((Doubt.PERSONAL, "path"))
    if not query:
        return tuple(found)
    if ("@" in query or "%40" in query) and _EMAIL.search(unquote(query)):
        found.append((Doubt.PERSONAL, "query"))
    upper = {name for name in _CAMPAIGN.findall(query) if name != name.lower()}
    found += [(Doubt.UPPERCASE, name[:40]) for name in sorted(upper)[:3]]
    if query.count("&") + 1 > MOST_PARAMETERS:
        found.append((Doubt.PARAMETERS, ""))
    return tuple(found)
