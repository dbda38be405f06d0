"""Web analytics for staff."""

from apps.analytics.admin import destinations, health, journeys, store  # noqa: F401 -- importing registers
