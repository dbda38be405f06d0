"""What is largest, on the home page: where visitors come from, and what they look at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.analytics.models import Site
from apps.analytics.views import filters
from apps.analytics.views.labels import value_label
from apps.metrics import home
from apps.metrics.contracts import Filter, Operator
from apps.metrics.frame import Frame


def _links(by: str, organization: Any, frame: Frame, values: Sequence[str]) -> list[str]:
    """The page of the only site, narrowed to each value over the same period; several sites have no such page."""
    sites = list(Site.objects.all()[:2])
    if len(sites) != 1:
        return [""] * len(values)
    path, period = reverse("analytics:site", args=[organization.slug, sites[0].script_id]), QueryDict(mutable=True)
    period.update(frame.period.query())
    return [path + filters.address(period, [Filter(by, Operator.IS, (value,))]) for value in values]


for _order, (_by, _title, _name) in enumerate((
    ("channel", _("Where they come from"), _("Channel")), ("page", _("What they look at"), _("Page")),
)):
    home.add_ranking(home.Ranking(
        "analytics.visitors", _by, _title, _name, partial(value_label, _by), partial(_links, _by), order=10 + _order,
    ))
