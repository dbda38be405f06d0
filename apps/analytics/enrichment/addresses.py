"""Addresses of pages: host, path, what a campaign wrote into them. Parsed once per distinct string."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from apps.analytics.enrichment.faults import faults_of, masked

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CLICK_IDS = {
    "gclid": ("google", "cpc"), "gbraid": ("google", "cpc"), "wbraid": ("google", "cpc"), "dclid": ("google", "cpm"),
    "msclkid": ("bing", "cpc"), "yclid": ("yandex", "cpc"), "ttclid": ("tiktok", "cpc"), "twclid": ("twitter", "cpc"),
    "li_fat_id": ("linkedin", "cpc"), "rdt_cid": ("reddit", "cpc"), "epik": ("pinterest", "cpc"),
    "ScCid": ("snapchat", "cpc"),
}
PATH_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Campaign:
    """What the address itself says about where the visitor came from. Empty strings are things not said."""

    source: str
    medium: str
    campaign: str
    term: str
    content: str
    click_id: str


@dataclass(frozen=True, slots=True)
class Address:
    """A page address taken apart. `path` carries a fragment only if asked for; the query is dropped from it.

    `faults` are what an owner should know of it: a Doubt and its detail each.
    """

    host: str
    root: str
    path: str
    campaign: Campaign | None
    mark: int
    faults: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=100_000)
def address_of(url: str, with_hash: bool = False) -> Address:
    """An address of any scheme and length; one that cannot be read has no host and the path `/`."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return _made("", "/", None)
    path = clean(parts.path) or "/"
    if with_hash and parts.fragment:
        path = f"{path}#{clean(parts.fragment)}"
    faults = faults_of(parts.query, path)
    path = masked(path)[:PATH_LENGTH]
    return _made(normal_host(host), path, _campaign(parts.query) if parts.query else None, faults)


def _made(
    host: str, path: str, campaign: Campaign | None, faults: tuple[tuple[str, str], ...] = ()
) -> Address:
    from apps.analytics.pipeline.marks import mark_of  # noqa: PLC0415 -- marks stand above

    return Address(host, root_of(host), path, campaign, mark_of("page", path), faults)


def clean(text: str) -> str:
    """Text as PostgreSQL can store it and a person can read it: decoded where that is safe, no control characters."""
    if "%" in text:
        text = unquote(text, errors="replace")
    return without_controls(text)


def without_controls(text: str) -> str:
    """Text without the characters below the space."""
    return text if text.isprintable() else "".join(letter for letter in text if letter >= " " and letter != "\x7f")


def escaped(text: str) -> str:
    """Text without control characters in the form PostgreSQL's COPY reads."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def normal_host(host: str) -> str:
    """A host in lower case and without a leading www."""
    host = host.strip().lower()
    return without_controls(host[4:] if host.startswith("www.") and host.count(".") > 1 else host)[:253]


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 -- slow import

    return PublicSuffixList()


@lru_cache(maxsize=50_000)
def root_of(host: str) -> str:
    """The registrable domain of a host: shop.example.co.uk → example.co.uk."""
    if not host or host.replace(".", "").isdigit() or ":" in host:
        return host
    return _suffixes().privatesuffix(host) or host


def _campaign(query: str) -> Campaign | None:
    if "utm_" not in query and "ref=" not in query and "id=" not in query and "epik" not in query:
        return None if "braid=" not in query and "ScCid=" not in query else _parsed(query)
    return _parsed(query)


def _parsed(query: str) -> Campaign | None:
    found = {key: without_controls(value.strip()) for key, value in parse_qsl(query[:4000], errors="replace")}
    source, medium, campaign, term, content = (found.get(key, "") for key in UTM)
    click_id = next((key for key in CLICK_IDS if found.get(key)), "")
    if not source:
        source = found.get("ref", "") if not click_id else ""
    if not (source or medium or campaign or click_id):
        return None
    if click_id:
        source, medium = source or CLICK_IDS[click_id][0], medium or CLICK_IDS[click_id][1]
    return Campaign(source[:200].lower(), medium[:100].lower(), campaign[:200], term[:200], content[:200], click_id)
