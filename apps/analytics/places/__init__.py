"""Where web analytics stands in the app: in the rail, among the first steps, on home, in the palette."""

from apps.analytics.places import (  # noqa: F401 -- importing declares
    companies,
    destinations,
    health,
    imports,
    journeys,
    live,
    rankings,
    searches,
    sharing,
    sites,
    tabs,
)
