"""All of Mainstay on free ports of loopback, over given servers; each process is started, killed and stopped alone."""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import httpx
from django.conf import settings

from launcher import environment, ports
from launcher.children import Program
from launcher.places import Checkout
from launcher.programs import Programs
from tests.house.processes import NotThere, Process, wait_for

OURS = {
    "SECRET_KEY", "FIELD_KEYS", "DATABASE_URL", "REDIS_URL", "BASE_URL", "COLLECTOR_URL", "DEBUG", "DEMO", "HOST",
    "PORT", "COLLECTOR_PORT",
}
MIGRATE_SECONDS = 900


class House:
    """The processes of one Mainstay, over a database and a Redis of its own."""

    def __init__(
        self, folder: Path, database_url: str, redis_url: str, *, demo: bool = False, more: dict[str, str] | None = None
    ) -> None:
        self.checkout = Checkout()
        self._sockets = {name: ports.listen(ports.free_port()) for name in ("web", "collector")}
        web_port, collector_port = (self._sockets[name].getsockname()[1] for name in ("web", "collector"))
        chosen = {name: value for name, value in os.environ.items() if name not in OURS}
        # A destination of a test may stand here, beside the demo's shop.
        self.receiver_port = ports.free_port()
        chosen["OUTBOUND_LOOPBACK_PORTS"] = f"{web_port},{self.receiver_port}"
        # The tests' own secrets, so that either side reads what the other has signed or encrypted.
        keys = {"secret_key": settings.SECRET_KEY, "field_key": ",".join(settings.FIELD_KEYS)}
        self.env = environment.build(
            self.checkout, chosen | {"PUBLIC_POST_RATE": "1000/m"} | (more or {}), keys,
            {"DATABASE_URL": database_url, "REDIS_URL": redis_url},
            web_port=web_port, collector_port=collector_port, demo=demo,
        )
        self.folder = folder
        self.programs = Programs(self.checkout, self.env)
        self.url, self.collector_url = self.env["BASE_URL"], self.env["COLLECTOR_URL"]
        self.processes = {name: Process(program, folder / f"{name}.log") for name, program in self._all().items()}

    def _all(self) -> dict[str, Program]:
        worker = self.programs.worker()
        return {
            "web": self.programs.web(self._sockets["web"].fileno()),
            "collector": self.programs.collector(self._sockets["collector"].fileno()),
            "pipeline": self.programs.pipeline(),
            "deliverer": self.programs.deliverer(),
            "worker": replace(worker, stops=((worker.stops[0][0], 2.0), *worker.stops[1:])),
        }

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def manage(self, *words: str) -> str:
        """Run a management command to its end; what it printed."""
        done = subprocess.run(
            [self.checkout.python, "manage.py", *words], cwd=self.checkout.root, env=self.env, capture_output=True,
            text=True, timeout=MIGRATE_SECONDS,
        )
        if done.returncode:
            raise NotThere(f"manage.py {' '.join(words)}: {done.stderr[-2000:]}")
        return done.stdout

    def start(self, *names: str) -> None:
        """Start processes, and wait until those that can be asked answer."""
        for name in names:
            self[name].start()
        for name in names:
            self.wait_ready(name)

    def wait_ready(self, name: str) -> None:
        """Wait until a process answers; those without a port only have to live."""
        asked = {"web": f"{self.url}/healthz", "collector": f"{self.collector_url}/healthz"}.get(name)
        try:
            wait_for(lambda: asked is None or answers(asked) or not self[name].is_alive, name)
        except NotThere as error:
            raise NotThere(f"{error}\n{self[name].last_words()}") from error
        if not self[name].is_alive:
            raise NotThere(f"{name} ended at once\n{self[name].last_words()}")

    def stop(self) -> None:
        """End everything that runs and give the ports back."""
        for process in reversed(self.processes.values()):
            process.stop()
        for listener in self._sockets.values():
            listener.close()


def answers(url: str) -> bool:
    """Whether an address answers 200 now."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, timeout=30).status_code == 200
    return False
