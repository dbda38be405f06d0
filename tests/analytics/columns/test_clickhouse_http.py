"""The way to ClickHouse: what a server may answer, and that nobody waits for one that does not."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from apps.analytics.columns import clickhouse
from apps.analytics.columns.clickhouse import ClickHouse, ClickHouseCursor, ClickHouseError, written
from apps.analytics.columns.contracts import CopiesGone
from apps.metrics.contracts import QueryTooSlow
from tests.house.listening import answer

ROWS = (
    b'["n","money","name","nothing"]\n'
    b'["UInt64","Nullable(Decimal(38, 4))","LowCardinality(String)","Nullable(Int8)"]\n'
)
ONE = b'["9007199254740993","12345678901234.5678","it\'s \\n\\u001f\xc3\xa9",null]\n'


@dataclass
class Server:
    """Answers as it is told, and remembers what it was asked."""

    answer: Callable[[Any], None]
    asked: list[tuple[dict[str, str], bytes, dict[str, str]]] = field(default_factory=list)
    url: str = ""


def answers(status: int, body: bytes, **headers: str) -> Callable[[Any], None]:
    return lambda handler: answer(handler, body, status, **headers)


def breaks_off(handler: Any) -> None:
    """Half of the rows, then silence and the end."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(f"{len(ROWS):x}\r\n".encode() + ROWS + b"\r\n")
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers with one row until told otherwise."""
    told = Server(answers(200, ROWS + ONE))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = b""
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers["Content-Length"]))
            params = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
            told.asked.append((params, body, dict(self.headers)))
            told.answer(self)

        def log_message(self, *args: Any) -> None:
            """Nothing is logged."""

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.handle_error = lambda *_: None  # type: ignore[method-assign]  # whoever asked has gone
    threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    told.url = f"http://us%40er:p%C3%A4ss@127.0.0.1:{listening.server_port}/traffic"
    clickhouse._resting.clear()
    yield told
    listening.shutdown()
    listening.server_close()


def test_rows_come_as_they_are_and_the_server_is_told_who_asks(server: Server) -> None:
    rows = ClickHouse(server.url).rows("SELECT 1", 5)

    assert rows == [(9007199254740993, Decimal("12345678901234.5678"), "it's \n\x1fé", None)]
    params, body, headers = server.asked[0]
    assert body == b"SELECT 1"
    assert (params["database"], params["readonly"], params["max_execution_time"]) == ("traffic", "2", "5.000")
    assert headers["X-ClickHouse-User"] == "us@er"
    assert headers["X-ClickHouse-Key"].encode("latin-1").decode() == "päss"
    assert "Authorization" not in headers


def test_rows_that_are_stored_are_sent_in_pieces(server: Server) -> None:
    ClickHouse(server.url).run("INSERT INTO t FORMAT Parquet", 5, iter([b"PAR1", b"\x00\xff", b"PAR1"]))

    params, body, _ = server.asked[0]
    assert (params["query"], body) == ("INSERT INTO t FORMAT Parquet", b"PAR1\x00\xffPAR1")


@pytest.mark.parametrize(("status", "code", "kind"), [
    (500, "159", QueryTooSlow), (500, "241", QueryTooSlow), (403, "516", ClickHouseError), (404, "60", ClickHouseError),
    (404, "81", ClickHouseError), (500, "202", ClickHouseError), (502, "", ClickHouseError), (302, "", ClickHouseError),
])
def test_errors_are_told_apart(server: Server, status: int, code: str, kind: type[Exception]) -> None:
    said = {"X_ClickHouse_Exception_Code": code} if code else {}
    server.answer = answers(status, b"Code: 1. DB::Exception: no", **said, Location="http://127.0.0.1:9/")

    with pytest.raises(kind) as raised:
        ClickHouse(server.url).rows("SELECT secret", 5)
    assert "secret" not in str(raised.value)
    assert "päss" not in str(raised.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("body", "kind"), [
    (ROWS + ONE + b"Code: 241. DB::Exception: Memory limit exceeded", QueryTooSlow),
    (ROWS + b"__exception__\r\nabc\r\nCode: 395. DB::Exception: boom", ClickHouseError),
    (ROWS + ONE[:-12], CopiesGone), (b"", CopiesGone), (b"<html>a proxy's page</html>", CopiesGone),
    (ROWS + b'["1"]\n', CopiesGone), (ROWS + b'{"a":1}\n', CopiesGone),
])
def test_an_answer_that_begins_well_may_end_in_an_error(server: Server, body: bytes, kind: type[Exception]) -> None:
    server.answer = answers(200, body)
    with pytest.raises(kind):
        ClickHouse(server.url).rows("SELECT 1", 5)


def test_an_answer_that_breaks_off_is_none(server: Server) -> None:
    server.answer = breaks_off
    with pytest.raises(CopiesGone):
        ClickHouse(server.url).rows("SELECT 1", 5)


def test_a_server_that_does_not_answer_is_not_waited_for(server: Server) -> None:
    let_go = threading.Event()
    server.answer = lambda handler: (let_go.wait(20), answers(200, ROWS)(handler))[1]
    try:
        with pytest.raises(QueryTooSlow):
            ClickHouse(server.url).rows("SELECT 1", 0.1)
    finally:
        let_go.set()


def test_whoever_cannot_be_reached_is_left_alone_for_a_while(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = ClickHouse("http://127.0.0.1:1/traffic")
    assert not away.rests
    with pytest.raises(CopiesGone):
        away.rows("SELECT 1", 5)
    assert away.rests
    assert not ClickHouse(server.url).rests

    now = time.monotonic()
    monkeypatch.setattr(clickhouse.time, "monotonic", lambda: now + clickhouse.REST_SECONDS)
    assert not away.rests


def test_no_time_left_is_not_asked_for(server: Server) -> None:
    with pytest.raises(QueryTooSlow):
        ClickHouseCursor(ClickHouse(server.url), time.monotonic() - 1).execute("SELECT 1")
    assert server.asked == []


def test_parameters_stay_parameters() -> None:
    hostile = "a'; DROP TABLE visits_1 --\\' OR \0 %s"
    at = datetime(2026, 11, 10, 11, 5, 7, 8, tzinfo=UTC)

    assert written("SELECT %s, %s, %s", [hostile, -3, True]) == (
        "SELECT 'a\\'; DROP TABLE visits_1 --\\\\\\' OR \\0 %s', -3, true"
    )
    assert written("%s", [at]) == "toDateTime64('2026-11-10 11:05:07.000008', 6, 'UTC')"
    with pytest.raises(ValueError, match="do not fit"):
        written("SELECT %s", [1, 2])
    with pytest.raises(TypeError):
        written("%s", [["a"]])
