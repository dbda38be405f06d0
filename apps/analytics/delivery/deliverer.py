"""The deliverer process: a queue of its own for every destination, so that one that is slow or down slows no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from apps.analytics.database import connect
from apps.analytics.delivery import ledger, outbox
from apps.analytics.delivery.lane import Lane
from apps.analytics.delivery.pace import Pace
from apps.analytics.models import Destination
from apps.analytics.providers import destinations
from apps.core.tenancy import every_tenant

log = structlog.get_logger(__name__)
LOCK = 0x73656E64  # "send"
LANES = 32
SENDERS = 32
LOOK_SECONDS = 1.0
SWEEP_SECONDS = 60.0


class Deliverer:
    """Sends what is due until stopped. `clock` tells the moment (aware); another one makes hours pass in tests."""

    def __init__(
        self, stopping: Callable[[], bool] = lambda: False, *, clock: Callable[[], datetime] = timezone.now,
        lanes: int = LANES,
    ) -> None:
        self._stopping = stopping
        self._clock = clock
        self._lanes = ThreadPoolExecutor(lanes, thread_name_prefix="lane")
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")
        self._busy: dict[int, Future[int]] = {}
        self._paces: dict[int, Pace] = {}
        self._listener: Any = None
        self._woken = threading.Event()
        self._swept = time.monotonic()

    def run(self) -> None:
        """Work until stopped; outlives the database."""
        pause = 0.2
        while not self._stopping():
            try:
                if self._start():
                    pause = 0.2
                    while not self._stopping():
                        self._turn()
            except (psycopg.OperationalError, psycopg.InterfaceError, DatabaseError, InterfaceError) as error:
                log.warning("deliverer.database_gone", error=str(error).strip(), again_in=pause)
                self._rest(pause)
                pause = min(pause * 2, 5.0)
            finally:
                self._let_go()
        self.close()

    def close(self) -> None:
        """Wait for the requests at hand."""
        self._lanes.shutdown(wait=True, cancel_futures=True)
        self._senders.shutdown(wait=True, cancel_futures=True)

    def deliver(self) -> int:
        """Everything that is due at this moment, in this thread; returns how many events were tried."""
        total = 0
        with every_tenant():
            while waiting := outbox.due(self._clock()):
                tried = sum(self._lane(pk, None).run() for pk in waiting)
                if not tried:
                    break
                total += tried
        return total

    def sweep(self) -> None:
        """Give up what waited too long, forget what need not be kept."""
        with every_tenant(), transaction.atomic():
            now = self._clock()
            dead = outbox.expire(now)
            for row in Destination.objects.filter(pk__in=dead):
                outbox.note_minute(row.pk, now, outbox.Minute(dead=dead[row.pk]))
            ledger.tell_expired(dead)
            outbox.prune(now)

    def _start(self) -> bool:
        """Become the only deliverer; take over what another left behind."""
        self._listener = connect()
        while not self._listener.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()[0]:
            self._rest(1.0)
            if self._stopping():
                return False
        self._listener.execute("LISTEN analytics_deliveries")
        with every_tenant():
            if found := outbox.release(self._clock()):
                log.info("deliverer.taken_over", events=found)
        return True

    def _turn(self) -> None:
        with every_tenant():
            self._busy = {pk: future for pk, future in self._busy.items() if not future.done()}
            for pk in outbox.due(self._clock()):
                if pk not in self._busy:
                    self._busy[pk] = self._lanes.submit(self._work, pk)
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._swept = time.monotonic()
            self.sweep()
        # A lane that ends looks whether more is due, and whoever fills an outbox says so.
        for _note in self._listener.notifies(timeout=LOOK_SECONDS, stop_after=1):
            pass

    def _work(self, pk: int) -> int:
        try:
            with every_tenant():
                _hurry()
                total = self._lane(pk, self._senders).run()
                if total:
                    with connection.cursor() as cursor:
                        cursor.execute("NOTIFY analytics_deliveries")
                return total
        except Exception:
            log.exception("deliverer.lane_failed", destination=pk)
            time.sleep(1)
            return 0
        finally:
            connection.close()

    def _lane(self, pk: int, senders: ThreadPoolExecutor | None) -> Lane:
        return Lane(pk, self._pace(pk), clock=self._clock, stopping=self._stopping, senders=senders)

    def _pace(self, pk: int) -> Pace:
        found = self._paces.get(pk)
        if found is None:
            row = Destination.objects.select_related("connection").get(pk=pk)
            found = self._paces[pk] = Pace(destinations.get(row.connection.provider).per_second)
        return found

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stopping():
            time.sleep(min(0.1, seconds))

    def _let_go(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        connection.close()


def _hurry() -> None:
    """Do not wait for the disk: if the server dies, some events of its last moment go out again under their ids."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
