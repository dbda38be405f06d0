"""What this process has seen. Told to the pipeline through the inbox, and to Prometheus on request."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter
from time import time
from typing import Any

import orjson

from apps.analytics.collector.committer import Committer, Unavailable, row_of
from apps.analytics.enums import Origin
from apps.analytics.histograms import ANSWER_MS

EDGES_MS = ANSWER_MS[1:-1]
FLUSH_SECONDS = 5.0


class Counters:
    """Counts since the start, and of the running minute."""

    def __init__(self) -> None:
        self.process = f"collector {os.getpid()}"
        self.total: Counter[str] = Counter()
        self.waits: Counter[int] = Counter()
        self.wait_seconds = 0.0
        self._minute = 0
        self._counts: Counter[str] = Counter()
        self._spread = [0] * (len(EDGES_MS) + 1)
        self._rejected: dict[int, Counter[str]] = {}
        self._changed = False
        self._plain = 0
        self._plain_waits = [0] * (len(EDGES_MS) + 1)

    def plain(self, seconds: float) -> None:
        """One answered request with one good event. That is nearly every one, so these are only added up here."""
        self._plain += 1
        self._plain_waits[bisect_left(EDGES_MS, seconds * 1000)] += 1
        self.wait_seconds += seconds

    def _settle(self) -> None:
        """Count the plain ones like all others."""
        number, self._plain = self._plain, 0
        if not number:
            return
        for counts in (self.total, self._counts):
            counts["status_202"] += number
            counts["accepted"] += number
        self._counts["requests"] += number
        for edge, waits in zip(EDGES_MS, self._plain_waits, strict=False):
            self.waits[edge] += waits
        self._spread = [old + new for old, new in zip(self._spread, self._plain_waits, strict=True)]
        self._plain_waits = [0] * (len(EDGES_MS) + 1)
        self._changed = True

    def count(self, status: int, accepted: int, rejected: int, seconds: float) -> None:
        """One answered request."""
        total, counts = self.total, self._counts
        key = f"status_{status}"
        total[key] += 1
        counts[key] += 1
        counts["requests"] += 1
        if accepted:
            total["accepted"] += accepted
            counts["accepted"] += accepted
        if rejected:
            total["rejected"] += rejected
            counts["rejected"] += rejected
        place = bisect_left(EDGES_MS, seconds * 1000)
        self._spread[place] += 1
        if place < len(EDGES_MS):
            self.waits[EDGES_MS[place]] += 1
        self.wait_seconds += seconds
        self._changed = True

    def reject(self, site_id: int, reasons: Counter[str]) -> None:
        """Rejected events of one site, by reason."""
        self._rejected.setdefault(site_id, Counter()).update(reasons)

    def flush(self, committer: Committer) -> None:
        """Send what changed, and once a minute that this process is there; while nothing can be stored it is kept."""
        self._settle()
        now = int(time() * 1000)
        minute = now // 60_000 * 60_000
        if minute != self._minute and self._minute:
            if self._changed:
                self._send(committer, now, self._minute)
            self._counts, self._spread = Counter(), [0] * (len(EDGES_MS) + 1)
        if self._changed or minute != self._minute:
            self._minute = minute
            self._counts["alive"] = 1
            self._send(committer, now, minute)

    def _send(self, committer: Committer, now: int, minute: int) -> None:
        body = orjson.dumps({
            "minute": minute, "process": self.process, "counts": dict(self._counts),
            "histograms": {"answer": self._spread},
            "rejected": {str(site): dict(reasons) for site, reasons in self._rejected.items()},
        })
        try:
            committer.add([row_of(now, 0, int(Origin.COUNTERS), 0, b"", b"", body)])
        except Unavailable:
            return
        self._rejected, self._changed = {}, False

    def exposition(self, extra: dict[str, Any]) -> bytes:
        """The text form Prometheus reads."""
        self._settle()
        lines = ["# TYPE mainstay_collector_requests_total counter"]
        for key in sorted(self.total):
            if key.startswith("status_"):
                lines.append(f'mainstay_collector_requests_total{{status="{key[7:]}"}} {self.total[key]}')
        for name in ("accepted", "rejected"):
            lines += [
                f"# TYPE mainstay_collector_events_{name}_total counter",
                f"mainstay_collector_events_{name}_total {self.total[name]}",
            ]
        lines.append("# TYPE mainstay_collector_seconds histogram")
        below = 0
        for edge in EDGES_MS:
            below += self.waits[edge]
            lines.append(f'mainstay_collector_seconds_bucket{{le="{edge / 1000}"}} {below}')
        requests = sum(number for key, number in self.total.items() if key.startswith("status_"))
        lines += [
            f'mainstay_collector_seconds_bucket{{le="+Inf"}} {requests}',
            f"mainstay_collector_seconds_sum {self.wait_seconds:.6f}",
            f"mainstay_collector_seconds_count {requests}",
        ]
        for name, value in extra.items():
            lines += [f"# TYPE mainstay_collector_{name} gauge", f"mainstay_collector_{name} {value}"]
        return ("\n".join(lines) + "\n").encode()
