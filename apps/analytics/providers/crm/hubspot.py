"""HubSpot companies by the CRM API v3 (developers.hubspot.com/docs/api-reference), with an access token.

HubSpot does not keep domains unique for what comes in by the API, and its search lags behind by up to half a minute. So
Mainstay has a property of its own whose values are unique, and makes records by it (batch/upsert): a repeat finds what
the first attempt made, whether or not its answer arrived.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers.answers import LONGEST_WORDS, Answer, ask
from apps.analytics.providers.base import Refused
from apps.analytics.providers.crm.base import SEND_HOT, Crm, CrmRecord, Outcome, ShownField, crms
from apps.core.providers import ProviderError, ProviderField

KEY = "mainstay_id"
GROUP = "mainstay"
_OBJECTS = "/crm/v3/objects/companies"
_PROPERTIES = "/crm/v3/properties/companies"
_DAY_WAIT, _MOMENT_WAIT = 3600.0, 10.0  # seconds; the day ends at midnight in the account's zone, which we do not know
_NAMES: dict[str, tuple[str, str, str]] = {  # property: label over there, type, fieldType
    KEY: ("Mainstay: company", "string", "text"),
    "mainstay_score": ("Mainstay: score", "number", "number"),
    "mainstay_interest": ("Mainstay: interest", "string", "text"),
    "mainstay_visits": ("Mainstay: visits", "number", "number"),
    "mainstay_page_views": ("Mainstay: page views", "number", "number"),
    "mainstay_first_seen": ("Mainstay: first seen", "datetime", "date"),
    "mainstay_last_seen": ("Mainstay: last seen", "datetime", "date"),
    "mainstay_industry": ("Mainstay: industry", "string", "text"),
    "mainstay_link": ("Mainstay: page", "string", "text"),
}


@crms.register
class HubSpot(Crm):
    """A HubSpot account, by the token of a private app (or a service key) made in it."""

    key = "hubspot"
    label = "HubSpot"
    icon = "contact"
    help = _("Make a private app in HubSpot under Settings → Integrations with the scopes crm.objects.companies.read "
             "and .write, crm.schemas.companies.read and .write, and copy its access token. Mainstay adds a group of "
             "properties to companies there.")
    fields = (ProviderField("token", _("Access token"), kind="secret"), SEND_HOT)
    most: ClassVar[int] = 100

    def check(self) -> str:
        """Which account it is, and that its properties are there."""
        account = self._account()
        self._prepare()
        return _t("HubSpot account %(number)s") % {"number": account["portalId"]}

    def fields_of(self, record: CrmRecord) -> list[ShownField]:
        """What a record is made with, and Mainstay's own properties."""
        return [
            ShownField(_("Name"), "name", record.name, "new"), ShownField(_("Domain"), "domain", record.domain, "new"),
            ShownField(_("City"), "city", record.city, "new"),
            ShownField(_("Country"), "country", record.country_name, "new"),
            ShownField(_("Score"), "mainstay_score", str(record.score)),
            ShownField(_("Interest"), "mainstay_interest", record.temperature),
            ShownField(_("Visits"), "mainstay_visits", str(record.visits)),
            ShownField(_("Page views"), "mainstay_page_views", str(record.pageviews)),
            ShownField(_("First seen"), "mainstay_first_seen", _moment(record.first_seen)),
            ShownField(_("Last seen"), "mainstay_last_seen", _moment(record.last_seen)),
            ShownField(_("Industry"), "mainstay_industry", record.industry),
            ShownField(_("Its page in Mainstay"), "mainstay_link", record.page),
            ShownField(_("Mainstay's mark"), KEY, record.key),
        ]

    def find(self, records: Sequence[CrmRecord]) -> dict[str, str]:
        """By domain or name; by our mark HubSpot finds it itself when it is written."""
        wanted = {
            "domain": {record.domain.lower(): record.key for record in reversed(records) if record.domain},
            "name": {record.name.lower(): record.key for record in reversed(records) if not record.domain},
        }
        found: dict[str, str] = {}
        for name, keys in wanted.items():
            for row in self._search(name, sorted(keys)) if keys else ():
                properties = row.get("properties") or {}
                key = keys.get(str(properties.get(name) or "").lower())
                if key:
                    found.setdefault(key, str(row["id"]))
        return found

    def write(self, records: Sequence[CrmRecord]) -> list[Outcome]:
        """One request for those that are there, one for the others."""
        self._prepare()
        known = [record for record in records if record.external_id]
        others = [record for record in records if not record.external_id]
        return [*self._batch("update", known), *self._batch("upsert", others)]

    def link(self, external_id: str) -> str:
        """The record's page. `0-2` is HubSpot's number for companies."""
        account = self._account()
        return f"https://{account['uiDomain']}/contacts/{account['portalId']}/record/0-2/{external_id}"

    def _account(self) -> dict[str, Any]:
        if not hasattr(self, "_details"):
            answer = self._ask("GET", "/account-info/v3/details")
            portal = answer.body.get("portalId")
            if not answer.ok or not portal:
                raise _complaint(answer)
            self._details = {"portalId": portal, "uiDomain": answer.body.get("uiDomain") or "app.hubspot.com"}
        return self._details

    def _prepare(self) -> None:
        """Make what is missing of our properties; somebody else may be making them at the same time (409)."""
        answer = self._ask("GET", _PROPERTIES)
        if not answer.ok:
            raise _complaint(answer)
        there = {row.get("name"): row for row in answer.body.get("results") or []}
        if KEY in there and not there[KEY].get("hasUniqueValue"):
            raise ProviderError(_t("HubSpot has a property mainstay_id whose values need not be unique. Delete it "
                                   "there, and Mainstay makes it anew."), permanent=True)
        missing = [name for name in _NAMES if name not in there]
        if missing:
            self._make(f"{_PROPERTIES}/groups", {"name": GROUP, "label": "Mainstay"})
        for name in missing:
            label, kind, control = _NAMES[name]
            self._make(_PROPERTIES, {
                "name": name, "label": label, "type": kind, "fieldType": control, "groupName": GROUP,
                "hasUniqueValue": name == KEY,
            })

    def _make(self, path: str, body: Mapping[str, Any]) -> None:
        answer = self._ask("POST", path, body)
        if not answer.ok and answer.status != 409:
            raise _complaint(answer)

    def _search(self, name: str, values: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Records with one of these values, the oldest first, over all pages. IN wants them in lower case."""
        after = ""
        while True:
            answer = self._ask("POST", f"{_OBJECTS}/search", {
                "filterGroups": [{"filters": [{"propertyName": name, "operator": "IN", "values": list(values)}]}],
                "sorts": [{"propertyName": "createdate", "direction": "ASCENDING"}],
                "properties": [name], "limit": 200, **({"after": after} if after else {}),
            })
            if not answer.ok:
                raise _complaint(answer)
            yield from answer.body.get("results") or []
            after = str(((answer.body.get("paging") or {}).get("next") or {}).get("after") or "")
            if not after:
                return

    def _batch(self, verb: str, records: Sequence[CrmRecord]) -> list[Outcome]:
        if not records:
            return []
        answer = self._ask("POST", f"{_OBJECTS}/batch/{verb}", {"inputs": [self._input(verb, row) for row in records]})
        if answer.ok:
            return _outcomes(verb, records, answer)
        if answer.status not in {400, 404, 409}:
            raise _complaint(answer)
        if len(records) > 1:  # the whole batch is refused for one record: find out which
            return [outcome for record in records for outcome in self._batch(verb, [record])]
        return [_refusal(records[0], answer.body)]

    def _input(self, verb: str, record: CrmRecord) -> dict[str, Any]:
        shown = [row for row in self.fields_of(record) if row.value and (verb == "upsert" or row.when != "new")]
        by = {"idProperty": KEY, "id": record.key} if verb == "upsert" else {"id": record.external_id}
        return {**by, "objectWriteTraceId": record.key, "properties": {row.name: row.value for row in shown}}

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Raises Refused for what concerns the account: token, scopes, limits, illness."""
        token = str(self.secrets.get("token", ""))
        answer = ask("HubSpot", method, settings.HUBSPOT_API_URL + path, body=body,
                     headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}, secrets=(token,))
        if answer.status in {401, 403, 408, 429} or answer.status >= 500:
            raise _complaint(answer)
        return answer


def _outcomes(verb: str, records: Sequence[CrmRecord], answer: Answer) -> list[Outcome]:
    """200: all are in; 207: some are, and `errors` says of which the others are."""
    found: dict[str, Outcome] = {}
    ids = {record.external_id: record.key for record in records if record.external_id}
    for row in answer.body.get("results") or []:
        properties = row.get("properties") or {}
        key = str(row.get("objectWriteTraceId") or properties.get(KEY) or ids.get(str(row.get("id"))) or "")
        found[key] = Outcome(key, str(row.get("id") or ""), created=bool(row.get("new")))
    for fault in answer.body.get("errors") or []:
        context = fault.get("context") or {}
        named = [ids.get(str(one), "") for one in context.get("ids") or []]
        named += context.get("objectWriteTraceId") or []
        for record in records:
            if record.key in named:
                found[record.key] = _refusal(record, fault)
    return [found.get(record.key) or Outcome(record.key) for record in records]


def _refusal(record: CrmRecord, fault: Mapping[str, Any]) -> Outcome:
    if fault.get("category") == "OBJECT_NOT_FOUND":
        return Outcome(record.key, error="gone", gone=True)
    return Outcome(record.key, error=f"refused:{fault.get('message') or fault.get('category') or ''}"[:LONGEST_WORDS])


def _complaint(answer: Answer) -> Refused:
    """What HubSpot's error means for the account."""
    body = answer.body
    if answer.status == 401:
        return answer.failure(_t("HubSpot does not accept the access token."), permanent=True)
    if answer.status == 403:
        words = _t("The token may not do that. HubSpot says: %(reason)s")
        return answer.failure(words % {"reason": body.get("message") or body.get("category") or ""}, permanent=True)
    if answer.status == 429 and str(body.get("policyName", "")).upper() == "DAILY":
        return answer.failure(_t("The requests that HubSpot allows in a day are used up."), retry_after=_DAY_WAIT)
    if answer.status == 429:
        return answer.failure(_t("HubSpot asks to wait."), retry_after=_MOMENT_WAIT)
    if answer.status >= 500 or answer.status == 408 or not body:
        return answer.unreadable()
    return answer.failure(_t("HubSpot refused: %(reason)s") % {"reason": body.get("message") or answer.status},
                          permanent=True)


def _moment(at: datetime | None) -> str:
    """As HubSpot takes it: ISO 8601, to the second."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z") if at else ""
