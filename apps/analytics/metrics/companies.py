"""The figures of companies. Each company is counted once over the period asked for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.analytics.selectors.company_figures import HOT, KEY, SEEN, VISITS, CompanySource
from apps.metrics.registry import Metric, Unit, register

_BY = CompanySource.dimensions
register(Metric(
    key="companies.seen", label=_("Companies seen"), unit=Unit.COUNT, source=KEY, measure=SEEN, by=_BY,
    help=_("Businesses, schools and authorities that visited, each counted once over the period shown."),
    action="company.view", drill="analytics:company-list",
))
register(Metric(
    key="companies.visits", label=_("Visits by companies"), unit=Unit.COUNT, source=KEY, measure=VISITS, by=_BY,
    help=_("Visits that came from the network of a company."), action="company.view", drill="analytics:company-list",
))
register(Metric(
    key="companies.hot", label=_("Hot companies"), unit=Unit.COUNT, source=KEY, measure=HOT, by=_BY,
    help=_("Companies whose score reached your threshold on any day of the period, each counted once."),
    action="company.view", drill="analytics:company-list",
))
