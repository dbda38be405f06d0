"""The figures of web analytics. What they count is written down in docs/metrics.md, which is made from this."""

from apps.analytics.metrics import companies, journeys, searches, tracking, traffic  # noqa: F401 -- importing declares
