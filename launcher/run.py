"""`make run`: everything, from nothing, on this machine."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

from launcher import environment, ports, services, session
from launcher.children import ending
from launcher.errors import CannotStart, Stopping
from launcher.firstpage import FirstPage
from launcher.places import Checkout, private_directory, write_private
from launcher.programs import Programs
from launcher.session import Session
from launcher.terminal import Terminal

WEB_PORT, COLLECTOR_PORT = 8000, 8001
PAGE_SECONDS = 120.0
LASTING_DEATHS = 4
SHARED = ("DATABASE_URL", "REDIS_URL", "BASE_URL", "COLLECTOR_URL", "DEMO")


def run(checkout: Checkout, terminal: Terminal) -> int:
    """Start everything and keep it until a signal; the exit code."""
    chosen = environment.given(checkout)
    with session.begin(checkout, terminal, checkout.var) as now:
        start = _Start(now, chosen)
        try:
            start.bring_up()
            while not now.supervisor.asked_to_stop:
                now.supervisor.turn()
        except Stopping:
            pass
        finally:
            start.close()
            (checkout.var / "running.json").unlink(missing_ok=True)
        terminal.say("Stopping")
    terminal.say("Stopped")
    return 0


def emptied(folder: Path) -> Path:
    """The folder in which the processes count together; what those of an earlier run have counted is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return private_directory(folder)


class _Start:
    """The order in which things come up: what people see first, first."""

    def __init__(self, now: Session, chosen: dict[str, str]) -> None:
        self.now = now
        self.chosen = chosen
        self.began = time.monotonic()
        self.demo = chosen.get("DEMO", "0" if chosen.get("DATABASE_URL") else "1") in {"1", "true", "yes", "on"}
        host = chosen.get("HOST", "") or ports.LOOPBACK
        host = ports.LOOPBACK if host in environment.LOOPBACKS else host
        self.web = ports.listen(int(chosen.get("PORT", WEB_PORT)), host)
        self.collector = ports.listen(int(chosen.get("COLLECTOR_PORT", COLLECTOR_PORT)), host)
        self.web_port, self.collector_port = (int(s.getsockname()[1]) for s in (self.web, self.collector))

    def close(self) -> None:
        """Let go of the listeners, from which servers are started again for as long as this runs."""
        self.web.close()
        self.collector.close()

    def bring_up(self) -> None:
        """Services, then migrations beside the starting web process, then the page, then all that feeds it."""
        supervisor = self.now.supervisor
        found = services.start(supervisor, self.now.checkout, self.now.var, self.now.keys, self.chosen)
        env = environment.build(
            self.now.checkout,
            self.chosen,
            self.now.keys,
            found,
            web_port=self.web_port,
            collector_port=self.collector_port,
            demo=self.demo,
        )
        env.setdefault("PROMETHEUS_MULTIPROC_DIR", str(emptied(self.now.var / "counts")))
        write_private(
            self.now.var / "running.json", json.dumps({"pid": os.getpid(), "env": {k: env[k] for k in SHARED}})
        )
        programs = Programs(self.now.checkout, env)
        supervisor.start(programs.migrate())
        supervisor.start(programs.web(self.web.fileno()))
        self._finish("migrate", "The database could not be brought to this version")
        self._first_page()
        self._announce(env)
        supervisor.start(programs.collector(self.collector.fileno()))
        for program in (programs.pipeline(), programs.deliverer(), programs.worker()):
            supervisor.start(program)
        if self.demo:
            self._demo(programs)

    def _finish(self, name: str, failure: str) -> None:
        code = self.now.supervisor.until(lambda: self.now.supervisor.ended(name), None, name)
        if code:
            raise CannotStart(f"{failure} ({ending(code)}); its last words are above.")

    def _first_page(self) -> None:
        page = FirstPage(self.web_port)
        try:
            status = self.now.supervisor.until(lambda: self._answer(page), PAGE_SECONDS, "The first page")
        finally:
            page.close()
        if status >= 500:
            self.now.terminal.say(f"The first page answers with error {status}; the log of `web` says why.")

    def _answer(self, page: FirstPage) -> int | None:
        if self.now.supervisor.deaths("web") >= LASTING_DEATHS:
            raise CannotStart("The web process does not start; its last words are above.")
        return page.status()

    def _announce(self, env: dict[str, str]) -> None:
        lines = [f"Mainstay is at {env['BASE_URL']}"]
        if self.demo:
            lines.append(f"Demo: one click on {env['BASE_URL']} lets you look around; no password")
        lines.append(f"Collector: {env['COLLECTOR_URL']}   Data: {self.now.var}")
        lines.append(f"Up in {time.monotonic() - self.began:.1f} s. Stop with Ctrl-C.")
        self.now.terminal.block(lines)

    def _demo(self, programs: Programs) -> None:
        """Make the demo business once; afterwards its owner decides whether it stays, and only gaps are filled."""
        supervisor, made = self.now.supervisor, self.now.var / "demo-made"
        code = supervisor.run(programs.demo(again=made.exists()))
        if code:
            self.now.terminal.say(f"The demo business could not be made ({ending(code)}); all else runs.")
            return
        made.touch()
        supervisor.start(programs.visitors())
