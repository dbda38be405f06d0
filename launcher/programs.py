"""The processes of `make run`. Procfile says the same for production."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace

from launcher.children import Program
from launcher.places import Checkout

QUEUES = "default,sync,deliver,report"
# Threads: a forked worker of two takes 90 MB more, for work that on one machine is mostly waiting.
POOL = ("--pool", "threads", "--concurrency", "4")
CELERY = ("-m", "celery", "-q", "--skip-checks", "-A", "config")  # `migrate` has just made them


class Programs:
    """Makes each process of the application for one checkout and one environment."""

    def __init__(self, checkout: Checkout, env: Mapping[str, str]) -> None:
        self._checkout = checkout
        self._env = env

    def web(self, listener: int) -> Program:
        """Pages, API and WebSockets."""
        http = ("--http", "apps.core.asgi.protocol:BoundedProtocol", "--lifespan", "off")
        sockets = ("--ws", "websockets-sansio", "--ws-max-size", "65536", "--ws-per-message-deflate", "false")
        return self._uvicorn("web", "config.asgi:application", listener, *http, *sockets)

    def collector(self, listener: int) -> Program:
        """Tracked events."""
        http = ("--http", "apps.analytics.collector.protocol:TrackProtocol")
        return self._uvicorn("collector", "config.collector:app", listener, *http)

    def pipeline(self) -> Program:
        """Events into sessions and rollups."""
        return self._manage("pipeline", "run_pipeline")

    def deliverer(self) -> Program:
        """Events on to the destinations of their sites."""
        return self._manage("deliverer", "run_deliverer")

    def worker(self) -> Program:
        """Background tasks, and the clock of scheduled ones: of its own, that would take another 90 MB.

        The second signal makes Celery put back what it has not finished.
        """
        # As root Celery warns at length; what a server runs as is its administrator's decision.
        calm = ("-W", "ignore:You're running the worker with superuser privileges")
        argv = (*calm, *CELERY, "worker", "--beat", "-Q", QUEUES, *POOL, "--loglevel", "warning")
        stops = ((signal.SIGTERM, 4.0), (signal.SIGQUIT, 3.0))
        return self._python("worker", *argv, "--without-gossip", "--without-mingle", stops=stops)

    def migrate(self) -> Program:
        """Bring the database to this version."""
        return self._manage("migrate", "migrate", "--no-input", "-v", "0", restart="never")

    def demo(self, *, again: bool = False) -> Program:
        """Make the demo business, or `again` only fill what it slept through, at a priority that leaves pages quick."""
        words = ("seed_demo", "--fill-gaps") if again else ("seed_demo",)
        program = self._manage("demo", *words, restart="never")
        return replace(program, argv=("nice", "-n", "10", *program.argv))

    def visitors(self) -> Program:
        """Live demo traffic; ends by itself when the demo has been removed."""
        return self._manage("visitors", "simulate_visitors", restart="failure")

    def _uvicorn(self, name: str, application: str, listener: int, *options: str) -> Program:
        """Whose address counts is the application's decision, so uvicorn must not rewrite it."""
        argv = ("-m", "uvicorn", application, "--fd", str(listener), "--loop", "uvloop", *options)
        quiet = ("--no-access-log", "--log-level", "warning", "--no-proxy-headers", "--no-server-header")
        return self._python(name, *argv, *quiet, "--timeout-graceful-shutdown", "4", keep=(listener,))

    def _manage(self, name: str, *words: str, restart: str = "always") -> Program:
        return self._python(name, "manage.py", *words, restart=restart)

    def _python(
        self,
        name: str,
        *words: str,
        restart: str = "always",
        keep: tuple[int, ...] = (),
        stops: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 6.0),),
    ) -> Program:
        argv = (str(self._checkout.python), *words)
        return Program(name, argv, self._env, self._checkout.root, restart=restart, keep=keep, stops=stops)
