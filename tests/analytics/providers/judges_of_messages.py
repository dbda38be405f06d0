"""Google Analytics, Slack and a receiver of webhooks as they judge a request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Any

from tests.analytics.providers.judges import TOKEN
from tests.analytics.providers.servers import Answer, Asked, recorded

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD_SECRET = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()
SLACK_PATH = "/services/T0001/B0001/s3cretPartOfTheAddress"
_JSON = {"content-type": "application/json"}
_LONGER = {"page_location": 1000, "page_referrer": 420, "page_title": 300}


def ga4(asked: Asked) -> Answer:
    """/mp/collect takes anything; /debug/mp/collect says what is wrong with it."""
    assert asked.query["measurement_id"] == "G-TEST12345"
    faults = ga4_faults(asked.body)
    if asked.path == "/debug/mp/collect":
        keys = ("fieldPath", "description", "validationCode")
        return 200, _JSON, {"validationMessages": [dict(zip(keys, fault, strict=True)) for fault in faults]}
    assert asked.path == "/mp/collect"
    assert asked.query["api_secret"] == TOKEN
    return 204, {}, ""


def ga4_faults(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What Google's validation server would find."""
    found = []
    if not body.get("client_id"):
        found.append(("client_id", "Measurement requires a client_id.", "VALUE_REQUIRED"))
    if not re.fullmatch(r"\d+\.\d+", body.get("client_id", "1.1")):
        found.append(("client_id", "A client_id is two numbers with a point between.", "VALUE_INVALID"))
    stamps = [event["params"].get("timestamp_micros") or body.get("timestamp_micros") for event in body["events"]]
    if any(stamp is not None and time.time() * 1e6 - stamp > 72 * 3600 * 1e6 for stamp in stamps):
        found.append(("timestamp_micros", "Measurement timestamp is older than 72 hours.", "VALUE_INVALID"))
    if not 0 < len(body["events"]) <= 25:
        found.append(("events", "Too many events.", "EXCEEDED_MAX_ENTITIES"))
    for event in body["events"]:
        found += _ga4_event_faults(event["name"], event["params"])
    return found


def _ga4_event_faults(name: str, params: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    if not re.fullmatch(r"[A-Za-z]\w{0,39}", name, re.ASCII):
        found.append(("events", f"Event has invalid name [{name}].", "NAME_INVALID"))
    if name in {"session_start", "first_visit", "user_engagement"} or re.match(r"google_|ga_|firebase_", name):
        found.append(("events", f"Event has reserved name [{name}].", "NAME_RESERVED"))
    if len(params) > 25:
        found.append(("events.params", "Too many params.", "EXCEEDED_MAX_ENTITIES"))
    for key, value in params.items():
        if isinstance(value, str) and len(value) > _LONGER.get(key, 100):
            found.append((f"events.params.{key}", "Value is too long.", "VALUE_OUT_OF_BOUNDS"))
    if name == "purchase" and not {"transaction_id", "value", "currency", "items"} <= params.keys():
        found.append(("events.params", "Purchase needs transaction_id, value, currency, items.", "VALUE_REQUIRED"))
    if "value" in params and params["value"] < 0:
        found.append(("events.params.value", "Value must not be negative.", "VALUE_INVALID"))
    return found


def slack(asked: Asked) -> Answer:
    """hooks.slack.com: plain words, and no angle bracket that is not Slack's own."""
    if asked.path != SLACK_PATH:
        return recorded("slack", "removed")
    text = asked.body.get("text", "")
    if not text:
        return recorded("slack", "no_text")
    if "<" in text or ">" in text or re.search(r"&(?!amp;|lt;|gt;)", text) or len(text) > 40_000:
        return recorded("slack", "bad_message")
    return 200, {"content-type": "text/html"}, "ok"


def receiver(asked: Asked) -> Answer:
    """A receiver that checks as the specification tells it to, and knows one secret."""
    stamp, said = asked.headers["webhook-timestamp"], asked.headers["webhook-signature"].split(" ")
    if abs(time.time() - int(stamp)) > 300:
        return 400, {}, "too old"
    key = base64.b64decode(SECRET[6:])
    signed = asked.headers["webhook-id"].encode() + b"." + stamp.encode() + b"." + asked.raw
    wanted = "v1," + base64.standard_b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
    if not any(hmac.compare_digest(one, wanted) for one in said):
        return 401, {}, "wrong signature"
    assert asked.headers["content-type"] == "application/json"
    return 202, {}, ""
