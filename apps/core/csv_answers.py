"""Tables for spreadsheets, sent while they are made."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Iterator
from contextvars import copy_context
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

PIECE_BYTES = 64 * 1024


class CsvResponse(StreamingHttpResponse):
    """Rows as a file of this name. They are made as they are sent, in the scope the view had: its organization, time
    zone and language, which the middleware has left by then."""

    def __init__(self, rows: Iterable[Iterable[Any]], name: str) -> None:
        super().__init__(
            _in_this_context(_lines(rows)), content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Piece by piece. Django would gather all of what is not made asynchronously before it sends the first."""
        parts = iter(self.streaming_content)
        while piece := await sync_to_async(_taken)(parts):
            yield piece


class _Echo:
    def write(self, text: str) -> str:
        """What the writer writes is the line."""
        return text


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow(row)


def _in_this_context(lines: Iterator[str]) -> Iterator[str]:
    context = copy_context()

    def resumed() -> Iterator[str]:
        while (line := context.run(next, lines, None)) is not None:
            yield line

    return resumed()


def _taken(parts: Iterator[bytes]) -> bytes:
    found, size = [], 0
    for part in parts:
        found.append(part)
        size += len(part)
        if size >= PIECE_BYTES:
            break
    return b"".join(found)
