"""What a site sells: money, products, the way to an order, and where orders come from."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.contracts.journeys import StepSpec
from apps.analytics.enums import FunnelWindow
from apps.analytics.selectors import funnel_figures
from apps.analytics.selectors.asking import asked
from apps.analytics.selectors.trade_figures import median_order, sells
from apps.analytics.views import filters, funnel_rows
from apps.analytics.views.labels import DIMENSIONS
from apps.analytics.views.panels import rows as share_rows
from apps.analytics.views.segments import FilteredView
from apps.metrics import present, read
from apps.metrics.contracts import QueryTooSlow
from apps.metrics.registry import Unit
from apps.metrics.words import say_short

CARDS = ("analytics.revenue", "analytics.orders", "analytics.order_value", "analytics.refunded")
PRODUCTS = (
    "analytics.product_revenue", "analytics.product_quantity", "analytics.product_orders", "analytics.product_views",
    "analytics.product_cart_rate", "analytics.product_buy_rate", "analytics.product_returned",
)
STEPS = tuple(StepSpec("event", value=name) for name in ("view_item", "add_to_cart", "begin_checkout", "purchase"))
WAYS = (
    ("source", _lazy("Revenue by source")), ("campaign", _lazy("Revenue by campaign")),
    ("conversion_page", _lazy("Revenue by page")),
)
SECONDS, ROWS = 5, 50


class ShopPage(FilteredView):
    """`…/shop/`."""

    title = _lazy("Shop")
    question = _lazy("What do you sell, and who buys it?")

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Everything about orders in the period; how to send one, while there are none."""
        facts = self.page_facts() | {"state": "ok"}
        if not sells(self.site):
            guide = reverse("analytics:site-install", args=[slug, script_id])
            return render(request, "analytics/shop.html", facts | {"state": "empty", "install_href": guide,
                          "may_edit": self.may("site.edit", self.site), "example": EXAMPLE})
        try:
            facts |= self._figures()
        except QueryTooSlow:
            facts["state"] = "error"
        return render(request, "analytics/shop.html", facts)

    def _figures(self) -> dict[str, Any]:
        page, query = read.page(CARDS, self.frame), self.frame.query((), self.frame.period.window)
        shown = page.series[CARDS[0]]
        median = asked(query, median_order, SECONDS)
        found = funnel_figures.funnel_compared(query, self.frame.period.comparison_so_far, STEPS, FunnelWindow.VISIT)
        return {
            "cards": [present.kpi(page.answers[key], self.frame, series=page.series[key]) for key in CARDS],
            "median": say_short(median, Unit.MONEY, self.frame.currency) if median is not None else "–",
            "chart": present.chart([shown], kind="area", comparison_name=self.frame.period.compare_label,
                                   empty_text=_("Nothing yet")),
            "chart_title": shown.metric.label,
            "freshness": present.freshness(page.answers[CARDS[0]].until, self.frame),
            "steps": funnel_rows.rows(STEPS, found, self.frame.period.compare_label),
            "summary": funnel_rows.summary(found.now, STEPS),
            "ways": [self._way(by, title) for by, title in WAYS],
            **self._products(),
        }

    def _way(self, by: str, title: Any) -> dict[str, Any]:
        found = read.breakdown(["analytics.revenue"], self.frame, by=by, limit=8)
        lines = [line for line in found.lines if line.values["analytics.revenue"]]
        site_path = reverse("analytics:site", args=[self.organization.slug, self.site.script_id])
        rows = share_rows(found, self.frame, self.request.GET, site_path)[: len(lines)]
        return {"title": title, "label": DIMENSIONS[by].label, "value_label": found.metrics[0].label, "rows": rows,
                "state": "ok" if rows else "empty"}

    def _products(self) -> dict[str, Any]:
        sort = f"analytics.{self.request.GET.get('sort', '')}"
        order = sort if sort in PRODUCTS else PRODUCTS[0]
        found = read.breakdown(PRODUCTS, self.frame, by="product", order=order, limit=ROWS)
        heads: list[dict[str, Any]] = [{"key": "name", "label": _("Product")}]
        for metric in found.metrics:
            name = metric.key.partition(".")[2]
            heads.append({
                "key": name, "label": metric.label, "align": "end", "help": metric.help,
                "sort_href": self.path + filters.address(self.request.GET, self.filters, sort=name),
            } | ({"sorted": "desc"} if metric.key == order else {}))
        rows = [
            {"cells": [{"text": line.value}, *(
                {"text": present.short(line.values[metric.key], metric, found.currency)} for metric in found.metrics
            )]}
            for line in found.lines
        ]
        return {"product_columns": heads, "product_rows": rows, "more_products": found.more}


EXAMPLE = """mainstay("purchase", {
  order_id: "1001",
  revenue: "9.80", currency: "EUR",
  items: [{ id: "sku-1", name: "Rye bread", price: "4.90", quantity: 2 }]
});"""
