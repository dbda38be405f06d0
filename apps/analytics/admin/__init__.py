"""Web analytics for staff."""

from apps.analytics.admin import health, store  # noqa: F401 -- importing registers
