"""Web analytics for staff."""

from apps.analytics.admin import columns, destinations, health, journeys, store  # noqa: F401 -- importing registers
