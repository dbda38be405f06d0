"""A ClickHouse of its own, for tests: chdb (ClickHouse inside a process) behind the HTTP interface a server has.

`python house.py FOLDER` keeps its data there and prints the port it listens at. Statements are ClickHouse's to judge;
only the way in is made here, and rows sent along are read from a file, because inside a process there is no body to
read them from.
"""

from __future__ import annotations

import http.server
import re
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD, DATABASE = "mainstay", "se:cr@t/é", "mainstay"
_OF_HTTP = {"database", "query", "default_format", "wait_end_of_query", "max_query_size", "session_timezone"}
_INPUT = re.compile(r"input\((?P<structure>'.*')\) FORMAT Parquet$", re.S)
_CODE = re.compile(r"Code: (\d+)")


class House:
    """One session, one statement at a time."""

    def __init__(self, folder: str) -> None:
        from chdb.session import Session

        self._folder = Path(folder)
        self._session = Session(str(self._folder / "data"))
        self._lock = threading.Lock()
        for statement in (
            f"CREATE DATABASE {DATABASE} ENGINE = Atomic", "SET max_query_size = 67108864",
            "SET session_timezone = 'UTC'",
        ):
            self._session.query(statement)

    def answer(self, sql: str, params: dict[str, str], rows: bytes) -> bytes:
        """What a statement answers; raises RuntimeError with ClickHouse's own words."""
        options = ", ".join(f"{name} = '{value}'" for name, value in params.items() if name not in _OF_HTTP)
        if found := _INPUT.search(sql):
            file = self._folder / "rows.parquet"
            file.write_bytes(rows)
            sql = f"{sql[:found.start()]}file('{file}', Parquet, {found['structure']})"
        elif options and sql.startswith(("SELECT", "WITH")):
            sql = f"{sql} SETTINGS {options}"
        with self._lock:
            self._session.query(f"USE {params.get('database', 'default')}")
            return bytes(self._session.query(sql, params.get("default_format", "TabSeparated")).bytes())


class Door(http.server.BaseHTTPRequestHandler):
    """The HTTP interface, as far as it is used."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: two would wait 40 ms for each other
    disable_nagle_algorithm = True
    house: House

    def do_POST(self) -> None:
        body = self._body()
        params = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        said = (self.headers["X-ClickHouse-User"], self.headers["X-ClickHouse-Key"].encode("latin-1").decode())
        if said != (USER, PASSWORD):
            return self._send(403, b"Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)", "516")
        sql, rows = (params["query"], body) if "query" in params else (body.decode(), b"")
        try:
            return self._send(200, self.house.answer(sql, params, rows))
        except Exception as error:  # what chdb raises depends on its version
            code = found[1] if (found := _CODE.search(str(error))) else "0"
            print(f"{sql[:3000]}\n{error}", file=sys.stderr, flush=True)
            return self._send(404 if code == "60" else 500, str(error).encode(), code)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _send(self, status: int, body: bytes, code: str = "") -> None:
        self.send_response(status)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing is logged."""


if __name__ == "__main__":
    Door.house = House(sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    print(server.server_port, flush=True)
    server.serve_forever()
