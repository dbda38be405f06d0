"""The four kinds of files, read alike: numbered rows, each an event, figures of a day, a reason to leave it out, or
broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from apps.analytics.enums import ImportKind
from apps.analytics.history import access_log, ga4, plausible, umami
from apps.analytics.history.files import Upload
from apps.analytics.history.outcomes import Broken, Parsed

Numbered = tuple[int, str, Parsed | Broken]
OF_DAYS = frozenset({ImportKind.PLAUSIBLE, ImportKind.GA4})  # figures by day; the others hold events


def open_rows(
    kind: str, upload: Upload, host: str, *, skip: int = 0, ordered: bool = True,
    named: Mapping[str, str] | None = None, unclear: list[ga4.Unclear] | None = None,
) -> Iterator[Numbered]:
    """Rows from number `skip` + 1 on, with the name of the table they stand in. `named` and `unclear` are about columns
    of Google Analytics: what their owner says they mean, and a list for tables that are not understood."""
    if kind == ImportKind.ACCESS_LOG:
        yield from _log(upload, host, skip)
        return
    if kind == ImportKind.UMAMI:
        rows = umami.parsed(upload, host, ordered=ordered)
    else:
        rows = plausible.parsed(upload) if kind == ImportKind.PLAUSIBLE else ga4.parsed(upload, named, unclear)
    for number, (table, item) in enumerate(rows, 1):
        if number > skip:
            yield number, table, item


def _log(upload: Upload, host: str, skip: int) -> Iterator[Numbered]:
    read = access_log.read
    for number, line in enumerate(islice(access_log.lines(upload), skip, None), skip + 1):
        try:
            yield number, "", read(line, host) if len(line) > 2 or line.strip() else "blank"
        except Broken as broken:
            yield number, "", broken
