"""Who came back, from the copies in columns. A visitor may have visits in several copies and in none, so that everybody
is told apart once more over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson

from apps.analytics.columns.spans import Plan
from apps.analytics.selectors.column_journeys import SECONDS
from apps.analytics.selectors.column_sql import DAY_US, Tables, of_gaps
from apps.analytics.selectors.journey_sql import COHORTS, PERSON, pairs_of, periods, recognised, share_of
from apps.metrics.contracts import Grain, Query

_EPOCH = date(1970, 1, 1).toordinal()
_KNOWN = "(s.uid <> '' OR s.consented)"


def retention(plan: Plan, query: Query, grain: Grain, cursor: Any) -> tuple[dict[tuple[int, int], int], float]:
    """As `journey_sql.retention`."""
    tables, starts = Tables(query, plan), periods(query.window, grain)
    rest: list[tuple[str, str]] = []
    for gap in of_gaps(query, plan):
        cursor.execute(*pairs_of(gap, starts))
        rest += [(who, str(period)) for who, period in cursor.fetchall()]
    where, params = tables.chosen()
    words, who = tables.words, PERSON.format(consented="s.consented")
    moments = (
        f"SELECT DISTINCT who, period FROM (SELECT {words.mark(who)} AS who, {_period(tables, grain, starts)} AS period"
        f" FROM {tables.visits} WHERE {where} AND {_KNOWN}"
        f" UNION ALL SELECT {words.mark('r[1]')}, r[2]::BIGINT FROM {words.given()}) v"
    )
    with plan.store.reading(SECONDS, plan.copies) as copies:
        copies.execute(f"WITH moments AS ({moments}), {COHORTS}", [*params, orjson.dumps(rest).decode()])
        rows = copies.fetchall()
    return {(cohort, period): number for cohort, period, number, _none in rows}, share(plan, query, cursor)


def share(plan: Plan, query: Query, cursor: Any) -> float:
    """Which share of the visits is of recognised visitors."""
    tables = Tables(query, plan)
    where, params = tables.chosen()
    with plan.store.reading(SECONDS, plan.copies) as copies:
        copies.execute(f"SELECT count(*), count(*) FILTER (WHERE {_KNOWN}) FROM {tables.visits} WHERE {where}", params)
        counts = [copies.fetchone()]
    counts += [recognised(gap, cursor) for gap in of_gaps(query, plan)]
    return share_of(sum(visits for visits, _ in counts), sum(known for _, known in counts))


def _period(tables: Tables, grain: Grain, starts: Sequence[datetime]) -> str:
    """The index of the period in which a visit began."""
    day = tables.words.whole(tables.local, DAY_US)
    first, *later = (start.date().toordinal() - _EPOCH for start in starts)
    if grain is Grain.MONTH:
        before = " ".join(f"WHEN {day} < {edge} THEN {index}" for index, edge in enumerate(later))
        return f"CASE {before} ELSE {len(later)} END::BIGINT" if later else "0::BIGINT"
    return f"({tables.words.whole(f'({day} - {first})', 7 if grain is Grain.WEEK else 1)})::BIGINT"
