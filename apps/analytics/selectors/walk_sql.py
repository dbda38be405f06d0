"""What is made of the pages of visits, in words that PostgreSQL and the copies' stores share: walks (`depth`, `page`,
`following`, NULL for no further, and `n` visits that went so), and the busiest of them singly."""

from __future__ import annotations

REST = "…"  # stands for all the pages of a step that are not shown singly


def walked(pages: str, backward: bool, depth: int, *, started: bool) -> str:
    """The walks of visits, from what they saw (`visit`, `page`, in the order of `ts`, then `id`): from the first that
    `begins` where they are `started` somewhere, backward from the last; what merely comes again counts once."""
    sign = "DESC" if backward else "ASC"
    order = f"PARTITION BY visit ORDER BY ts {sign}, id {sign}"
    since = f"count(*) FILTER (WHERE begins) OVER ({order})" if started else "1"
    return f"""
        SELECT place - 1 AS depth, page, CASE WHEN place <= {depth} THEN later END AS following, count(*)::BIGINT AS n
        FROM (
            SELECT visit, page, row_number() OVER w AS place, nullif(lead(page) OVER w, '') AS later FROM (
                SELECT visit, ts, id, page, lag(page) OVER ({order}) AS earlier
                FROM (SELECT *, {since} AS since FROM ({pages}) a) b WHERE since > 0
            ) c WHERE earlier IS DISTINCT FROM page WINDOW w AS ({order})
        ) d WHERE place <= {depth + 1} GROUP BY 1, 2, 3"""


def ranked(walks: str, most: int) -> str:
    """The walks with the `most` busiest pages of each depth singly and the others as REST, after `WITH`; reads `walks`,
    a table or a question between brackets, twice or more."""
    return f"""
        top AS (SELECT depth, page FROM (
            SELECT depth, page, row_number() OVER (PARTITION BY depth ORDER BY n DESC, page) AS place
            FROM (SELECT depth, page, sum(n) AS n FROM {walks} v GROUP BY depth, page) p
        ) r WHERE place <= {most})
        SELECT w.depth, coalesce(a.page, '{REST}') AS source,
            CASE WHEN w.following IS NOT NULL THEN coalesce(b.page, '{REST}') END AS target, sum(w.n)::BIGINT AS visits
        FROM {walks} w LEFT JOIN top a ON a.depth = w.depth AND a.page = w.page
        LEFT JOIN top b ON b.depth = w.depth + 1 AND b.page = w.following
        GROUP BY 1, 2, 3"""
