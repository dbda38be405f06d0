"""What a line of an uploaded file turns out to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple


class Broken(Exception):
    """A line that cannot be read; the key of the reason is in `words.BROKEN`."""


class Refused(Exception):
    """A file that cannot be taken at all; the key of the reason is in `words.REFUSED`. `found` is what was in it."""

    def __init__(self, reason: str, found: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.found = found or {}


class Seen(NamedTuple):
    """One event of the past. `at` is in milliseconds; `place` and `tech`, where the file knows them, are what the
    pipeline would have found by address and browser."""

    at: int
    event: dict[str, Any]
    ip: str = ""
    ua: str = ""
    server: bool = False
    place: tuple[str, str, str] | None = None
    tech: tuple[str, str, str, str, str] | None = None


@dataclass(slots=True)
class DayRow:
    """Figures of one day by one value of a dimension (an `enums.Dimension`; 0 is the whole site)."""

    day: date
    dimension: int
    value: str
    figures: dict[str, Any] = field(default_factory=dict)


Parsed = Seen | list[DayRow] | str  # a text is the reason why a line is left out
