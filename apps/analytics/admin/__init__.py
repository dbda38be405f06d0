"""Web analytics for staff."""

from apps.analytics.admin import (  # noqa: F401 -- importing registers
    columns,
    companies,
    crm,
    destinations,
    health,
    imports,
    journeys,
    searches,
    sharing,
    store,
)
