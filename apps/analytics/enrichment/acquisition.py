"""Where a visit came from: source, medium and channel, by the rules GA4 documents for its default channel groups.

Two things are added to them: what a click id says when the campaign itself is silent, and a channel for AI assistants.
What is paid is told by the medium, before the kind of source is asked, so that a paid click from a search engine is
never taken for an organic one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from apps.analytics.enrichment.addresses import Campaign, clean, normal_host
from apps.analytics.enrichment.referrers import kind_of_source, known_host

Acquisition = tuple[str, str, str, str, str, str, str]  # in the order of enums.ACQUISITION
DIRECT: Acquisition = ("direct", "", "", "", "", "", "")

_PAID = re.compile(r"^(.*cp.*|ppc|retargeting|paid.*)$")
_SHOPPING = re.compile(r"^(.*(([^a-df-z]|^)shop|shopping).*)$")
_DISPLAY = {"display", "banner", "expandable", "interstitial", "cpm"}
_SOCIAL = {"social", "social-network", "social-media", "sm", "social network", "social media"}
_EMAIL = {"email", "e-mail", "e_mail", "e mail"}
_BY_MEDIUM = {
    "affiliate": "affiliates", "affiliates": "affiliates", "referral": "referral", "app": "referral",
    "link": "referral", "audio": "audio", "sms": "sms",
}
_PAID_KINDS = {"search": "paid_search", "social": "paid_social", "video": "paid_video"}


@lru_cache(maxsize=50_000)
def acquisition_of(campaign: Campaign | None, referrer: str, own_hosts: frozenset[str]) -> Acquisition:
    """The acquisition of a visit from its first page's campaign and referrer. Own hosts refer nobody."""
    host, path = _referring(referrer, own_hosts)
    kind, name = known_host(host) if host else ("", "")
    source, medium = "", ""
    if host:
        source, medium = name or host, "organic" if kind == "search" else "referral"
    shown = f"{host}{path}"[:300] if host and kind != "search" else host
    if campaign is None:
        if not host:
            return DIRECT
        return (channel_of(source, medium, "", kind), source, medium, "", "", "", shown)
    # A campaign that names no source keeps the referrer's; one that names no medium has none.
    source, medium = campaign.source or source, campaign.medium
    channel = channel_of(source, medium, campaign.campaign, kind_of_source(source))
    return (channel, source, medium, campaign.campaign, campaign.term, campaign.content, shown)


def _referring(referrer: str, own_hosts: frozenset[str]) -> tuple[str, str]:
    if not referrer:
        return "", ""
    try:
        parts = urlsplit(referrer)
        host = normal_host(parts.hostname or "")
    except ValueError:
        return "", ""
    if parts.scheme == "android-app":
        return host, ""
    if parts.scheme not in {"http", "https"} or any(host == own or host.endswith(f".{own}") for own in own_hosts):
        return "", ""
    return host, clean(parts.path).rstrip("/")


def channel_of(source: str, medium: str, campaign: str, kind: str) -> str:
    """The channel group; `kind` is what is known of the source. First rule that fits."""
    source, medium, campaign = source.lower(), medium.lower(), campaign.lower()
    if (not source or source == "(direct)") and medium in {"", "(none)", "(not set)"} and not campaign:
        return "direct"
    if "cross-network" in campaign:
        return "cross_network"
    shopping = kind == "shopping" or bool(_SHOPPING.match(campaign))
    paid = bool(_PAID.match(medium))
    if paid and (shopping or kind in _PAID_KINDS):
        return "paid_shopping" if shopping else _PAID_KINDS[kind]
    if medium in _DISPLAY:
        return "display"
    if paid:
        return "paid_other"
    return _organic(source, medium, kind, shopping) or _other(source, medium)


def _organic(source: str, medium: str, kind: str, shopping: bool) -> str:
    if shopping:
        return "organic_shopping"
    if kind == "ai":
        return "ai_assistant"
    if kind == "social" or medium in _SOCIAL:
        return "organic_social"
    if kind == "video" or "video" in medium:
        return "organic_video"
    if kind == "search" or medium == "organic":
        return "organic_search"
    return ""


def _other(source: str, medium: str) -> str:
    if medium in _EMAIL or source in _EMAIL:
        return "email"
    if medium in _BY_MEDIUM:
        return _BY_MEDIUM[medium]
    if source == "sms":
        return "sms"
    if medium.endswith("push") or "mobile" in medium or "notification" in medium or source == "firebase":
        return "push"
    return "unassigned"
