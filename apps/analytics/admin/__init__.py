"""Web analytics for staff."""

from apps.analytics.admin import store  # noqa: F401 -- importing registers
