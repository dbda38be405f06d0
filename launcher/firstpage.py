"""Tells when the first page can be had, without holding up the loop that runs everything else."""

from __future__ import annotations

import socket

from launcher.ports import LOOPBACK


class FirstPage:
    """Asks for `/` until somebody answers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def status(self) -> int | None:
        """The HTTP status of the first answer; None as long as there is none."""
        try:
            if self._connection is None:
                self._ask()
            assert self._connection is not None  # noqa: S101 -- for the reader of types
            answer = self._connection.recv(64)
        except BlockingIOError:
            return None
        except OSError:
            self.close()
            return None
        self.close()
        words = answer.split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else None

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self) -> None:
        self._connection = socket.create_connection((LOOPBACK, self._port), timeout=1)
        request = f"GET / HTTP/1.1\r\nHost: localhost:{self._port}\r\nConnection: close\r\n\r\n"
        self._connection.sendall(request.encode())
        self._connection.setblocking(False)
