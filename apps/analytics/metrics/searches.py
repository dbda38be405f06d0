"""The figures of Google searches. They lag two to three days, and their days are those of Pacific time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.analytics.search_source import KEY, SearchSource
from apps.metrics.contracts import Number
from apps.metrics.formulas import Ratio
from apps.metrics.registry import Better, Metric, Unit, register

_BY = SearchSource.dimensions


@dataclass(frozen=True, slots=True)
class MeanPlace:
    """Places of all impressions added up, divided by how many impressions there were."""

    measures: tuple[str, ...] = ("places", "impressions")
    operands: tuple[str, ...] = ()

    def work_out(self, own: Sequence[Number], others: Sequence[Number | None]) -> Number | None:
        """None where the site was not shown."""
        places, impressions = own
        return float(places) / float(impressions) if impressions else None

    def words(self, labels: Sequence[str]) -> str:
        """Visible in the hover card."""
        return _t("The place at each impression, averaged over all impressions")


def _metric(key: str, label: Any, text: Any, unit: Unit, **more: Any) -> None:
    register(Metric(
        key=f"searches.{key}", label=label, help=text, unit=unit, source=KEY, action="site.view",
        drill="analytics:site-list", **{"by": _BY, **more},
    ))


_metric("clicks", _("Clicks from Google"), _("How often somebody clicked through to the site from Google's results."),
        Unit.COUNT, measure="clicks")
_metric("impressions", _("Shown on Google"), _("How often a link to the site was among the results somebody saw."),
        Unit.COUNT, measure="impressions")
_metric("ctr", _("Click-through rate"), _("Clicks of every hundred times the site was shown."), Unit.PERCENT,
        formula=Ratio("searches.clicks", "searches.impressions"))
_metric("position", _("Average position"), _("At which place of Google's results the site stood; 1 is the top."),
        Unit.RATIO, better=Better.DOWN, formula=MeanPlace())
_metric("named_clicks", _("Clicks with known words"), _("Clicks of searches whose words Google tells. Those that few "
        "people search for it keeps to itself."), Unit.COUNT, measure="named_clicks", by=())
_metric("named_share", _("Share of clicks with known words"), _("The rest comes from rare searches."), Unit.PERCENT,
        better=Better.NONE, formula=Ratio("searches.named_clicks", "searches.clicks"), by=())
