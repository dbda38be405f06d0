"""The figures of goals and of what is sold."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.analytics.enums import Dimension
from apps.analytics.journey_sources import GoalSource, TradeSource
from apps.metrics.formulas import Ratio
from apps.metrics.registry import Better, Metric, Unit, register

_GOAL, _PRODUCT = (Dimension.GOAL.key,), (Dimension.PRODUCT.key,)


def _counted(key: str, label: Any, text: Any, source: str, by: tuple[str, ...], **more: Any) -> None:
    facts = {"unit": Unit.COUNT, "measure": key, "action": "site.view", "drill": "analytics:site-list"}
    register(Metric(key=f"analytics.{key}", label=label, help=text, source=source, by=by, **(facts | more)))


def _ratio(key: str, label: Any, text: Any, parts: tuple[str, str], source: str, by: tuple[str, ...]) -> None:
    over, under = (f"analytics.{part}" for part in parts)
    register(Metric(
        key=f"analytics.{key}", label=label, help=text, unit=Unit.PERCENT, source=source, formula=Ratio(over, under),
        by=by, action="site.view", drill="analytics:site-list",
    ))


for _row in (
    ("goal_visits", _("Visits with the goal"),
     _("Visits in which the goal was reached, each once. Over several goals, each is counted for itself.")),
    ("goal_times", _("Times reached"), _("How often the goal was reached, also several times in one visit.")),
    ("goal_base", _("Visits in all"), _("All visits of the period, which the rate of a goal is a share of.")),
):
    _counted(*_row, GoalSource.key, _GOAL)
_counted("goal_visitors", _("Visitors with the goal"), _("People who reached the goal, each counted once a day."),
         GoalSource.key, _GOAL, unique_over="day")
_counted("goal_revenue", _("Revenue of the goal"),
         _("Value of orders and conversions that reached the goal, in the organization's currency."), GoalSource.key,
         _GOAL, unit=Unit.MONEY)
_ratio("goal_rate", _("Goal rate"), _("Share of all visits in which the goal was reached."),
       ("goal_visits", "goal_base"), GoalSource.key, _GOAL)

for _row in (
    ("product_quantity", _("Pieces sold"), _("Pieces of the product in purchases; a line without a quantity is one.")),
    ("product_orders", _("Orders with it"), _("Purchases the product was in, each once.")),
    ("product_buyers", _("Visits that bought it"), _("Visits in which the product was bought, each once a day.")),
    ("product_views", _("Visits that looked at it"), _("Visits in which the product was looked at, each once a day.")),
    ("product_carts", _("Visits that wanted it"),
     _("Visits in which the product was put into the cart, each once a day.")),
    ("product_checkouts", _("Visits at the checkout with it"),
     _("Visits that began to check out with the product, each once a day.")),
):
    _counted(*_row, TradeSource.key, _PRODUCT)
_counted("product_revenue", _("Product revenue"),
         _("Price times pieces of what was bought, in the organization's currency, without shipping or discounts."),
         TradeSource.key, _PRODUCT, unit=Unit.MONEY)
_counted("product_returned", _("Pieces returned"), _("Pieces of the product in refunds."), TradeSource.key, _PRODUCT,
         better=Better.DOWN)
_counted("refunds", _("Refunds"), _("Events named refund, with an amount in the organization's currency."),
         TradeSource.key, (), better=Better.DOWN)
_counted("refunded", _("Paid back"), _("Amounts of refunds, in the organization's currency. Revenue is before them."),
         TradeSource.key, (), unit=Unit.MONEY, better=Better.DOWN)
_ratio("product_cart_rate", _("Put in the cart"), _("Visits that put it in the cart, of those that looked at it."),
       ("product_carts", "product_views"), TradeSource.key, _PRODUCT)
_ratio("product_buy_rate", _("Bought"), _("Visits that bought it, of those that looked at it."),
       ("product_buyers", "product_views"), TradeSource.key, _PRODUCT)
