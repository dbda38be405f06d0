"""Somebody's own web site: real HTML files on a port of loopback, opened under a name that the browser points here."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Shopfront:
    """`put` writes a page; `url` is its address under a host."""

    def __init__(self, host: str) -> None:
        pages: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages.get(self.path.partition("?")[0])
                content = (body or "<!doctype html><title>None</title>Not here").encode()
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args: object) -> None:
                return

        self.host, self.pages = host, pages
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: str, head: str, body: str, title: str = "A page") -> None:
        """Write a page."""
        icon = '<link rel="icon" href="data:,">'
        head = f"<head>{icon}<title>{title}</title>{head}</head>"
        self.pages[path] = f"<!doctype html><html>{head}<body>{body}</body></html>"

    def url(self, path: str = "/") -> str:
        """The address of a page."""
        return f"http://{self.host}:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        """Take the site off."""
        self._server.shutdown()
        self._server.server_close()
