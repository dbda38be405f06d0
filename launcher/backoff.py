"""How long to wait before a process that died is started again."""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST_SECONDS = 0.2
CEILING_SECONDS = 20.0
CALM_SECONDS = 15.0


@dataclass
class Backoff:
    """Doubles from death to death up to a ceiling; a life of `CALM_SECONDS` starts it over."""

    _next: float = field(default=FIRST_SECONDS)
    deaths: int = 0  # one soon after the other

    def after(self, lived_seconds: float) -> float:
        """Seconds to wait after a life of that length."""
        if lived_seconds >= CALM_SECONDS:
            self._next, self.deaths = FIRST_SECONDS, 0
        self.deaths += 1
        wait, self._next = self._next, min(self._next * 2, CEILING_SECONDS)
        return wait
