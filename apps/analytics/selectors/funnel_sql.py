"""What is made of the moments of a funnel: whose (`who`), when (`ms`, milliseconds), in which order within `who` (`ms`,
then `id`), and which of the steps each is (`m0`, `m1`, …)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

Found = list[tuple[int, float | None]]  # how many came to each step, and the median milliseconds since the one before


def _middle(value: str) -> str:
    return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {value})"


def followed(
    moments: str, params: Sequence[Any], count: int, window: timedelta, ordered: bool, cursor: Any,
    middle: Callable[[str], str] = _middle,
) -> Found:
    """The steps of so many, in words that PostgreSQL and the copies' stores share, except for `middle`, the median."""
    chain = _ordered(count) if ordered else _any_order(count)
    answers = ", ".join(
        f"count(t{index}), {middle(f't{index} - t{max(0, index - 1)}')}" for index in range(count)
    )
    cursor.execute(
        f"WITH moments AS ({moments}), chain AS ({chain}), person AS ({_reached(count)}) SELECT {answers} FROM person",
        [*params, *[_ms(window)] * (count - 1)],
    )
    return _told(cursor.fetchone())


def followed_by_place(moments: str, params: Sequence[Any], count: int, window: timedelta, cursor: Any) -> Found:
    """The same for steps in order, where `id` alone tells the order within `who`. Whoever's moments all lie within the
    window is followed by looking for each step's first moment after that of the step before: windows over sorted rows
    cost several times as much, and only those who may begin anew need them."""
    steps = [
        f"q{step} AS MATERIALIZED (SELECT m.who, min(m.id) AS id, min(m.ms) AS t, min(m.ms) - min(q.t) AS d"
        f" FROM moments m JOIN q{step - 1} q ON q.who = m.who WHERE m.m{step} AND m.id > q.id GROUP BY m.who),"
        f" r{step} AS (SELECT d FROM q{step} UNION ALL SELECT t{step} - t{step - 1} FROM person"
        f" WHERE t{step} IS NOT NULL)" for step in range(1, count)
    ]
    answers = "".join(
        f", (SELECT count(*) FROM r{step}), (SELECT {_middle('d')} FROM r{step})" for step in range(1, count)
    )
    chain = _ordered(count, "(SELECT * FROM moments WHERE who IN (SELECT who FROM p WHERE long))")
    named = [
        f"moments AS MATERIALIZED ({moments})",
        "p AS MATERIALIZED (SELECT who, min(CASE WHEN m0 THEN id END) AS id, min(CASE WHEN m0 THEN ms END) AS t,"
        " max(ms) - min(ms) > %s AS long FROM moments GROUP BY who)",
        f"chain AS ({chain})", f"person AS MATERIALIZED ({_reached(count)})",
        "q0 AS (SELECT who, id, t FROM p WHERE id IS NOT NULL AND NOT long)", *steps,
    ]
    cursor.execute(
        f"WITH {', '.join(named)} SELECT (SELECT count(*) FROM q0) + (SELECT count(t0) FROM person), NULL{answers}",
        [*params, *[_ms(window)] * count],
    )
    return _told(cursor.fetchone())


def _reached(count: int) -> str:
    """When each came to each step, if ever."""
    first = ", ".join(f"min(ms) FILTER (WHERE s{index} IS NOT NULL) AS t{index}" for index in range(count))
    return f"SELECT who, {first} FROM chain GROUP BY who"


def _told(row: Sequence[Any]) -> Found:
    return [
        (number, None if middle is None else float(middle) / 1000)
        for number, middle in zip(row[::2], row[1::2], strict=True)
    ]


def _ms(window: timedelta) -> int:
    return int(window.total_seconds() * 1000)


def _ordered(count: int, moments: str = "moments") -> str:
    """Each row with, for every step, when the latest attempt that comes to this step here began: the attempt that
    began last has the most of its window left."""
    sql = f"SELECT *, CASE WHEN m0 THEN ms END AS s0 FROM {moments}"
    for step in range(1, count):
        sql = (
            f"SELECT *, CASE WHEN m{step} AND ms - b{step} <= %s THEN b{step} END AS s{step} FROM (SELECT *,"
            f" max(s{step - 1}) OVER (PARTITION BY who ORDER BY ms, id"
            f" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS b{step} FROM ({sql}) q{step}) p{step}"
        )
    return sql


def _any_order(count: int) -> str:
    """Each row with, for every step, whether it and those listed before it happened within the window up to now."""
    lasts = ", ".join(
        f"max(CASE WHEN m{step} THEN ms END) OVER (PARTITION BY who ORDER BY ms, id) AS l{step}"
        for step in range(count)
    )
    found = ["l0 AS s0"]
    for step in range(1, count):
        names = [f"l{index}" for index in range(step + 1)]
        there = " AND ".join(f"{name} IS NOT NULL" for name in names)
        found.append(f"CASE WHEN {there} AND ms - least({', '.join(names)}) <= %s THEN ms END AS s{step}")
    return f"SELECT who, ms, {', '.join(found)} FROM (SELECT *, {lasts} FROM moments) q"
