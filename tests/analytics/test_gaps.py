"""Hours in which nothing came although much should have, on the clock on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.analytics.selectors.gaps import LEAST_VISITS, gaps_in, hours_of

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def filled(first: date, days: int, zone: ZoneInfo, count: int = 20) -> dict[datetime, int]:
    return {hour: count for n in range(days) for hour in hours_of(first + timedelta(days=n), zone)}


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_empty_hours_in_a_row_are_one_gap_with_what_usually_comes() -> None:
    counts = filled(date(2026, 5, 1), 42, BERLIN)
    for hour in (at("2026-06-08T10:00"), at("2026-06-08T11:00"), at("2026-06-09T03:00")):
        del counts[hour]

    found = gaps_in(counts, date(2026, 6, 5), at("2026-06-12T00:00"), BERLIN, at("2026-05-01T00:00"))

    assert [(gap.start, gap.end, gap.expected) for gap in found.gaps] == [
        (at("2026-06-08T10:00"), at("2026-06-08T12:00"), 40), (at("2026-06-09T03:00"), at("2026-06-09T04:00"), 20),
    ]
    assert (found.hours, found.judged) == (3, 7 * 24)


def test_one_holiday_does_not_move_what_is_usual_and_quiet_hours_are_no_gap() -> None:
    counts = filled(date(2026, 5, 1), 42, BERLIN)
    night = at("2026-06-08T03:00")
    for weeks in range(5):
        counts[night - timedelta(weeks=weeks)] = 0 if weeks == 0 else LEAST_VISITS - 1
    noon = at("2026-06-08T12:00")
    counts[noon] = counts[noon - timedelta(weeks=2)] = 0

    found = gaps_in(counts, date(2026, 6, 5), at("2026-06-12T00:00"), BERLIN, at("2026-05-01T00:00"))

    assert [gap.start.astimezone(UTC) for gap in found.gaps] == [noon]


def test_a_site_that_began_lately_has_no_gaps_yet_and_the_running_hour_is_none() -> None:
    counts = filled(date(2026, 6, 1), 11, BERLIN)
    assert gaps_in(counts, date(2026, 6, 5), at("2026-06-13T00:00"), BERLIN, at("2026-06-01T00:00")).judged == 0

    counts = filled(date(2026, 5, 1), 35, BERLIN)
    now = at("2026-06-05T00:30")
    assert gaps_in(counts, date(2026, 6, 5), now, BERLIN, at("2026-05-01T00:00")).gaps == ()


def test_the_skipped_hour_of_spring_is_not_missing_and_the_repeated_one_of_autumn_is_looked_at_twice() -> None:
    spring = date(2026, 3, 29)
    assert len(list(hours_of(spring, BERLIN))) == 23
    counts = filled(spring - timedelta(days=35), 40, BERLIN)
    assert gaps_in(counts, spring, at("2026-03-31T00:00"), BERLIN, min(counts)).gaps == ()

    autumn = date(2026, 10, 25)
    first, second = datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
    counts = filled(autumn - timedelta(days=35), 36, BERLIN)
    assert first.astimezone(BERLIN).hour == second.astimezone(BERLIN).hour == 2
    del counts[second]

    found = gaps_in(counts, autumn, at("2026-10-26T00:00"), BERLIN, min(counts))

    assert [(gap.start.astimezone(UTC), gap.hours) for gap in found.gaps] == [(second, 1)]
    assert found.judged == 25


def test_weeks_across_a_change_of_the_clocks_are_compared_by_the_hour_on_the_wall() -> None:
    """Nine to five is busy; after the clocks changed, five in the afternoon is another instant and as quiet as ever."""
    counts = {
        hour: count for hour, count in filled(date(2026, 2, 20), 42, BERLIN).items()
        if 9 <= hour.astimezone(BERLIN).hour < 17
    }

    assert gaps_in(counts, date(2026, 3, 28), at("2026-04-02T00:00"), BERLIN, at("2026-02-20T00:00")).gaps == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    st.dates(date(2024, 3, 1), date(2027, 1, 1)), st.sets(st.integers(0, 160), max_size=12),
)
def test_what_is_taken_out_is_what_is_found(name: str, first: date, missing: set[int]) -> None:
    zone = ZoneInfo(name)
    counts = filled(first - timedelta(days=36), 43, zone)
    week = [hour for n in range(7) for hour in hours_of(first + timedelta(days=n), zone)]
    for index in missing:
        del counts[week[index]]

    found = gaps_in(counts, first, week[-1] + HOUR, zone, min(counts))

    expected = {week[index] for index in missing}
    covered = {hour for gap in found.gaps for hour in week if gap.start.astimezone(UTC) <= hour < gap.end}
    assert covered <= expected
    assert found.hours == len(covered)
    if name in {"UTC", "Asia/Kolkata"}:
        assert covered == expected
