"""Two ways to follow the steps of a funnel tell the same, whoever did what when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.analytics.selectors.funnel_sql import followed, followed_by_place

MOMENTS = """SELECT who, ms, id, m0, m1, m2 FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::bool[], %s::bool[],
    %s::bool[]) AS m(who, ms, id, m0, m1, m2)"""
moments = st.tuples(st.integers(1, 3), st.integers(0, 12), *[st.booleans()] * 3)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(moments, min_size=1, max_size=14), window=st.integers(0, 12))
def test_both_ways_tell_the_same(drawn: list[tuple[int, ...]], window: int) -> None:
    rows = [(who, ms, place, *steps) for place, (who, ms, *steps) in enumerate(sorted(drawn))]
    columns, length = [list(column) for column in zip(*rows, strict=True)], timedelta(milliseconds=window)
    with connection.cursor() as cursor:
        by_windows = followed(MOMENTS, columns, 3, length, True, cursor)
        assert followed_by_place(MOMENTS, columns, 3, length, cursor) == [
            (number, None if index == 0 else middle) for index, (number, middle) in enumerate(by_windows)
        ]
