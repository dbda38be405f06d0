"""Is the tracking code in the site's pages? Found by looking at the page, proven by the first event."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts import SiteCheckRequested
from apps.analytics.models import Site
from apps.core.addresses import BlockedAddress, UnknownHost
from apps.core.http import Fetched, FetchError, Limits, fetch
from apps.core.outbox import publish

_KEPT_SECONDS = 600
_LIMITS = Limits(seconds=10, max_bytes=1_000_000)


@dataclass(frozen=True)
class Finding:
    """What is known of a site's tracking code, in words."""

    key: str
    tone: str
    icon: str
    title: Any
    text: Any


FINDINGS = {
    finding.key: finding
    for finding in (
        Finding("receiving", "good", "circle-check", _("Installed."), _("Visits are arriving from this site.")),
        Finding("waiting", "info", "loader", _("Not detected yet."),
                _("Paste the line below, then open your site once. This page notices by itself.")),
        Finding("looking", "info", "loader", _("Looking at your site…"), _("This takes a few seconds.")),
        Finding("found", "good", "circle-check", _("The code is on your page."),
                _("Open your site once in a browser to see the first visit arrive.")),
        Finding("missing", "attention", "triangle-alert", _("The code is not on your start page."),
                _("Perhaps the page is cached or not published yet.")),
        Finding("other", "attention", "triangle-alert", _("Your page has another site's code."),
                _("Check the script id: every site has its own.")),
        Finding("unreachable", "bad", "circle-x", _("Your site did not answer."),
                _("Check the address in the site settings, then look again.")),
        Finding("private", "attention", "triangle-alert", _("This address is not on the public internet."),
                _("It cannot be looked at from here. The first visit will still be noticed.")),
    )
}


def finding_of(site: Site) -> Finding:
    """What is known now. An event that arrived beats any look."""
    if site.is_detected:
        return FINDINGS["receiving"]
    return FINDINGS[cache.get(_key(site.id)) or "waiting"]


@transaction.atomic
def check_request(*, site: Site) -> None:
    """Have a worker look at the site soon."""
    cache.set(_key(site.id), "looking", 60)
    publish(SiteCheckRequested(organization_id=site.organization_id, site_id=site.id))


def check(*, site: Site) -> str:
    """Fetch the start page of the site's first address and look for its code; remembers and returns a finding's key."""
    key = _looked_at(site)
    cache.set(_key(site.id), key, _KEPT_SECONDS)
    return key


def _looked_at(site: Site) -> str:
    if not site.domains:
        return "unreachable"
    try:
        page = _start_page(site.domains[0])
    except BlockedAddress:
        return "private"
    if page is None or page.status >= 400:
        return "unreachable"
    if f"/t/{site.script_id}.js" in page.text:
        return "found"
    return "other" if f"{settings.COLLECTOR_URL}/t/" in page.text else "missing"


def _start_page(host: str) -> Fetched | None:
    """The page over https, else over http; None when neither answers."""
    for scheme in ("https", "http"):
        with suppress(FetchError, UnknownHost):
            return fetch(f"{scheme}://{host}/", limits=_LIMITS)
    return None


def _key(site_id: int) -> str:
    return f"site-check:{site_id}"
