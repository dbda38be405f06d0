"""Customer databases on this machine: one judges as HubSpot does, one as Salesforce does."""

from __future__ import annotations

import http.server
import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.house.listening import listening

TOKEN = "pat-na1-t0ken"


@dataclass
class Office:
    """What both have in common: records by id, what was asked, and what to answer instead of judging."""

    url: str = ""
    token: str = TOKEN
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    instead: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    refuse: str = ""  # a word in a name
    drop_after: str = ""  # close the connection after doing what was asked at an address with this in it
    numbers: Any = field(default_factory=lambda: itertools.count(5001))
    lock: Any = field(default_factory=threading.Lock)

    def put(self, **values: Any) -> str:
        """A record that is there already."""
        number = self.number()
        self.records[number] = {**values, "created": len(self.records)}
        return number

    def number(self) -> str:
        return str(next(self.numbers))

    def answer(self, method: str, path: str, query: dict[str, Any], body: Any, token: str) -> tuple[int, Any]:
        """What the vendor says to a request."""
        raise AssertionError(path)


class HubSpotOffice(Office):
    """CRM v3 for companies: properties first, unique ones kept unique, domains not."""

    page = 2  # records to a page of a search
    index_lags: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.properties: dict[str, dict[str, Any]] = {
            name: {"name": name, "type": "string"} for name in ("name", "domain", "city", "country")
        }
        self.groups: set[str] = set()
        self.unseen_by_search: set[str] = set()

    def answer(self, method: str, path: str, query: dict[str, Any], body: Any, token: str) -> tuple[int, Any]:
        if token != self.token:
            return 401, {"status": "error", "message": "Authentication credentials not found.",
                         "category": "INVALID_AUTHENTICATION"}
        if path == "/account-info/v3/details":
            return 200, {"portalId": 4711, "uiDomain": "app-eu1.hubspot.com"}
        if path.startswith("/crm/v3/properties/companies"):
            return self._property(method, path, body)
        verbs = {"search": self._search, "batch/update": self._update, "batch/upsert": self._upsert}
        return verbs[path.removeprefix("/crm/v3/objects/companies/")](body)

    def _property(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, {"results": list(self.properties.values())}
        if path.endswith("/groups"):
            code = 409 if body["name"] in self.groups else 201
            self.groups.add(body["name"])
            return code, {"category": "CONFLICT"} if code == 409 else body
        if body["name"] in self.properties:
            return 409, {"message": "A property with that name already exists.", "category": "CONFLICT"}
        if body["groupName"] not in self.groups or (body["type"], body["fieldType"]) not in {
            ("string", "text"), ("number", "number"), ("datetime", "date")
        }:
            return 400, {"message": "Invalid property definition", "category": "VALIDATION_ERROR"}
        self.properties[body["name"]] = body
        return 201, body

    def _search(self, body: Any) -> tuple[int, Any]:
        [condition] = body["filterGroups"][0]["filters"]
        assert condition["operator"] == "IN"
        assert all(value == value.lower() for value in condition["values"])
        hits = [
            {"id": number, "properties": {condition["propertyName"]: row.get(condition["propertyName"])}}
            for number, row in sorted(self.records.items(), key=lambda pair: pair[1]["created"])
            if str(row.get(condition["propertyName"], "")).lower() in condition["values"]
            and number not in self.unseen_by_search
        ]
        begin = int(body.get("after") or 0)
        more = {"paging": {"next": {"after": str(begin + self.page)}}} if begin + self.page < len(hits) else {}
        return 200, {"total": len(hits), "results": hits[begin : begin + self.page], **more}

    def _update(self, body: Any) -> tuple[int, Any]:
        found, faults = [], []
        for one in body["inputs"]:
            if one["id"] not in self.records:
                faults.append({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some",
                               "context": {"ids": [one["id"]]}})
            elif (refusal := self._invalid(one, one["id"])) is not None:
                return refusal
            else:
                self.records[one["id"]].update(one["properties"])
                found.append({"id": one["id"], "properties": one["properties"]})
        return (207 if faults else 200), {"status": "COMPLETE", "results": found, "errors": faults}

    def _upsert(self, body: Any) -> tuple[int, Any]:
        by = {one["idProperty"] for one in body["inputs"]}
        if len(by) > 1 or not self.properties.get(next(iter(by)), {}).get("hasUniqueValue"):
            return 400, {"category": "VALIDATION_ERROR",
                         "message": "Unable to perform update/upsert by non-unique 0-2 property"}
        for one in body["inputs"]:
            if (refusal := self._invalid(one, "")) is not None:
                return refusal
        found = []
        for one in body["inputs"]:
            number = next((key for key, row in self.records.items() if row.get("mainstay_id") == one["id"]), "")
            made = not number
            number = number or self.put()
            self.records[number].update(one["properties"])
            found.append({"id": number, "new": made, "properties": one["properties"]})
        return 200, {"status": "COMPLETE", "results": found}

    def _invalid(self, one: Any, own: str) -> tuple[int, Any] | None:
        unknown = [name for name in one["properties"] if name not in self.properties]
        name = one["properties"].get("name") or self.records.get(own, {}).get("name")
        wrong = self.refuse and self.refuse in str(name)
        numbers = [name for name, value in one["properties"].items()
                   if self.properties.get(name, {}).get("type") == "number" and not str(value).isdigit()]
        taken = [row for key, row in self.records.items() if key != own and own
                 and row.get("mainstay_id") == one["properties"].get("mainstay_id")]
        if unknown or wrong or numbers or taken:
            return 400, {"status": "error", "category": "VALIDATION_ERROR",
                         "message": f"Property values were not valid: {unknown or numbers or 'name'}"}
        return None


class SalesforceOffice(Office):
    """Accounts of one organization; the fields of its own that an administrator has set up."""

    page = 2
    standard: ClassVar[tuple[str, ...]] = ("Name", "Website", "BillingCity", "BillingCountry")

    def __init__(self, *own: str) -> None:
        super().__init__()
        self.own = own
        self.codes_for_countries = False
        self.cursors: dict[str, list[Any]] = {}
        self.duplicate_of = ""

    def answer(self, method: str, path: str, query: dict[str, Any], body: Any, token: str) -> tuple[int, Any]:
        if token != self.token:
            return 401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        path = path.removeprefix("/services/data/v62.0")
        if path == "/sobjects/Account/describe":
            return 200, {"fields": [self._field(name) for name in (*self.standard, *self._codes, *self.own)] + [
                {"name": "Id", "createable": False, "updateable": False}]}
        if path == "/query":
            return self._query(query["q"][0])
        if path.startswith("/query/"):
            return 200, self._paged(self.cursors.pop(path.removeprefix("/query/")))
        if path == "/composite/sobjects":
            return 200, [self._one(method, row) for row in body["records"]]
        assert path == "/composite/sobjects/Account/Mainstay_Id__c"
        assert method == "PATCH"
        return 200, [self._one("UPSERT", row) for row in body["records"]]

    @property
    def _codes(self) -> tuple[str, ...]:
        return ("BillingCountryCode",) if self.codes_for_countries else ()

    def _field(self, name: str) -> dict[str, Any]:
        return {"name": name, "createable": True, "updateable": True, "externalId": name == "Mainstay_Id__c"}

    def _query(self, soql: str) -> tuple[int, Any]:
        select, where = re.fullmatch(r"SELECT (.+) FROM Account WHERE (.+) ORDER BY CreatedDate, Id", soql).groups()  # type: ignore[union-attr]
        unknown = set(select.split(", ")) - {"Id", *self.standard, *self.own}
        if unknown:
            return 400, [{"message": f"No such column '{unknown.pop()}'", "errorCode": "INVALID_FIELD"}]
        rows = sorted(self.records.items(), key=lambda pair: pair[1]["created"])
        hits = [{"Id": number, **{name: row.get(name) for name in select.split(", ")[1:]}}
                for number, row in rows if _matches(row, where)]
        return 200, self._paged(hits)

    def _paged(self, hits: list[Any]) -> dict[str, Any]:
        if len(hits) <= self.page:
            return {"done": True, "records": hits}
        cursor = f"01g-{len(self.cursors)}-{len(hits)}"
        self.cursors[cursor] = hits[self.page :]
        return {"done": False, "records": hits[: self.page],
                "nextRecordsUrl": f"/services/data/v62.0/query/{cursor}"}

    def _one(self, method: str, row: dict[str, Any]) -> dict[str, Any]:
        values = {name: value for name, value in row.items() if name not in {"attributes", "id"}}
        assert row["attributes"] == {"type": "Account"}
        unknown = [name for name in values if name not in {*self.standard, *self._codes, *self.own}]
        if unknown:
            return _fault("INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type Account")
        number = row.get("id", "")
        if method == "UPSERT":
            number = next((key for key, old in self.records.items()
                           if old.get("Mainstay_Id__c") == values["Mainstay_Id__c"]), "")
        if method == "PATCH" and number not in self.records:
            return _fault("ENTITY_IS_DELETED", "entity is deleted")
        name = values.get("Name") or self.records.get(number, {}).get("Name", "")
        if self.refuse and self.refuse in name:
            return _fault("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Accounts need a region")
        if self.duplicate_of and not number:
            found = {"matchResults": [{"matchRecords": [{"record": {"Id": self.duplicate_of}}]}]}
            return _fault("DUPLICATES_DETECTED", "Use one of these records?", duplicateResult=found)
        made = not number
        number = number or self.put()
        self.records[number].update(values)
        return {"id": number, "success": True, "errors": [], **({"created": made} if method == "UPSERT" else {})}


def _fault(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": [], **more}]}


def _matches(row: dict[str, Any], where: str) -> bool:
    """As much of SOQL as is asked: IN and LIKE, joined by OR; words compare without case."""
    for name, words in re.findall(r"(\w+) IN \(((?:'(?:[^'\\]|\\.)*'(?:, )?)+)\)", where):
        if str(row.get(name) or "").lower() in [word.lower() for word in _words(words)]:
            return True
    for name, word in re.findall(r"(\w+) LIKE ('(?:[^'\\]|\\.)*')", where):
        if _words(word)[0].strip("%").lower() in str(row.get(name) or "").lower():
            return True
    return False


def _words(text: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r"'((?:[^'\\]|\\.)*)'", text)]


@contextmanager
def opened(office: Office) -> Iterator[Any]:
    """The office, listening."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts, body = urlsplit(self.path), json.loads(raw) if raw else None
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            with office.lock:
                office.asked.append((self.command, parts.path, body))
                status, found, headers = office.instead.pop(0) if office.instead else (0, None, {})
                if not status:
                    status, found = office.answer(self.command, parts.path, parse_qs(parts.query), body, token)
                if office.drop_after and office.drop_after in parts.path:
                    office.drop_after = ""
                    self.close_connection = True
                    return
            data = json.dumps(found).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = do_POST  # noqa: N815 -- the names http.server asks for

        def log_message(self, *args: Any) -> None:
            pass

    with listening(Handler) as port:
        office.url = f"http://127.0.0.1:{port}"
        yield office
