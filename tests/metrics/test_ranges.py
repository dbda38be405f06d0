"""Periods from the address, in zones whose clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.metrics import calendar_math, ranges
from apps.metrics.contracts import Grain, Window

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 13, 23, 45, tzinfo=UTC)  # 14:23 in Berlin, a Saturday
ZONES = [ZoneInfo(name) for name in (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Santiago", "America/Havana", "Pacific/Apia", "Africa/Cairo", "Pacific/Chatham",
)]


def parse(zone: ZoneInfo = BERLIN, now: datetime = NOW, **params: str) -> ranges.Range:
    return ranges.parse({("from" if key == "first" else key): value for key, value in params.items()}, zone, now=now)


def hours(window: Window) -> float:
    return (window.end.astimezone(UTC) - window.start.astimezone(UTC)) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("key", "start", "end", "before"),
    [
        ("today", date(2026, 11, 21), date(2026, 11, 21), (date(2026, 11, 20), date(2026, 11, 20))),
        ("yesterday", date(2026, 11, 20), date(2026, 11, 20), (date(2026, 11, 19), date(2026, 11, 19))),
        ("7d", date(2026, 11, 15), date(2026, 11, 21), (date(2026, 11, 8), date(2026, 11, 14))),
        ("28d", date(2026, 10, 25), date(2026, 11, 21), (date(2026, 9, 27), date(2026, 10, 24))),
        ("month", date(2026, 11, 1), date(2026, 11, 21), (date(2026, 10, 1), date(2026, 10, 21))),
        ("quarter", date(2026, 10, 1), date(2026, 11, 21), (date(2026, 7, 1), date(2026, 8, 21))),
        ("year", date(2026, 1, 1), date(2026, 11, 21), (date(2025, 1, 1), date(2025, 11, 21))),
        ("12m", date(2025, 12, 1), date(2026, 11, 21), (date(2024, 12, 1), date(2025, 11, 21))),
    ],
)
def test_a_named_period_and_what_it_is_compared_with(
    key: str, start: date, end: date, before: tuple[date, date]
) -> None:
    period = parse(range=key)

    assert (period.start, period.end) == (start, end)
    assert period.comparison_days == before


def test_today_is_the_organizations_day_not_that_of_utc() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)

    assert parse(now=late, range="today").start == date(2026, 11, 22)
    assert parse(ZoneInfo("America/New_York"), late, range="today").start == date(2026, 11, 21)


@pytest.mark.parametrize(("day", "length"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-01", 24)])
def test_a_day_on_which_the_clocks_change(day: str, length: int) -> None:
    period = parse(range="custom", first=day, to=day)

    assert hours(period.window) == length
    assert len(calendar_math.bucket_starts(period.window)) == length
    assert period.grain is Grain.HOUR


def test_hours_of_a_zone_at_half_past() -> None:
    period = parse(ZoneInfo("Asia/Kolkata"), range="today")
    starts = calendar_math.bucket_starts(period.window)

    assert starts[0].astimezone(UTC) == datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    assert [start.minute for start in starts] == [0] * 24


def test_clocks_that_change_by_half_an_hour_keep_full_hours() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    spring, autumn = date(2026, 10, 4), date(2026, 4, 5)

    for day, length in ((spring, 23.5), (autumn, 24.5)):
        window = calendar_math.day_window(day, day, lord_howe, Grain.HOUR)
        starts = calendar_math.bucket_starts(window)
        assert hours(window) == length
        assert {start.minute for start in starts} == {0}


def test_an_open_period_is_compared_with_the_same_elapsed_part() -> None:
    period = parse(range="today")

    assert period.is_open
    assert period.comparison_so_far is not None
    assert period.comparison_so_far.end == datetime(2026, 11, 20, 14, 23, tzinfo=BERLIN)
    assert period.comparison is not None
    assert hours(period.comparison) == 24


def test_a_month_is_cut_at_the_same_day_and_time() -> None:
    cut = parse(range="month").comparison_so_far

    assert cut is not None
    assert cut.end == datetime(2026, 10, 21, 14, 23, tzinfo=BERLIN)


def test_a_long_month_against_a_short_one_ends_with_the_short_one() -> None:
    period = parse(range="month", now=datetime(2026, 3, 31, 10, tzinfo=UTC))

    assert period.comparison_days == (date(2026, 2, 1), date(2026, 2, 28))
    assert period.comparison_so_far == period.comparison


def test_a_closed_period_is_compared_whole() -> None:
    period = parse(range="yesterday")

    assert not period.is_open
    assert period.comparison_so_far == period.comparison


def test_a_year_before_the_29th_of_february_is_the_28th() -> None:
    period = parse(range="custom", first="2028-02-01", to="2028-02-29", compare="year")

    assert period.comparison_days == (date(2027, 2, 1), date(2027, 2, 28))


def test_no_comparison() -> None:
    period = parse(range="7d", compare="none")

    assert period.comparison is None
    assert period.compare_label == ""


@pytest.mark.parametrize(
    ("first", "last", "grain"),
    [("2026-11-01", "2026-11-02", "hour"), ("2026-11-01", "2026-11-03", "day"), ("2026-01-01", "2026-04-02", "day"),
     ("2026-01-01", "2026-04-03", "week"), ("2024-01-01", "2026-01-01", "month")],
)
def test_the_grain_suits_the_length(first: str, last: str, grain: str) -> None:
    assert parse(range="custom", first=first, to=last).grain == grain


def test_a_grain_can_be_chosen() -> None:
    assert parse(range="90d", grain="week").grain is Grain.WEEK


@pytest.mark.parametrize(
    "params",
    [
        {"range": "fortnight"}, {"range": "custom"}, {"range": "custom", "from": "2026-11-31", "to": "2026-12-01"},
        {"range": "custom", "from": "2026-11-20", "to": "2026-11-01"},
        {"range": "custom", "from": "2010-01-01", "to": "2026-11-01"},
        {"range": "custom", "from": "1900-01-01", "to": "1900-01-02"},
        {"range": "7d", "compare": "never"}, {"range": "12m", "grain": "hour"}, {"range": "7d", "grain": "minute"},
        {"range": "now"}, {"range": "custom", "from": "'; DROP TABLE", "to": "\x00"},
    ],
)
def test_what_cannot_be_read_is_refused_in_words_or_becomes_the_default(params: dict[str, str]) -> None:
    with pytest.raises(ranges.BadRange, match=r"\w+ \w+"):
        ranges.parse(params, BERLIN, now=NOW)

    kind = ranges.parse_kindly(params, BERLIN, now=NOW)
    assert (kind.key, bool(kind.problem)) == ("28d", True)


def test_the_last_minutes_include_the_one_that_runs() -> None:
    period = ranges.last_minutes(30, BERLIN, now=NOW)
    starts = calendar_math.bucket_starts(period.window)

    assert len(starts) == 30
    assert starts[-1] == datetime(2026, 11, 21, 14, 23, tzinfo=BERLIN)
    assert period.comparison is None


def test_the_address_says_the_same_period_again() -> None:
    period = parse(range="custom", first="2026-11-01", to="2026-11-20", compare="year")

    assert ranges.parse(period.query(), BERLIN, now=NOW).comparison_days == period.comparison_days


@given(
    zone=st.sampled_from(ZONES),
    start=st.dates(date(2019, 1, 1), date(2029, 1, 1)),
    days=st.integers(0, 40),
    grain=st.sampled_from([Grain.HOUR, Grain.DAY, Grain.WEEK, Grain.MONTH]),
)
@settings(max_examples=150, deadline=None)
def test_buckets_cover_the_window_without_gap_or_overlap(
    zone: ZoneInfo, start: date, days: int, grain: Grain
) -> None:
    window = calendar_math.day_window(start, start + timedelta(days=days), zone, grain)
    starts = [edge.astimezone(UTC) for edge in calendar_math.bucket_starts(window)]
    edges = [*starts, window.end.astimezone(UTC)]
    longest = {Grain.HOUR: 1.5, Grain.DAY: 25, Grain.WEEK: 169, Grain.MONTH: 745}[grain]

    assert starts[0] == window.start.astimezone(UTC)
    lengths = [(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(edges)]
    assert all(0 < length <= longest for length in lengths)
    for index, edge in enumerate(starts):
        assert calendar_math.bucket_index(starts, edge) == index


@given(
    zone=st.sampled_from(ZONES),
    now=st.integers(0, 9 * 366 * 1440).map(lambda past: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=past)),
    key=st.sampled_from([key for key in ranges.PRESETS if key != "custom"]),
    compare=st.sampled_from(ranges.COMPARISONS),
)
@settings(max_examples=150, deadline=None)
def test_a_comparison_lies_before_its_period_and_its_cut_lies_within_it(
    zone: ZoneInfo, now: datetime, key: str, compare: str
) -> None:
    period = ranges.parse({"range": key, "compare": compare}, zone, now=now)

    assert period.window.start <= period.window.end
    assert period.is_open is (key != "yesterday")
    if compare == "none":
        assert period.comparison is None
        return
    full, cut = period.comparison, period.comparison_so_far
    assert full is not None
    assert cut is not None
    assert full.start.astimezone(UTC) == cut.start.astimezone(UTC)
    assert cut.start.astimezone(UTC) <= cut.end.astimezone(UTC) <= full.end.astimezone(UTC)
    if compare == "previous":
        assert full.end.astimezone(UTC) <= period.window.start.astimezone(UTC)
