"""One destination's queue: batch after batch, at the vendor's pace, until nothing is due or it must be left alone."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from apps.analytics.delivery import doubt, ledger, outbox, signed_in
from apps.analytics.delivery.health import backoff
from apps.analytics.delivery.mapping import too_old
from apps.analytics.delivery.outbox import Minute, Taken, Unsent
from apps.analytics.delivery.pace import Pace
from apps.analytics.enums import BreakerState
from apps.analytics.histograms import REQUEST_MS
from apps.analytics.models import Destination
from apps.analytics.providers.base import Destination as Vendor
from apps.analytics.providers.base import Exchange, Payload, Refused, Result, destinations
from apps.core.models import Connection
from apps.core.providers import ProviderError

log = structlog.get_logger(__name__)
AHEAD = 100  # rows that are taken at once; each request is written down by itself
ON_THE_WAY = timedelta(seconds=30)  # before it is too old an event must have arrived, not only left
LOOK_SECONDS = 1.0  # how long what was read of a destination holds: its owner may pause or change it meanwhile
TURN_SECONDS = 5.0  # then others get their turn, when there are more destinations than threads


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was made: its rows, and either results or the error that took all of them."""

    rows: Sequence[Taken]
    took: float
    results: Sequence[Result] = ()
    error: ProviderError | None = None
    exchange: Exchange | None = None

    @property
    def status(self) -> int:
        """The answer's status; 0 when there was no answer."""
        return self.exchange.status if self.exchange else 0

    @property
    def asked_to_wait(self) -> bool:
        """The vendor is only busy: it said when to come back, and not because it is broken."""
        error = self.error
        return bool(error and error.retry_after is not None and not error.permanent and self.status < 500)

    @property
    def answer_lost(self) -> bool:
        """Nothing was read of what the vendor made of it, though it may have arrived."""
        return doubt.answer_lost(self.error, self.status)


class Lane:
    """Works for one destination. `senders` run requests side by side where a vendor allows several."""

    def __init__(
        self, destination_id: int, pace: Pace, *, clock: Callable[[], datetime], stopping: Callable[[], bool],
        senders: Executor | None = None,
    ) -> None:
        self._id = destination_id
        self._pace = pace
        self._clock = clock
        self._stopping = stopping
        self._senders = senders
        self._read_at = 0.0

    def run(self) -> int:
        """Work for a turn; returns how many events were tried."""
        total, until = 0, time.monotonic() + TURN_SECONDS
        while not self._stopping() and time.monotonic() < until:
            tried = self.step()
            if not tried:
                break
            total += tried
        return total

    def step(self) -> int:
        """One batch; returns how many events were tried: 0 when nothing is due, or when it must be left alone."""
        row, now = self._read(), self._clock()
        if row is None or (row.hold_until or now) > now:
            return 0
        vendor = destinations.open(row.connection)
        probing = row.breaker != BreakerState.CLOSED
        if probing:
            ledger.note_probe(row)
        width = vendor.batch * (1 if probing else vendor.parallel)
        taken = outbox.take(row.pk, width if probing else max(width, AHEAD), now)
        fresh = self._still_young(row, vendor, doubt.settled(row, vendor, taken, now), now)
        bundles = vendor.bundles([one.payload for one in fresh])
        chunks = [[fresh[n] for n in bundle] for bundle in bundles if bundle]
        side_by_side = 1 if probing else vendor.parallel
        for start in range(0, len(chunks), side_by_side):
            if start and self._must_stop(row):
                left = [one.id for chunk in chunks[start:] for one in chunk]
                outbox.give_back(left, now)
                return len(fresh) - len(left)
            group = chunks[start : start + side_by_side]
            outbox.note_attempt([one.id for chunk in group for one in chunk])
            self._settle(row, vendor, self._sent(row.connection, vendor, group))
        return len(taken)

    def _read(self) -> Destination | None:
        """The destination as it stands now; None when nothing may be sent to it."""
        self._read_at = time.monotonic()
        rows = Destination.objects.select_related("connection").filter(pk=self._id, is_enabled=True)
        return rows.exclude(connection__status=Connection.Status.PAUSED).first()

    def _must_stop(self, row: Destination) -> bool:
        """Whether what was taken ahead must wait: the last answer says so, its owner does, or the process ends."""
        now = self._clock()
        if row.breaker != BreakerState.CLOSED or (row.hold_until or now) > now or self._stopping():
            return True
        if time.monotonic() - self._read_at < LOOK_SECONDS:
            return False
        found = self._read()
        return found is None or ledger.is_edited(row, found)

    def _still_young(self, row: Destination, vendor: Vendor, taken: list[Taken], now: datetime) -> list[Taken]:
        """Without those that the vendor would refuse for their age."""
        if vendor.max_age is None:
            return taken
        oldest = now - vendor.max_age + ON_THE_WAY
        if old := [one for one in taken if one.at < oldest]:
            ledger.give_up(row, old, too_old(vendor), now)
        return [one for one in taken if one.at >= oldest]

    def _sent(self, account: Connection, vendor: Vendor, chunks: list[list[Taken]]) -> list[Request]:
        if self._senders is None or len(chunks) < 2:
            return [self._ask(account, vendor, chunk) for chunk in chunks]
        return list(self._senders.map(lambda chunk: self._ask(account, vendor, chunk), chunks))

    def _ask(self, account: Connection, vendor: Vendor, rows: list[Taken]) -> Request:
        if (wait := self._pace.take()) > 0:
            time.sleep(wait)
        began = time.perf_counter()
        payloads = [Payload(row.event_id, row.name, row.at, row.payload) for row in rows]
        try:
            report = signed_in.send(account, vendor, payloads)
        except ProviderError as error:
            return Request(rows, time.perf_counter() - began, error=error, exchange=getattr(error, "exchange", None))
        except Exception as error:
            log.exception("delivery.vendor_failed", destination=self._id)
            words = Refused(f"{type(error).__name__}: {error}"[:300], unanswered=True)  # before or after it left
            return Request(rows, time.perf_counter() - began, error=words)
        return Request(rows, time.perf_counter() - began, results=report.results, exchange=report.exchange)

    def _settle(self, row: Destination, vendor: Vendor, requests: list[Request]) -> None:
        now = self._clock()
        for request in requests:
            sent, unsent = judged(request, now, lambda one: doubt.is_left(row, vendor, one))
            if unsent or request.error is not None or ledger.is_news(row, now, len(sent)):
                self._settle_with_news(row, vendor, request, sent, unsent, now)
            else:
                self._note_sent(row, vendor, request, sent, now, _minute(request, len(sent), 0, 0))

    @staticmethod
    def _note_sent(
        row: Destination, vendor: Vendor, request: Request, sent: list[Taken], now: datetime, minute: Minute
    ) -> None:
        answer = request.exchange.answer if request.exchange else ""
        twice = [one.id for one in sent if one.is_unsure and not vendor.counts_once(one.payload)]
        outbox.note_sent(
            [one.id for one in sent], twice, now, request.status, answer, destination_id=row.pk, minute=minute,
        )

    @transaction.atomic
    def _settle_with_news(
        self, row: Destination, vendor: Vendor, request: Request, sent: list[Taken], unsent: list[Unsent],
        now: datetime,
    ) -> None:
        dead = [one for one in unsent if one.next_at is None]
        self._note_sent(row, vendor, request, sent, now, _minute(request, len(sent), len(unsent), len(dead)))
        outbox.note_unsent(unsent, now)
        if dead:
            ledger.tell_dead(row, len(dead), dead[0].words)
        ledger.note_request(row, request.error, now, asked_to_wait=request.asked_to_wait, sent=len(sent))


def judged(
    request: Request, now: datetime, is_left: Callable[[Taken], bool]
) -> tuple[list[Taken], list[Unsent]]:
    """Which rows were taken over there, and what becomes of the others. `is_left` says of one that may have been taken
    that it is not to be sent again."""
    results = {result.event_id: result for result in request.results}
    sent, unsent = [], []
    for row in request.rows:
        result = _of_all(request, row) if request.error is not None else results.get(row.event_id) or _nothing(row)
        if result.ok:
            sent.append(row)
            continue
        again, words = (now + backoff(row.attempts, result.retry_after) if result.retry else None), result.words
        if result.unsure and is_left(row):
            again, words = None, f"{words} {doubt.LEFT}"
        if again is not None and again >= row.expires_at:
            again = None
        answer = request.exchange.answer if request.exchange else ""
        unsent.append(Unsent(row, words, again, request.status, answer, result.unsure))
    return sent, unsent


def _of_all(request: Request, row: Taken) -> Result:
    """The error that took all of a request, as it concerns one event."""
    after = request.error.retry_after if request.error else None
    return Result(row.event_id, False, str(request.error), retry=True, retry_after=after, unsure=request.answer_lost)


def _nothing(row: Taken) -> Result:
    return Result(row.event_id, False, _("The answer says nothing about this event."), retry=True, unsure=True)


def _minute(request: Request, sent: int, unsent: int, dead: int) -> Minute:
    ms = int(request.took * 1000)
    took = [0] * (len(REQUEST_MS) - 1)
    took[min(bisect_right(REQUEST_MS, ms) - 1, len(took) - 1)] = 1
    retried = sum(1 for row in request.rows if row.attempts > 1)
    return Minute(sent=sent, failed=unsent, retried=retried, dead=dead, requests=1, took_ms=ms, took=took)
