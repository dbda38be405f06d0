"""The buckets that lengths and loading times are kept in, so that medians and quantiles can be had from sums."""

from __future__ import annotations

from bisect import bisect_right

from apps.analytics.enums import Dimension

SESSION_SECONDS = (
    0, 1, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 14400,
    86400,
)
_LOADING_MS = (
    0, 100, 200, 300, 400, 500, 600, 800, 1000, 1200, 1500, 1800, 2100, 2500, 3000, 3500, 4000, 5000, 6000, 8000,
    10000, 15000, 30000, 60000,
)
_RESPONSE_MS = (0, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1500, 2000, 5000, 10000, 60000)
REQUEST_MS = (0, 5, 10, 25, 50, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10000, 20000, 60000)
DELAY_MS = (
    0, 50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000,
    900_000, 3_600_000, 86_400_000,
)
ANSWER_MS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 60_000)
STAGE_MS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000)
_SHIFT = (0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2, 10)

VITALS: dict[str, tuple[Dimension, tuple[float, ...]]] = {
    "lcp": (Dimension.VITAL_LCP, _LOADING_MS),
    "fcp": (Dimension.VITAL_FCP, _LOADING_MS),
    "ttfb": (Dimension.VITAL_TTFB, _LOADING_MS),
    "inp": (Dimension.VITAL_INP, _RESPONSE_MS),
    "cls": (Dimension.VITAL_CLS, _SHIFT),
}
HISTOGRAMS: dict[Dimension, tuple[float, ...]] = {
    Dimension.SESSION_LENGTH: SESSION_SECONDS, **dict(VITALS.values()),
}


def bucket_of(edges: tuple[float, ...], value: float) -> str:
    """The number of the bucket that holds a value, as the rollups keep it. What lies beyond counts into the last."""
    return str(place_in(edges, value))


def place_in(edges: tuple[float, ...], value: float) -> int:
    """The number of the bucket that holds a value."""
    return max(0, min(bisect_right(edges, value) - 1, len(edges) - 2))
