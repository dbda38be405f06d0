"""ClickHouse over its HTTP interface: statements in, rows out, and its errors as ours.

No driver is needed for three kinds of requests, and whoever does not use ClickHouse loads nothing for it. The address
comes from whoever runs the installation, never from a customer.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import orjson
import structlog

from apps.analytics.columns.contracts import CopiesGone
from apps.analytics.columns.words import ClickHouseWords
from apps.metrics.contracts import QueryTooSlow

log = structlog.get_logger(__name__)
CONNECT_SECONDS = 3.0
REST_SECONDS = 15.0  # after a server that could not be reached, before it is tried again
_MOST_TEXT = 64 * 1024 * 1024  # bytes of a statement; the rows of open days may stand in it
# ClickHouse as standard SQL has it: a sum of nothing is NULL, and NULL is not the empty text.
SETTINGS = {
    "aggregate_functions_null_for_empty": "1", "join_use_nulls": "1", "union_default_mode": "ALL",
    "output_format_json_quote_64bit_integers": "1", "output_format_json_quote_decimals": "1",
    "output_format_json_quote_denormals": "0", "max_query_size": str(_MOST_TEXT), "session_timezone": "UTC",
}
# The answer is held back until it is whole, so that its status tells whether it is.
_WHOLE = {"wait_end_of_query": "1", "default_format": "JSONCompactEachRowWithNamesAndTypes"}
# Too slow, or more rows, bytes or memory than the account may use for one question.
_TOO_MUCH = frozenset({158, 159, 160, 241, 307})
UNKNOWN_TABLE = 60
_CODE = re.compile(rb"Code: (\d+)\.")
_clients: dict[tuple[int, str], httpx.Client] = {}
_resting: dict[str, float] = {}


class ClickHouseError(CopiesGone):
    """The server refused a statement; `code` is its own number for why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ClickHouse answered with error {code}")
        self.code = code


class ClickHouse:
    """A database at `http(s)://user:password@host:port/database`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._parts = urlsplit(url)

    @property
    def rests(self) -> bool:
        """Whether it could not be reached a moment ago."""
        return _resting.get(self._url, 0.0) > time.monotonic()

    def rows(self, sql: str, seconds: float) -> list[tuple[Any, ...]]:
        """The rows of a question; raises QueryTooSlow and CopiesGone."""
        limits = {"max_execution_time": f"{max(seconds, 0.001):.3f}", "readonly": "2"}
        return _rows(self._post({**SETTINGS, **_WHOLE, **limits}, sql.encode(), seconds))

    def run(self, sql: str, seconds: float, content: Iterable[bytes] | None = None) -> None:
        """A statement that changes something, with the rows that it stores if it stores any."""
        if content is None:
            self._post({"wait_end_of_query": "1"}, sql.encode(), seconds)
        else:
            self._post({"wait_end_of_query": "1", "query": sql}, content, seconds)

    def _post(self, params: dict[str, str], content: bytes | Iterable[bytes], seconds: float) -> bytes:
        end = time.monotonic() + seconds
        if database := self._parts.path.strip("/"):
            params = {"database": unquote(database), **params}
        timeout = httpx.Timeout(max(seconds, 0.1) + 0.5, connect=CONNECT_SECONDS)
        try:
            with self._client().stream("POST", "/", params=params, content=content, timeout=timeout) as answer:
                body = b"".join(_in_time(answer, end + 0.5))
        except (httpx.ReadTimeout, httpx.WriteTimeout) as error:
            raise QueryTooSlow("ClickHouse took too long") from error
        except httpx.HTTPError as error:
            _resting[self._url] = time.monotonic() + REST_SECONDS
            log.warning("clickhouse.unreachable", error=type(error).__name__)
            raise CopiesGone("ClickHouse cannot be reached") from error
        _resting.pop(self._url, None)
        if answer.status_code != httpx.codes.OK or "X-ClickHouse-Exception-Code" in answer.headers:
            raise _refused(answer.headers.get("X-ClickHouse-Exception-Code"), body)
        return body

    def _client(self) -> httpx.Client:
        key = (os.getpid(), self._url)  # connections cannot be shared with a process that was forked
        if key not in _clients:
            host = self._parts.netloc.rpartition("@")[2]
            _clients[key] = httpx.Client(
                base_url=f"{self._parts.scheme}://{host}", trust_env=False,
                headers={
                    "X-ClickHouse-User": unquote(self._parts.username or "default").encode(),
                    "X-ClickHouse-Key": unquote(self._parts.password or "").encode(),
                },
            )
        return _clients[key]


class ClickHouseCursor:
    """Questions that together may take until `end` (of time.monotonic)."""

    def __init__(self, server: ClickHouse, end: float) -> None:
        self._server = server
        self._end = end
        self._found: list[tuple[Any, ...]] = []

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise QueryTooSlow("no time is left")
        self._found = self._server.rows(written(sql, params), left)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row of it."""
        found, self._found = self._found, []
        return found

    def fetchone(self) -> Any:
        """The next row."""
        return self._found.pop(0) if self._found else None


def written(sql: str, params: Sequence[Any]) -> str:
    """A statement with its parameters in their places. They are written into it, because parameters that are sent apart
    are limited to 128 kB."""
    pieces = sql.split("%s")
    if len(pieces) != len(params) + 1:
        raise ValueError("a statement and its parameters do not fit")
    return "".join(part for pair in zip(pieces, [*map(literal, params), ""], strict=True) for part in pair)


def literal(value: Any) -> str:
    """A value as it stands in a statement; raises TypeError for one of a kind that is not known."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, datetime):
        return ClickHouseWords().at(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0") + "'"
    raise TypeError(f"{type(value).__name__} is no parameter")


def _in_time(answer: httpx.Response, end: float) -> Iterable[bytes]:
    for piece in answer.iter_bytes():
        if time.monotonic() > end:
            raise QueryTooSlow("ClickHouse took too long")
        yield piece


def _refused(code: str | None, body: bytes) -> Exception:
    found = _CODE.search(body)
    number = int(code) if code and code.isdecimal() else int(found[1]) if found else 0
    if number in _TOO_MUCH:
        return QueryTooSlow(f"ClickHouse answered with error {number}")
    if number != UNKNOWN_TABLE:  # nothing has been stored yet
        log.error("clickhouse.refused", error=number)  # the words may quote what a customer asked for
    return ClickHouseError(number)


def _rows(body: bytes) -> list[tuple[Any, ...]]:
    """Rows, after two lines of names and types. An answer that ends in an error says so in its last lines."""
    try:
        _, types, *rows = [orjson.loads(line) for line in body.split(b"\n") if line]
        kinds = [_kind(name) for name in types]
        return [
            tuple(None if value is None else kind(value) for kind, value in zip(kinds, row, strict=True))
            for row in rows
        ]
    except (orjson.JSONDecodeError, ValueError, TypeError) as error:
        raise _refused(None, body[-4096:]) from error


def _kind(name: str) -> Any:
    """What makes a value of a column: whole numbers and money come as texts, so that no digit is lost."""
    plain = re.sub(r"^(?:LowCardinality\(|Nullable\()*", "", name)
    if re.match(r"U?Int\d", plain):
        return int
    return Decimal if plain.startswith("Decimal") else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
