"""Salesforce accounts by the REST API (developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest).

Fields of our own cannot be made by a client: an administrator may set them up, and those that are there are written.
With a field Mainstay_Id__c (text, external id, unique) records are made by it, so that a repeat updates them; without
one they are found again by web address or name, which Salesforce answers from what is committed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.providers.answers import LONGEST_WORDS, SignInRefused
from apps.analytics.providers.base import Exchange, Refused
from apps.analytics.providers.calls import call
from apps.analytics.providers.crm.base import SEND_HOT, Crm, CrmRecord, Outcome, ShownField, crms
from apps.core.oauth import OAuthProvider
from apps.core.providers import ProviderError, ProviderField

KEY = "Mainstay_Id__c"
_A_QUERY = 20  # companies; an address may have 16 kB
_LIMIT_WAIT = 3600.0  # seconds; the limit counts the last 24 hours
_LATER = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG", "QUERY_TIMEOUT"})
_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"})
_HOSTS = re.compile(r"(^|\.)(salesforce\.com|force\.com|salesforce\.mil|sfcrmproducts\.cn)$")


@crms.register
class Salesforce(OAuthProvider, Crm):
    """A Salesforce organization, connected by signing in there."""

    key = "salesforce"
    label = "Salesforce"
    icon = "contact"
    help = _("After adding it you sign in at Salesforce. Companies become accounts there.")
    scopes = ("api", "refresh_token")
    kept_answers = ("instance_url",)
    fields = (
        ProviderField("place", _("Sign in at"), kind="choice", default="production",
                      choices=(("production", _("Production")), ("sandbox", _("Sandbox")))),
        SEND_HOT,
    )
    most: ClassVar[int] = 100

    @classmethod
    def sign_in_at(cls, values: Mapping[str, Any]) -> tuple[str, str]:
        """Sandboxes have a door of their own."""
        host = settings.SALESFORCE_SANDBOX_URL if values.get("place") == "sandbox" else settings.SALESFORCE_LOGIN_URL
        return f"{host}/services/oauth2/authorize", f"{host}/services/oauth2/token"

    def check(self) -> str:
        """That accounts may be read, and where."""
        described = self._described()
        host = urlsplit(self._instance).netloc
        if KEY in described:
            return host
        return _t("%(host)s, without the field %(field)s") % {"host": host, "field": KEY}

    def fields_of(self, record: CrmRecord) -> list[ShownField]:
        """What an account is made with, and Mainstay's own fields."""
        return [
            ShownField(_("Name"), "Name", record.name[:255], "new"),
            ShownField(_("Domain"), "Website", record.domain, "new"),
            ShownField(_("City"), "BillingCity", record.city[:40], "new"),
            ShownField(_("Country"), "BillingCountry", record.country_name, "new"),
            ShownField(_("Score"), "Mainstay_Score__c", str(record.score), "there"),
            ShownField(_("Interest"), "Mainstay_Interest__c", record.temperature, "there"),
            ShownField(_("Visits"), "Mainstay_Visits__c", str(record.visits), "there"),
            ShownField(_("Page views"), "Mainstay_Page_Views__c", str(record.pageviews), "there"),
            ShownField(_("First seen"), "Mainstay_First_Seen__c", _moment(record.first_seen), "there"),
            ShownField(_("Last seen"), "Mainstay_Last_Seen__c", _moment(record.last_seen), "there"),
            ShownField(_("Industry"), "Mainstay_Industry__c", record.industry[:100], "there"),
            ShownField(_("Its page in Mainstay"), "Mainstay_Link__c", record.page[:255], "there"),
            ShownField(_("Mainstay's mark"), KEY, record.key, "there"),
        ]

    def find(self, records: Sequence[CrmRecord]) -> dict[str, str]:
        """By our mark where the field is there, by the host of the web address, by exact name."""
        marked = KEY in self._described()
        found: dict[str, str] = {}
        for begin in range(0, len(records), _A_QUERY):
            some = records[begin : begin + _A_QUERY]
            rows = list(self._query(_question(some, marked)))
            for record in some:
                for row in rows:
                    if _is_same(record, row):
                        found[record.key] = str(row["Id"])
                        break
        return found

    def write(self, records: Sequence[CrmRecord]) -> list[Outcome]:
        """One request for those that are there, one for the others; each record stands for itself."""
        described = self._described()
        known = [(record, self._body(record, described, new=False)) for record in records if record.external_id]
        others = [(record, self._body(record, described, new=True)) for record in records if not record.external_id]
        path = f"/composite/sobjects/Account/{KEY}" if KEY in described else "/composite/sobjects"
        nothing = [Outcome(record.key, record.external_id) for record, body in known if len(body) < 3]
        return [
            *nothing, *self._collection("PATCH", "/composite/sobjects", [pair for pair in known if len(pair[1]) > 2]),
            *self._collection("PATCH" if KEY in described else "POST", path, others),
        ]

    def link(self, external_id: str) -> str:
        """The account's page."""
        return f"{self._instance}/lightning/r/Account/{external_id}/view"

    @property
    def _instance(self) -> str:
        """Where the organization lives, as Salesforce said when it gave the token."""
        url = str(self.secrets.get("instance_url") or "").rstrip("/")
        parts = urlsplit(url)
        real = urlsplit(settings.SALESFORCE_LOGIN_URL).hostname or ""
        if not url or (_HOSTS.search(real) and not (parts.scheme == "https" and _HOSTS.search(parts.hostname or ""))):
            raise ProviderError(_t("Sign in at Salesforce first."), permanent=True)
        return url

    def _described(self) -> dict[str, Mapping[str, Any]]:
        """The fields of accounts that this person may write, by name."""
        if not hasattr(self, "_fields"):
            body = self._ask("GET", "/sobjects/Account/describe")
            rows = body.get("fields") or [] if isinstance(body, dict) else []
            self._fields = {row["name"]: row for row in rows if row.get("createable") and row.get("updateable")}
            if KEY in self._fields and not self._fields[KEY].get("externalId"):
                raise ProviderError(_t("In Salesforce, mark the field %(field)s as External ID and Unique.")
                                    % {"field": KEY}, permanent=True)
        return self._fields

    def _body(self, record: CrmRecord, described: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        shown = {row.name: row.value for row in self.fields_of(record)
                 if row.value and row.name in described and (new or row.when != "new")}
        if "BillingCountryCode" in described and shown.pop("BillingCountry", "") and record.country:
            shown["BillingCountryCode"] = record.country  # where countries are a list, their names are fixed
        return {"attributes": {"type": "Account"}, **({} if new else {"id": record.external_id}), **shown}

    def _collection(self, method: str, path: str, pairs: Sequence[tuple[CrmRecord, Any]]) -> list[Outcome]:
        if not pairs:
            return []
        answer = self._ask(method, path, {"allOrNone": False, "records": [body for _record, body in pairs]})
        rows = answer if isinstance(answer, list) else []
        return [
            self._outcome(record, rows[place]) if place < len(rows) else Outcome(record.key)
            for place, (record, _body) in enumerate(pairs)
        ]

    def _outcome(self, record: CrmRecord, row: Mapping[str, Any]) -> Outcome:
        if row.get("success"):
            made = bool(row.get("created", not record.external_id))
            return Outcome(record.key, str(row.get("id") or record.external_id), created=made)
        fault = next(iter(row.get("errors") or []), {})
        code = str(fault.get("statusCode") or fault.get("errorCode") or "")
        if code in _GONE:
            return Outcome(record.key, error="gone", gone=True)
        is_duplicate = code == "DUPLICATES_DETECTED"
        error = "duplicate" if is_duplicate else f"refused:{fault.get('message') or ''} ({code})"
        return Outcome(record.key, error=error[:LONGEST_WORDS], retry=code in _LATER, candidates=_candidates(fault))

    def _query(self, soql: str) -> Iterator[dict[str, Any]]:
        """The rows of a question, over all pages."""
        body = self._ask("GET", f"/query?{urlencode({'q': soql})}")
        while isinstance(body, dict):
            yield from body.get("records") or []
            following = str(body.get("nextRecordsUrl") or "")
            if not following.startswith("/services/data/"):
                return
            body = self._ask("GET", following)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        token = str(self.secrets.get("access_token") or "")
        if not token:
            raise ProviderError(_t("Sign in at Salesforce first."), permanent=True)
        base = "" if path.startswith("/services/") else f"/services/data/{settings.SALESFORCE_API_VERSION}"
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json",
                   "Sforce-Duplicate-Rule-Header": "allowSave=false; includeRecordDetails=false; runAsCurrentUser=true"}
        try:
            answer, shown = call("Salesforce", method, f"{self._instance}{base}{path}", body=body, headers=headers,
                                 secrets=(token,))
        except Refused as error:
            raise _complaint(error) from error
        if answer.status_code >= 300:
            raise _refused(_read(answer.text), shown, answer.status_code)
        return _read(answer.text)


def _question(records: Sequence[CrmRecord], marked: bool) -> str:
    wanted = []
    if marked:
        wanted.append(f"{KEY} IN ({', '.join(_quoted(record.key) for record in records)})")
    wanted += [f"Website LIKE {_quoted('%' + _like(record.domain) + '%')}" for record in records if record.domain]
    if names := [_quoted(record.name) for record in records if not record.domain]:
        wanted.append(f"Name IN ({', '.join(names)})")
    fields = f"Id, Name, Website{f', {KEY}' if marked else ''}"
    return f"SELECT {fields} FROM Account WHERE {' OR '.join(wanted)} ORDER BY CreatedDate, Id"  # noqa: S608 -- quoted


def _is_same(record: CrmRecord, row: Mapping[str, Any]) -> bool:
    if row.get(KEY) == record.key:
        return True
    if record.domain:
        return _host(str(row.get("Website") or "")) == record.domain.lower()
    return str(row.get("Name") or "").casefold() == record.name.casefold()


def _host(website: str) -> str:
    """Website is free text: with or without scheme, www and path."""
    text = website.strip().lower()
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    return "'" + re.sub(r"[\x00-\x1f]", " ", escaped) + "'"


def _like(text: str) -> str:
    return text.replace("%", "").replace("_", "")


def _candidates(fault: Mapping[str, Any]) -> tuple[str, ...]:
    """The accounts a duplicate rule found."""
    found = []
    for match in (fault.get("duplicateResult") or {}).get("matchResults") or []:
        for record in match.get("matchRecords") or []:
            number = (record.get("record") or {}).get("Id") or (record.get("record") or {}).get("id")
            found += [str(number)] if number else []
    return tuple(dict.fromkeys(found))[:5]


def _complaint(error: Refused) -> ProviderError:
    """What a status that stops everything means; the code in the body knows better than the status."""
    shown = error.exchange
    code, words = _fault(_read(shown.answer) if shown else None)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return Refused(_t("The requests that Salesforce allows in 24 hours are used up."), exchange=shown,
                       retry_after=error.retry_after or _LIMIT_WAIT)
    if shown is not None and shown.status == 401:
        return SignInRefused(_t("Salesforce no longer takes the access token."), shown)
    if shown is not None and shown.status == 403:
        return Refused(_t("Salesforce refused: %(reason)s") % {"reason": f"{words} ({code})"}, permanent=True,
                       exchange=shown)
    return error


def _refused(body: Any, shown: Exchange, status: int) -> Refused:
    code, words = _fault(body)
    if not code:
        return Refused(_t("Salesforce gave an answer that cannot be read."), exchange=shown)
    reason = _t("Salesforce refused: %(reason)s") % {"reason": f"{words} ({code})"}
    return Refused(reason[:LONGEST_WORDS], permanent=status < 500 and code not in _LATER, exchange=shown)


def _fault(body: Any) -> tuple[str, str]:
    first = body[0] if isinstance(body, list) and body and isinstance(body[0], dict) else {}
    return str(first.get("errorCode") or ""), str(first.get("message") or "")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
