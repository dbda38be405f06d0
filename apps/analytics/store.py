"""What the pipeline and the figures need of an event store.

Events are taken in by PostgreSQL (`apps.analytics.pipeline.postgres`). Figures come from its rollups and visits, and,
for closed days, from copies in columns, which lie in files or in ClickHouse (`apps.analytics.columns.contracts`).

An implementation keeps these promises: what `begin` and `end` write becomes visible with the caller's transaction on
the inbox or not at all; `known` and `visits` see everything committed; figures of the same question are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from apps.metrics.contracts import Measures, Number, Query, Row

Asked = Any  # the measures of one question, sorted out (`apps.analytics.selectors.measures`)
Batch = Any  # what the pipeline made of a batch of envelopes (`apps.analytics.pipeline.batch`)


class EventStore(Protocol):
    """The pipeline's side: one writer."""

    def known(self, ids: Iterable[int], window: tuple[int, int] | None) -> list[int]:
        """Which of these events are stored, within a window of time (milliseconds) or ever."""

    def visits(self, marks: Iterable[int], sites: list[int], window: tuple[int, int]) -> list[tuple[Any, ...]]:
        """The visits of these visitors that touch a window of time, oldest first."""

    def begin(self, batch: Batch) -> None:
        """Store a batch's events; may go on in the background."""

    def end(self, batch: Batch) -> None:
        """Store everything else of it; may go on in the background as well."""

    def finish(self) -> None:
        """Wait for what goes on in the background; raises what went wrong there."""

    def clear_scratch(self) -> None:
        """Make ready for another batch within the same transaction."""

    def reset(self) -> None:
        """The transaction was rolled back."""

    def ahead(self) -> None:
        """Prepare for the time to come: partitions and the like."""


class FigureStore(Protocol):
    """The readers' side."""

    def totals(self, query: Query, asked: Asked, cursor: Any) -> Mapping[str, Number]:
        """Sums over the window."""

    def series(self, query: Query, asked: Asked, cursor: Any) -> Mapping[datetime, Measures]:
        """Sums by bucket."""

    def breakdown(
        self, query: Query, asked: Asked, by: str, order: str, limit: int, offset: int, cursor: Any
    ) -> Sequence[Row]:
        """Sums by one dimension, the largest first."""
