"""Declarations: what is refused, how values are worked out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from apps.metrics import checks, registry
from apps.metrics.formulas import Difference, Quantile, Ratio, Sum
from apps.metrics.registry import Better, Metric, Thresholds, Tone, Unit
from tests.metrics.conftest import Shop


def metric(key: str, **more: object) -> Metric:
    return Metric(key=key, label=key, help="", unit=Unit.COUNT, **more)  # type: ignore[arg-type]


def test_a_key_is_taken_once_and_has_a_form(shop: Shop) -> None:
    with pytest.raises(ValueError, match="twice"):
        registry.register(metric("shop.orders"))
    with pytest.raises(ValueError, match="form"):
        registry.register(metric("Orders"))


def test_a_collected_metric_lives_in_points() -> None:
    with pytest.raises(ValueError, match="collected"):
        registry.register(metric("shop.x", collect=lambda window: [], source="elsewhere"))


def test_a_ratio_is_made_of_sums_and_has_no_value_over_nothing(shop: Shop) -> None:
    value = registry.get("shop.order_value")

    sums = {("points", "shop.revenue"): Decimal("30"), ("points", "shop.orders"): 4}
    assert registry.evaluate(value, sums) == Decimal("7.5")
    assert registry.evaluate(value, {}) is None


def test_money_by_a_float_stays_exact() -> None:
    assert Ratio("a", "b").work_out([], [Decimal("0.3"), 0.1]) == Decimal("3")


def test_a_difference_needs_all_and_a_sum_takes_what_there_is() -> None:
    assert Difference("a", ("b", "c")).work_out([], [10, 3, 2]) == 5
    assert Difference("a", ("b",)).work_out([], [10, None]) is None
    assert Sum(("a", "b")).work_out([], [None, Decimal("2.5")]) == Decimal("2.5")
    assert Sum(("a", "b")).work_out([], [None, None]) is None


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [([0, 0, 0], 0.5, None), ([2, 0, 0], 0.5, 5), ([1, 1, 2], 0.5, 20), ([0, 0, 4], 0.5, 60), ([1, 1, 2], 1.0, 100)],
)
def test_a_quantile_of_a_histogram(counts: list[int], share: float, expected: float | None) -> None:
    assert Quantile(share, ("a", "b", "c"), (0, 10, 20, 100)).work_out(counts, []) == expected


def test_a_histogram_needs_rising_edges() -> None:
    with pytest.raises(ValueError, match="rising"):
        Quantile(0.5, ("a",), (0, 5, 10))


@pytest.mark.parametrize(
    ("better", "value", "tone"),
    [(Better.UP, 3, Tone.GOOD), (Better.UP, 1.5, Tone.ATTENTION), (Better.UP, 0, Tone.BAD),
     (Better.UP, None, Tone.NEUTRAL), (Better.DOWN, 1, Tone.GOOD), (Better.DOWN, 3, Tone.BAD)],
)
def test_thresholds_follow_which_way_is_good(better: Better, value: float | None, tone: Tone) -> None:
    thresholds = Thresholds(green=1, yellow=2) if better is Better.DOWN else Thresholds(green=2, yellow=1)

    assert thresholds.tone(value, better) == tone


def test_the_formula_in_words_comes_from_the_labels(shop: Shop) -> None:
    assert registry.formula_words(registry.get("shop.order_value")) == "Revenue divided by Orders"


def test_needs_name_every_stored_measure(shop: Shop) -> None:
    assert list(registry.needs(registry.get("shop.order_value"))) == [
        ("points", "shop.revenue"), ("points", "shop.orders"),
    ]
    assert registry.get("shop.sizes").kind == "collected"
    assert registry.get("shop.order_value").kind == "derived"


def test_every_declaration_resolves() -> None:
    assert checks.metrics_resolve() == []


def test_a_check_names_what_cannot_be_resolved(shop: Shop) -> None:
    registry.register(metric("shop.a", formula=Ratio("shop.b", "shop.orders")))
    registry.register(metric("shop.b", formula=Ratio("shop.a", "shop.orders"), action="no.such"))
    registry.register(metric("shop.c", formula=Ratio("shop.gone", "shop.orders")))
    registry.register(metric("shop.d", source="nowhere"))
    registry.register(metric("shop.e"))

    found = {(error.obj, error.msg) for error in checks.metrics_resolve()}

    assert found == {
        ("shop.a", "is made from itself"),
        ("shop.b", "is made from itself"),
        ("shop.b", "names the action no.such, which nobody declared"),
        ("shop.c", "is made from shop.gone, which nobody declared"),
        ("shop.d", "names the source nowhere, which nobody registered"),
        ("shop.e", "has neither collect nor formula nor a source of its own"),
    }


def test_a_metric_is_frozen(shop: Shop) -> None:
    assert replace(registry.get("shop.orders"), label="Purchases").label == "Purchases"
