"""How a number is made from other numbers: after everything has been added up, never before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from apps.metrics.contracts import Number

Maybe = Number | None


class Formula(Protocol):
    """`operands` are keys of metrics, `measures` are stored measures of the metric's own source."""

    @property
    def operands(self) -> tuple[str, ...]:
        """Keys of the metrics it needs."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Stored measures it needs."""

    def work_out(self, own: Sequence[Number], others: Sequence[Maybe]) -> Maybe:
        """The value from the sums of `measures` and the values of `operands`; None when there is none."""

    def words(self, labels: Sequence[str]) -> str:
        """The formula in words, given the operands' labels."""


def _alike(numbers: Sequence[Number]) -> list[Number]:
    """Money stays exact: as soon as one number is a Decimal, all are."""
    if any(isinstance(number, Decimal) for number in numbers):
        return [Decimal(str(number)) if isinstance(number, float) else Decimal(number) for number in numbers]
    return list(numbers)


@dataclass(frozen=True, slots=True)
class Ratio:
    """`over` divided by `under`; no value while `under` is nothing."""

    over: str
    under: str
    measures: tuple[str, ...] = ()

    @property
    def operands(self) -> tuple[str, ...]:
        """Numerator, denominator."""
        return self.over, self.under

    def work_out(self, own: Sequence[Number], others: Sequence[Maybe]) -> Maybe:
        """None over zero: no visitors is not a rate of 0 %."""
        over, under = others
        if over is None or not under:
            return None
        top, bottom = _alike([over, under])
        return top / bottom  # type: ignore[operator]

    def words(self, labels: Sequence[str]) -> str:
        """Visible in the hover card and in the reference."""
        return _("%(over)s divided by %(under)s") % {"over": labels[0], "under": labels[1]}


@dataclass(frozen=True, slots=True)
class Difference:
    """`of` less each of `less`."""

    of: str
    less: tuple[str, ...]
    measures: tuple[str, ...] = ()

    @property
    def operands(self) -> tuple[str, ...]:
        """What is taken from, then what is taken away."""
        return (self.of, *self.less)

    def work_out(self, own: Sequence[Number], others: Sequence[Maybe]) -> Maybe:
        """None when one of them has no value."""
        if any(number is None for number in others):
            return None
        first, *rest = _alike([number for number in others if number is not None])
        return first - sum(rest)  # type: ignore[operator]

    def words(self, labels: Sequence[str]) -> str:
        """Visible in the hover card and in the reference."""
        return _("%(of)s less %(less)s") % {"of": labels[0], "less": ", ".join(labels[1:])}


@dataclass(frozen=True, slots=True)
class Sum:
    """Several metrics of the same unit added up."""

    of: tuple[str, ...]
    measures: tuple[str, ...] = ()

    @property
    def operands(self) -> tuple[str, ...]:
        """What is added up."""
        return self.of

    def work_out(self, own: Sequence[Number], others: Sequence[Maybe]) -> Maybe:
        """What has no value counts as nothing; None when none of them has one."""
        known = [number for number in others if number is not None]
        return sum(_alike(known)) if known else None

    def words(self, labels: Sequence[str]) -> str:
        """Visible in the hover card and in the reference."""
        return _("%(parts)s added up") % {"parts": ", ".join(labels)}


@dataclass(frozen=True, slots=True)
class Quantile:
    """A median (`share` 0.5) or other quantile of a spread kept as a histogram: `measures[i]` counts what lies
    between `edges[i]` and `edges[i + 1]`. Exact to the width of a bucket, within which values are taken as even."""

    share: float
    measures: tuple[str, ...]
    edges: tuple[float, ...]
    operands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.measures) + 1 or list(self.edges) != sorted(self.edges):
            raise ValueError("a histogram of n buckets has n + 1 rising edges")

    def work_out(self, own: Sequence[Number], others: Sequence[Maybe]) -> Maybe:
        """None when nothing was counted."""
        total = sum(float(count) for count in own)
        if total <= 0:
            return None
        wanted, below = self.share * total, 0.0
        for index, count in enumerate(own):
            if count and below + float(count) >= wanted:
                low, high = self.edges[index], self.edges[index + 1]
                return low + (high - low) * (wanted - below) / float(count)
            below += float(count)
        return self.edges[-1]

    def words(self, labels: Sequence[str]) -> str:
        """Visible in the hover card and in the reference."""
        if self.share == 0.5:
            return _("The value that half of all lie below (median)")
        return _("The value that %(share)s %% of all lie below") % {"share": round(self.share * 100)}
