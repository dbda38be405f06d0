"""Copies as Parquet files beside the application, read by DuckDB inside the process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from apps.analytics.columns import engine, files
from apps.analytics.columns.contracts import FILES, ColumnCursor, Copy, key_of
from apps.analytics.columns.words import DuckWords


class FileStore:
    """A folder for each making of a span, moved into its place in one step."""

    place = FILES
    key = key_of(FILES)
    words = DuckWords()

    def usable(self, copies: Sequence[Copy]) -> list[Copy]:
        """Those whose folder is there."""
        return [copy for copy in copies if files.complete(files.folder(copy))]

    def complete(self, copies: Sequence[Copy]) -> list[Copy]:
        """The same: a folder is there with everything or not at all."""
        return self.usable(copies)

    def table(self, copies: Sequence[Copy], name: str) -> str:
        """One file of each of these folders, as a table of DuckDB."""
        names = ", ".join(f"'{engine.quoted(str(files.folder(copy) / files.file_of(name)))}'" for copy in copies)
        return f"read_parquet([{names}])"

    def reading(self, seconds: float, copies: Sequence[Copy]) -> AbstractContextManager[ColumnCursor]:
        """DuckDB's cursor: a file that is taken away while it is read is read to its end."""
        return engine.reading(seconds)

    def put(self, part: Path, copy: Copy) -> int:
        """Move the folder to its place."""
        place = files.folder(copy)
        part.rename(place)
        return files.size(place)

    def remove(self, copy: Copy) -> None:
        """Take the folder off the disk."""
        files.remove(files.folder(copy))

    def held(self) -> Iterator[Copy]:
        """Every folder there is."""
        return files.there()
