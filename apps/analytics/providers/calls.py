"""Asking a vendor's fixed address: one pool of connections, one way to say what went wrong, secrets masked."""

from __future__ import annotations

import email.utils
import json
import math
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
from django.utils.translation import gettext as _

from apps.analytics.providers.base import Exchange, Refused

TIMEOUT_SECONDS = 20.0
MOST_BYTES = 8_000_000
LONGEST_WAIT = 7 * 86_400.0
LONGEST_SHOWN = 20_000
MASK = "••••"
_NOT_YET_THERE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_SECRET_HEADERS = frozenset({"authorization", "access-token", "developer-token", "cookie", "x-api-key"})


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30)
    return httpx.Client(timeout=TIMEOUT_SECONDS, limits=limits, headers={"User-Agent": "Mainstay"}, trust_env=False)


def call(
    vendor: str,
    method: str,
    url: str,
    *,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    secrets: tuple[str, ...] = (),
    seconds: float = TIMEOUT_SECONDS,
    most_bytes: int = MOST_BYTES,
) -> tuple[httpx.Response, Exchange]:
    """Ask, with a JSON body or none; returns any answer below 500 that is not 401, 403, 408 or 429.

    Those, a connection that fails, and an answer that is larger than `most_bytes` or has not ended after `seconds`,
    raise Refused. `secrets` are the values that must not be shown, wherever in the request or the answer they stand.
    """
    content = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str).encode()
    sent = {**({"Content-Type": "application/json"} if content else {}), **(headers or {})}
    shown = exchange_of(method, url, sent, content.decode(), secrets=secrets)
    try:
        answer = _answer(method, url, content, sent, seconds, most_bytes)
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise Refused(_("The address or the key has signs in it that it cannot have."), permanent=True,
                      exchange=shown) from error
    except _NOT_YET_THERE as error:
        words = _("%(vendor)s could not be reached (%(reason)s).")
        raise Refused(words % {"vendor": vendor, "reason": error or type(error).__name__}, exchange=shown) from error
    except httpx.TimeoutException as error:
        raise Refused(_("%(vendor)s did not answer in time.") % {"vendor": vendor}, exchange=shown,
                      unanswered=True) from error
    except httpx.HTTPError as error:
        raise Refused(_("The connection to %(vendor)s broke off before its answer was read.") % {"vendor": vendor},
                      exchange=shown, unanswered=True) from error
    except _TooMuch as error:
        raise Refused(_("The answer of %(vendor)s is too large to be one.") % {"vendor": vendor}, exchange=shown,
                      unanswered=True) from error
    shown = exchange_of(method, url, sent, content.decode(), secrets=secrets, status=answer.status_code,
                        answer=answer.text)
    raise_for(vendor, answer.status_code, answer.headers, shown)
    return answer, shown


class _TooMuch(Exception):
    """The answer does not end where any answer would."""


def _answer(
    method: str, url: str, content: bytes, headers: Mapping[str, str], seconds: float, most_bytes: int
) -> httpx.Response:
    """The whole answer. A vendor that sends a little now and then does not get more time than one that is silent."""
    found, until = bytearray(), time.monotonic() + seconds
    with _client().stream(method, url, content=content or None, headers=headers, timeout=seconds) as answer:
        for chunk in answer.iter_bytes():
            found += chunk
            if len(found) > most_bytes:
                raise _TooMuch
            if time.monotonic() > until:
                raise httpx.ReadTimeout("the answer does not end")
    kept = [(name, value) for name, value in answer.headers.items() if name not in _OF_THE_WIRE]
    return httpx.Response(answer.status_code, headers=kept, content=bytes(found))


def raise_for(vendor: str, status: int, headers: Mapping[str, str], exchange: Exchange) -> None:
    """Raise Refused for an answer that says "not now" (408, 429, 5xx) or "not you" (401, 403)."""
    if status in {401, 403}:
        words = _("%(vendor)s does not accept the credentials (%(status)s).")
        raise Refused(words % {"vendor": vendor, "status": status}, permanent=True, exchange=exchange)
    if status == 429:
        raise Refused(_("%(vendor)s asks to wait.") % {"vendor": vendor}, retry_after=retry_after(headers),
                      exchange=exchange)
    if status == 408 or status >= 500:
        raise Refused(_("%(vendor)s has trouble of its own (%(status)s).") % {"vendor": vendor, "status": status},
                      retry_after=retry_after(headers), exchange=exchange)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, which may be a number or a date, a week at most; None when there is none."""
    told = str(headers.get("retry-after") or "").strip()
    if not told:
        return None
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(told).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), LONGEST_WAIT) if math.isfinite(seconds) else None


def exchange_of(
    method: str, url: str, headers: Mapping[str, str], body: str, *, secrets: tuple[str, ...] = (), status: int = 0,
    answer: str = "",
) -> Exchange:
    """A request as it may be shown."""
    parts = urlsplit(url)
    query = urlencode([(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True)], safe=MASK)
    shown = {key: MASK if key.lower() in _SECRET_HEADERS else masked(value, secrets) for key, value in headers.items()}
    return Exchange(
        method=method, url=masked(urlunsplit(parts._replace(query=query)), secrets), headers=shown,
        body=masked(body, secrets)[:LONGEST_SHOWN], status=status, answer=masked(answer, secrets)[:LONGEST_SHOWN],
    )


def masked(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every secret in it hidden, also where it stands encoded for an address."""
    for secret in secrets:
        for form in {secret, urlencode({"": secret})[1:]} if secret else ():
            text = text.replace(form, MASK)
    return text
