"""IPinfo (https://ipinfo.io/developers). What an answer holds depends on the plan: the company itself, or only the
network the address lies in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.contracts import CompanyFact
from apps.analytics.providers.base import Refused
from apps.analytics.providers.calls import call
from apps.analytics.providers.companies.base import CompanyLookup, company_lookups
from apps.core.providers import ProviderError, ProviderField

SECONDS = 5.0
WAIT_SECONDS = 3600.0  # 429 means that the month's look-ups are used up; the answer seldom says until when
_KINDS = frozenset({"business", "education", "government", "isp", "hosting"})


@company_lookups.register
class IPinfo(CompanyLookup):
    """Company and network by address."""

    key = "ipinfo"
    label = "IPinfo"
    icon = "building-2"
    help = _("Visitors' addresses are sent to IPinfo. Copy the access token from your IPinfo dashboard.")
    fields = (
        ProviderField("token", _("Access token"), kind="secret"),
        ProviderField(
            "plan", _("Plan"), kind="choice", default="lite", help=_("Decides what is asked for."),
            choices=(
                ("lite", _("Lite: networks only")), ("core", _("Core, Plus or Max: networks and their kind")),
                ("business", _("With company data")),
            ),
        ),
    )
    site: ClassVar[str] = "https://ipinfo.io"
    api: ClassVar[str] = "https://api.ipinfo.io"

    def check(self) -> str:
        """How many look-ups of the month are used."""
        used = _mapping(self._ask(f"{self.site}/me").get("requests"))
        if "month" not in used:
            raise ProviderError(_t("IPinfo does not know this token."), permanent=True)
        limit = used.get("limit")
        if not isinstance(limit, int):
            return _t("%(used)s look-ups this month") % {"used": used["month"]}
        return _t("%(used)s of %(limit)s look-ups this month") % {"used": used["month"], "limit": limit}

    def find(self, address: str) -> CompanyFact | None:
        """The company where the plan knows it, else the network."""
        paths = {"lite": f"{self.api}/lite/", "core": f"{self.api}/lookup/", "business": f"{self.site}/"}
        found = self._ask(paths.get(str(self.config.get("plan")), paths["lite"]) + address, missing_is_none=True)
        return fact_of(found) if found and not found.get("bogon") else None

    def _ask(self, url: str, *, missing_is_none: bool = False) -> dict[str, Any]:
        token = str(self.secrets.get("token", ""))
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            answer, _shown = call("IPinfo", "GET", url, headers=headers, secrets=(token,), seconds=SECONDS)
        except Refused as error:
            if error.exchange is not None and error.exchange.status == 429 and error.retry_after is None:
                error.retry_after = WAIT_SECONDS
            raise
        if answer.status_code == 404 and missing_is_none:
            return {}
        body = _body(answer)
        if answer.status_code == 400 and "token" in str(body).lower():
            raise ProviderError(_t("IPinfo does not know this token."), permanent=True)
        if answer.status_code != 200 or not body:
            raise ProviderError(_t("IPinfo gave an answer that cannot be read (%(status)s).") % {
                "status": answer.status_code
            })
        return body


def fact_of(body: Mapping[str, Any]) -> CompanyFact | None:
    """Read any of the three forms of answer; what is no text is left out."""
    geo, company = _mapping(body.get("geo")), _mapping(body.get("company"))
    network = _mapping(body.get("asn")) or _mapping(body.get("as")) or {
        "asn": body.get("asn"), "name": body.get("as_name"), "domain": body.get("as_domain"),
    }
    country = _text(geo.get("country_code")) or _text(body.get("country_code")) or _text(body.get("country"))
    place = {
        "country": country.upper() if len(country) == 2 else "",
        "city": (_text(geo.get("city")) or _text(body.get("city")))[:100], "network": _number(network.get("asn")),
    }
    owner = company or network
    name = _text(owner.get("name"))
    if not name:
        return None
    kind = _text(owner.get("type")).lower()
    if not company and body.get("is_hosting") is True:
        kind = "hosting"
    return CompanyFact(
        name=name[:200], domain=_text(owner.get("domain")).lower()[:253], kind=kind if kind in _KINDS else "",
        is_own=bool(company), **place,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> int:
    digits = _text(value).upper().removeprefix("AS")
    return int(digits) if digits.isdigit() and len(digits) < 11 else 0


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
