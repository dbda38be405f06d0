"""The advertising networks as they judge a request: what their references demand is demanded here, in their words."""

from __future__ import annotations

import re
import time
from typing import Any

from tests.analytics.providers.servers import Answer, Asked, recorded

TOKEN = "t0ken-of-this/account+1"
_HEX = re.compile(r"[0-9a-f]{64}")
_JSON = {"content-type": "application/json"}
DAY = 86_400


def meta(asked: Asked) -> Answer:
    """Graph API: the token, the dataset, then every event; one bad one refuses the request."""
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return recorded("meta", "bad_token")
    if asked.path != "/1234567890/events":
        return recorded("meta", "unknown_dataset")
    body = asked.body
    events = body.get("data")
    if not events:
        return recorded("meta", "no_events")
    assert len(events) <= 1000
    for event in events:
        if reason := _meta_fault(event):
            status, headers, answer = recorded("meta", "bad_event")
            return status, headers, {"error": {**answer["error"], "error_user_msg": reason}}
    return 200, _JSON, {"events_received": len(events), "messages": [], "fbtrace_id": "AbCdEf"}


def _meta_fault(event: dict[str, Any]) -> str:
    user, custom = event.get("user_data", {}), event.get("custom_data", {})
    hashed = [value for key in ("em", "ph", "fn", "ln", "ct", "st", "zp", "country", "external_id")
              for value in user.get(key, [])]
    on_page = bool(event.get("event_source_url") and user.get("client_user_agent"))
    has_price = isinstance(custom.get("value"), int | float) and len(custom.get("currency", "")) == 3
    rules = {
        "Missing a required parameter": event.get("event_name") and type(event.get("event_time")) is int and user,
        "The timestamp for this event is too far in the past": -60 < time.time() - event["event_time"] < 7 * DAY,
        "Unhashed customer information": all(_HEX.fullmatch(value) for value in hashed),
        "Malformed fbc": re.fullmatch(r"fb\.1\.\d{13}\..+", user.get("fbc", "fb.1.1700000000000.x")),
        "Website events need event_source_url and client_user_agent": event["action_source"] != "website" or on_page,
        "Purchase needs value and currency": event["event_name"] != "Purchase" or has_price,
        "The value must not be negative": custom.get("value", 0) >= 0,
    }
    return next((words for words, kept in rules.items() if not kept), "")


def tiktok(asked: Asked) -> Answer:
    """Always 200; `code` says the rest."""
    assert asked.path == "/event/track/"
    if asked.headers.get("access-token") != TOKEN:
        return recorded("tiktok", "bad_token")
    body = asked.body
    if body.get("event_source") != "web" or body.get("event_source_id") != "C0DE1234":
        return recorded("tiktok", "not_your_pixel")
    events = body.get("data")
    if not events:
        return recorded("tiktok", "no_events")
    for event in events:
        user, properties = event.get("user", {}), event.get("properties", {})
        hashed = [user[key] for key in ("email", "phone", "external_id", "first_name", "last_name", "zip_code")
                  if key in user]
        good = (
            event.get("event") and type(event.get("event_time")) is int and isinstance(event.get("event_id"), str)
            and time.time() - event["event_time"] < 7 * DAY and all(_HEX.fullmatch(value) for value in hashed)
            and properties.get("value", 0) >= 0 and ("value" in properties) == ("currency" in properties)
        )
        if not good:
            return recorded("tiktok", "bad_event")
    return 200, _JSON, {"code": 0, "message": "OK", "request_id": "2026112111", "data": {}}


def linkedin(asked: Asked) -> Answer:
    """Rest.li: versioned, and a bad element refuses the batch with its place."""
    assert asked.path == "/conversionEvents"
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return recorded("linkedin", "bad_token")
    if asked.headers.get("linkedin-version") != "202607":
        return recorded("linkedin", "old_version")
    assert asked.headers["x-restli-protocol-version"] == "2.0.0"
    assert asked.headers["x-restli-method"] == "BATCH_CREATE"
    elements = asked.body["elements"]
    assert len(elements) <= 5000
    for index, element in enumerate(elements):
        value = element.get("conversionValue", {"amount": "0", "currencyCode": "EUR"})
        ids = element.get("user", {}).get("userIds")
        good = (
            re.fullmatch(r"urn:lla:llaPartnerConversion:\d+", element.get("conversion", "")) and isinstance(ids, list)
            and len(str(element.get("conversionHappenedAt"))) == 13 and isinstance(value["amount"], str)
            and all(_HEX.fullmatch(one["idValue"]) for one in ids or [] if one["idType"] == "SHA256_EMAIL")
            and not value["amount"].startswith("-")
        )
        if not good:
            message = f"Index: {index}, ERROR :: /conversionValue/amount :: is not a valid amount\n"
            return 422, _JSON, {"message": message, "status": 422}
    return 200, _JSON, {"elements": [{"status": 201} for _ in elements]}


def google(asked: Asked) -> Answer:
    """Data Manager API: fail fast, with the field that is wrong."""
    assert asked.path == "/events:ingest"
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return recorded("google_ads", "bad_token")
    body = asked.body
    destinations = {entry["reference"]: entry for entry in body["destinations"]}
    assert len(destinations) <= 10
    assert len(body["events"]) <= 2000
    assert body["encoding"] == "HEX"
    for entry in destinations.values():
        assert entry["operatingAccount"] == {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}
        assert entry["productDestinationId"].isdigit()
        if entry["productDestinationId"] == "404":
            return recorded("google_ads", "unknown_action")
    violations = []
    for index, event in enumerate(body["events"]):
        assert set(event["destinationReferences"]) <= set(destinations)
        violations += [{"field": f"events.events[{index}].{field}", "description": words, "reason": reason}
                       for field, words, reason in _google_faults(event)]
    if violations:
        status, headers, answer = recorded("google_ads", "bad_event")
        answer["error"]["details"][0]["fieldViolations"] = violations
        return status, headers, answer
    return 200, _JSON, {} if body.get("validateOnly") else {"requestId": "req-1"}


def _google_faults(event: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", event.get("eventTimestamp", "")):
        found.append(("event_timestamp", "Format is invalid.", "INVALID_FORMAT"))
    if not event.get("transactionId"):
        found.append(("transaction_id", "Required field is missing.", "REQUIRED_FIELD_MISSING"))
    people = event.get("userData", {}).get("userIdentifiers", [])
    if not people and not event.get("adIdentifiers"):
        found.append(("user_data", "No identifiers.", "NO_IDENTIFIERS_PROVIDED"))
    hashes = [value for one in people for key, value in {**one, **one.get("address", {})}.items()
              if key in {"emailAddress", "phoneNumber", "givenName", "familyName"}]
    if not all(_HEX.fullmatch(value) for value in hashes):
        found.append(("user_data", "The SHA256 encoded value is malformed.", "INVALID_SHA256_FORMAT"))
    if event.get("conversionValue", 0) < 0:
        found.append(("conversion_value", "Invalid number format.", "INVALID_NUMBER_FORMAT"))
    return found
