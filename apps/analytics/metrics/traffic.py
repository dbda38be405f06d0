"""The figures of web traffic. What they count is written down in docs/metrics.md, which is made from this."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import BREAKDOWNS, Dimension
from apps.analytics.histograms import HISTOGRAMS
from apps.analytics.models import Site
from apps.analytics.selectors.measures import ACTIVE, EVENTS_NOW, WEEK_HOUR, histogram
from apps.analytics.source import KEY
from apps.metrics import live
from apps.metrics.formulas import Quantile, Ratio
from apps.metrics.registry import Better, Metric, Thresholds, Unit, register

_BY = (*(dimension.key for dimension in BREAKDOWNS), WEEK_HOUR)


def _counted(key: str, label: Any, text: Any, measure: str = "", **more: Any) -> Metric:
    facts = {"unit": Unit.COUNT, "source": KEY, "measure": measure or key, "by": _BY, "action": "site.view",
             "drill": "analytics:site-list"}
    return register(Metric(key=f"analytics.{key}", label=label, help=text, **(facts | more)))


def _quantile(key: str, label: Any, text: Any, dimension: Dimension, share: float, **more: Any) -> Metric:
    formula = Quantile(share, histogram(dimension), tuple(HISTOGRAMS[dimension]))
    return register(Metric(
        key=f"analytics.{key}", label=label, help=text, source=KEY, formula=formula, action="site.view", **more
    ))


def _ratio(key: str, label: Any, text: Any, over: str, under: str, unit: Unit, **more: Any) -> Metric:
    formula = Ratio(f"analytics.{over}", f"analytics.{under}")
    return register(Metric(
        key=f"analytics.{key}", label=label, help=text, unit=unit, source=KEY, formula=formula, by=_BY,
        action="site.view", drill="analytics:site-list", **more,
    ))


_counted("visitors", _("Visitors"), _("People who came, each counted once a day. Robots are left out."),
         unique_over="day")
_counted("sessions", _("Visits"), _("Stays on the site: a visit ends after 30 minutes without a sign."))
_counted("pageviews", _("Page views"), _("Pages that were opened."))
_counted("events", _("Events"),
         _("Everything the tracker reported: page views, clicks, purchases and your own events."))
_counted("conversions", _("Conversions"), _("Purchases, and the events you named as conversions."))
_counted("orders", _("Orders"), _("Purchases with an order number, each number once."))
_counted("revenue", _("Revenue"), _("Value of conversions in the organization's currency, as the site reported it."),
         unit=Unit.MONEY)
_counted("bounces", _("Bounces"), _("Visits of one page with less than ten seconds of attention."), better=Better.DOWN)
_counted("engaged", _("Attention"), _("Time in which pages were in view and in use, added up."), "engaged_s",
         unit=Unit.DURATION)
_counted("duration", _("Time on site"), _("Seconds from the first to the last sign of each visit, added up."),
         "duration_s", unit=Unit.DURATION)
_counted("active_visitors", _("Here now"), _("People who did something within the last five minutes."), ACTIVE, by=())
_counted("events_per_minute", _("Events a minute"), _("Events of the last sixty seconds."), EVENTS_NOW, by=())
_ratio("bounce_rate", _("Bounce rate"), _("Share of visits that saw one page with less than ten seconds of attention."),
       "bounces", "sessions", Unit.PERCENT, better=Better.DOWN)
_ratio("conversion_rate", _("Conversion rate"), _("Conversions for each visit."), "conversions", "sessions",
       Unit.PERCENT)
_ratio("pages_per_visit", _("Pages a visit"), _("How many pages a visit opens on average."), "pageviews", "sessions",
       Unit.RATIO)
_ratio("engaged_time", _("Attention a visit"), _("Time a visit had pages in view and in use, on average."),
       "engaged", "sessions", Unit.DURATION)
_ratio("average_duration", _("Average visit"), _("Time from the first to the last sign of a visit, on average."),
       "duration", "sessions", Unit.DURATION)
_ratio("order_value", _("Average order"), _("Revenue for each order."), "revenue", "orders", Unit.MONEY)
_quantile("median_duration", _("Median visit"), _("Half of all visits are shorter."), Dimension.SESSION_LENGTH, 0.5,
          unit=Unit.DURATION)
for _dimension, _label, _text, _unit, _good, _fair in (
    (Dimension.VITAL_LCP, _("Main content shown"), _("When three of four visitors see the main content (LCP, ms)."),
     Unit.COUNT, 2500, 4000),
    (Dimension.VITAL_INP, _("Reaction to clicks"), _("How fast three of four visitors see a reaction (INP, ms)."),
     Unit.COUNT, 200, 500),
    (Dimension.VITAL_CLS, _("Layout shift"), _("How little pages jump for three of four visitors (CLS)."),
     Unit.RATIO, 0.1, 0.25),
    (Dimension.VITAL_FCP, _("First content shown"), _("When three of four visitors see anything (FCP, ms)."),
     Unit.COUNT, 1800, 3000),
    (Dimension.VITAL_TTFB, _("Server answer"), _("When three of four visitors get the first byte (TTFB, ms)."),
     Unit.COUNT, 800, 1800),
):
    _quantile(_dimension.key, _label, _text, _dimension, 0.75, unit=_unit, better=Better.DOWN,
              thresholds=Thresholds(green=_good, yellow=_fair))

# What happens right now, in the words of a strip that shows it.
MOMENTS = {
    "analytics.active_visitors": _("Here now"),
    "analytics.events_per_minute": _("Events a minute"),
    "analytics.conversion_rate": _("Conversion rate today"),
    "analytics.revenue": _("Revenue today"),
}
LIVE = (
    "analytics.active_visitors", "analytics.events_per_minute", "analytics.visitors", "analytics.pageviews",
    "analytics.conversions", "analytics.conversion_rate", "analytics.revenue",
)


def _site(subject: int) -> Site | None:
    return Site.objects.filter(pk=subject).first()


live.register_topic(
    "site", metrics=lambda organization, subject: LIVE, action="site.view", subject=_site,
    sparks=tuple(MOMENTS), signals=(KEY,),
)
