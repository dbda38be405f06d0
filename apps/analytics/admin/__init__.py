"""Web analytics for staff."""

from apps.analytics.admin import columns, companies, destinations, health, journeys, store  # noqa: F401 -- importing registers
