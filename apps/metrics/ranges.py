"""Which stretch of time a page is about: read from the address, in the organization's zone, beside its comparison.

`?range=today|yesterday|7d|28d|30d|90d|month|quarter|year|12m|custom&from=2026-11-01&to=2026-11-20`,
`&compare=previous|year|none`, `&grain=hour|day|week|month`. Ranges that end today are open: they run to the end of
today, and what they are compared with is cut to the same elapsed part.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.metrics import calendar_math as cal
from apps.metrics.contracts import Grain, Window
from apps.metrics.range_words import compare_label, range_label

PRESETS = ("today", "yesterday", "7d", "28d", "30d", "90d", "month", "quarter", "year", "12m", "custom")
COMPARISONS = ("previous", "year", "none")
MAX_DAYS = 366 * 5
EARLIEST = date(2000, 1, 1)
# The finest grain that a chart of so many days can still show.
_FINEST = ((2, Grain.HOUR), (92, Grain.DAY), (400, Grain.WEEK))
_ALLOWED = {Grain.HOUR: 14, Grain.DAY: 400, Grain.WEEK: MAX_DAYS, Grain.MONTH: MAX_DAYS}


class BadRange(ValueError):
    """The address asks for a period that cannot be read; the message says so in words."""


@dataclass(frozen=True)
class Range:
    """A period: from the `start` to the `end` day, both included, in `zone`, seen at the instant `now`."""

    key: str
    start: date
    end: date
    zone: ZoneInfo
    now: datetime
    compare: str = "previous"
    grain: Grain = Grain.DAY
    problem: str = ""
    exact: Window | None = None

    @cached_property
    def today(self) -> date:
        """The date in the organization's zone."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def window(self) -> Window:
        """The whole period as instants; an open one reaches to the end of its last day."""
        if self.exact is not None:
            return self.exact
        return cal.day_window(self.start, self.end, self.zone, self.grain)

    @cached_property
    def is_open(self) -> bool:
        """Whether facts may still come in by themselves."""
        return self.window.start <= self.now < self.window.end

    @cached_property
    def comparison(self) -> Window | None:
        """The whole period to compare with, of the same days."""
        days = self.comparison_days
        return cal.day_window(*days, self.zone, self.grain) if days else None

    @cached_property
    def comparison_days(self) -> tuple[date, date] | None:
        """First and last day of the comparison."""
        if self.compare == "none" or self.exact is not None:
            return None
        if self.compare == "year" or self.key in {"year", "12m"}:
            return cal.year_before(self.start), cal.year_before(self.end)
        if self.key in {"month", "quarter"}:
            first = cal.months_before(self.start, 1 if self.key == "month" else 3)
            return first, min(first + (self.end - self.start), self.start - timedelta(days=1))
        length = (self.end - self.start).days + 1
        return self.start - timedelta(days=length), self.start - timedelta(days=1)

    @cached_property
    def comparison_so_far(self) -> Window | None:
        """The comparison, cut to as much of it as has elapsed of this period: the same day and time of day."""
        full = self.comparison
        if full is None or not self.is_open:
            return full
        now = self.now.astimezone(self.zone)
        first = full.start.astimezone(self.zone).date()
        day = first + (now.date() - self.start)
        cut = datetime(day.year, day.month, day.day, now.hour, now.minute, tzinfo=self.zone)
        end = min(cut.astimezone(UTC), full.end.astimezone(UTC)).astimezone(self.zone)
        return dataclasses.replace(full, end=end)

    def day_before(self, days: int) -> Range:
        """The whole day so many days before today, compared with nothing."""
        day = self.today - timedelta(days=days)
        return Range("custom", day, day, self.zone, self.now, "none", Grain.HOUR)

    @property
    def label(self) -> str:
        """The period in words."""
        return range_label(self.key, self.start, self.end)

    @property
    def compare_label(self) -> str:
        """What it is compared with, in words that follow "compared with"; empty for none."""
        return compare_label(self.key, self.compare, self.start, self.end)

    @property
    def grains(self) -> tuple[Grain, ...]:
        """The grains a chart of this period can be drawn in."""
        days = (self.end - self.start).days + 1
        enough = {Grain.HOUR: 1, Grain.DAY: 2, Grain.WEEK: 14, Grain.MONTH: 60}
        return tuple(grain for grain in enough if enough[grain] <= days <= _ALLOWED[grain]) or (Grain.DAY,)

    def query(self) -> dict[str, str]:
        """The parameters that say this period in an address."""
        found = {"range": self.key, "compare": self.compare}
        if self.key == "custom":
            found |= {"from": self.start.isoformat(), "to": self.end.isoformat()}
        return found


def parse(params: Mapping[str, str], zone: ZoneInfo, *, now: datetime | None = None, default: str = "28d") -> Range:
    """The period an address asks for; raises BadRange."""
    now = now or timezone.now()
    key = params.get("range") or default
    if key not in PRESETS:
        raise BadRange(_("There is no period called “%(key)s”.") % {"key": key[:40]})
    compare = params.get("compare") or "previous"
    if compare not in COMPARISONS:
        raise BadRange(_("A period can be compared with the previous one, with the year before, or with none."))
    today = now.astimezone(zone).date()
    start, end = _custom(params) if key == "custom" else cal.preset_days(key, today)
    period = Range(key, start, end, zone, now, compare, default_grain(start, end))
    wanted = params.get("grain") or period.grain.value
    if wanted not in {grain.value for grain in (*period.grains, period.grain)}:
        raise BadRange(_("This period cannot be shown by “%(grain)s”.") % {"grain": wanted[:40]})
    return dataclasses.replace(period, grain=Grain(wanted))


def parse_kindly(
    params: Mapping[str, str], zone: ZoneInfo, *, now: datetime | None = None, default: str = "28d"
) -> Range:
    """As `parse`, for pages: what cannot be read becomes the default, and `problem` says so."""
    try:
        return parse(params, zone, now=now, default=default)
    except BadRange as error:
        return dataclasses.replace(parse({}, zone, now=now, default=default), problem=str(error))


def last_minutes(minutes: int, zone: ZoneInfo, *, now: datetime | None = None) -> Range:
    """The minutes up to and including the one that is running, by the minute, compared with nothing."""
    now = now or timezone.now()
    end = now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    window = Window((end - timedelta(minutes=minutes)).astimezone(zone), end.astimezone(zone), zone, Grain.MINUTE)
    day = now.astimezone(zone).date()
    return Range("now", window.start.date(), day, zone, now, "none", Grain.MINUTE, exact=window)


def default_grain(start: date, end: date) -> Grain:
    """The grain that suits a period of this length."""
    days = (end - start).days + 1
    return next((grain for limit, grain in _FINEST if days <= limit), Grain.MONTH)


def _custom(params: Mapping[str, str]) -> tuple[date, date]:
    try:
        start, end = date.fromisoformat(params.get("from", "")), date.fromisoformat(params.get("to", ""))
    except ValueError as error:
        raise BadRange(_("Name the first and the last day as from=2026-11-01 and to=2026-11-20.")) from error
    if start > end:
        raise BadRange(_("The first day of the period lies after its last."))
    if start < EARLIEST or end > date(2100, 1, 1) or (end - start).days >= MAX_DAYS:
        raise BadRange(_("A period may be five years long at most."))
    return start, end
