"""Places where work waits or things can be wrong. Each app adds its own in `probes.py`; readiness, measurements, the
monitoring page and the API read them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a place is doing: in words, and how much waits since when where that applies."""

    ok: bool
    words: str | Promise
    waiting: int | None = None
    oldest_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """A place to look at. `read` must be quick: a few milliseconds, on an index."""

    key: str
    label: str | Promise
    read: Callable[[], Reading]


_probes: dict[str, Probe] = {}


def register_probe(probe: Probe) -> None:
    """Add a place; refuses a second one of the same key."""
    if probe.key in _probes:
        raise ValueError(f"probe {probe.key} is declared twice")
    _probes[probe.key] = probe


def read_all() -> Iterator[tuple[Probe, Reading]]:
    """Every place and how it is doing; one that cannot be looked at is not well."""
    for probe in _probes.values():
        yield probe, read(probe)


def read(probe: Probe) -> Reading:
    """How one place is doing."""
    try:
        return probe.read()
    except Exception as error:
        log.warning("probe.failed", place=probe.key, error=f"{type(error).__name__}: {error}")
        return Reading(False, _("This could not be looked at."))


def queue_reading(rows: Any, *, late_after_seconds: float) -> Reading:
    """A reading from one row (how many wait, age in seconds of the oldest)."""
    waiting, oldest = rows
    age = float(oldest) if oldest is not None else None
    late = age is not None and age > late_after_seconds
    words = _("Work is late.") if late else _("Up to date.") if not waiting else _("Working.")
    return Reading(not late, words, int(waiting), age)
