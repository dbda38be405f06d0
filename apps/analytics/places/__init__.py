"""Where web analytics stands in the app: in the rail, among the first steps, on home, in the palette."""

from apps.analytics.places import companies, destinations, health, journeys, sites, tabs  # noqa: F401 -- importing declares
