"""Uploaded files, line by line: plain, gzip or zip, in whatever encoding. Nothing is unpacked to disk, and what grows
beyond all measure while it is unpacked (a bomb) is refused while it grows."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from apps.analytics.history.outcomes import Refused

LONGEST_LINE = 64 * 1024
MOST_MEMBERS = 500
FREE_BYTES = 64 * 1024 * 1024  # so much may come out of any file
MOST_TIMES = 120  # and beyond that, so many times what was uploaded: real logs shrink ten to forty times
DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_PACKED = (b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"Rar!")  # bzip2, xz, zstd, 7-Zip, RAR


class Metered(io.RawIOBase):
    """A stream that counts what comes out of it, over all members, and stops a bomb."""

    def __init__(self, inner: IO[bytes], meter: list[int], most: int) -> None:
        self._inner, self._meter, self._most = inner, meter, most

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on; raises Refused when there is too much, or when the packing is damaged."""
        try:
            found = self._inner.read(len(buffer))
        except DAMAGED as error:
            raise Refused("damaged") from error
        buffer[: len(found)] = found
        self._meter[0] += len(found)
        if self._meter[0] > self._most:
            raise Refused("bomb")
        return len(found)


class Upload:
    """One uploaded file and the members in it, in order of name."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self.comma = False
        self._meter = [0]
        self._most = FREE_BYTES + MOST_TIMES * self._path.stat().st_size
        with self._path.open("rb") as head:
            start = head.read(6)
        if start.startswith(_PACKED):
            raise Refused("packing")
        self.is_zip, self._is_gzip = start[:4] == b"PK\x03\x04", start[:2] == b"\x1f\x8b"

    def members(self) -> list[str]:
        """Names in a zip, without folders and what systems add; one empty name for a file that is none."""
        if not self.is_zip:
            return [""]
        try:
            with zipfile.ZipFile(self._path) as found:
                infos = [info for info in found.infolist() if not info.is_dir()]
        except DAMAGED as error:
            raise Refused("damaged") from error
        if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > self._most:
            raise Refused("bomb")
        if any(info.flag_bits & 1 for info in infos):
            raise Refused("locked")
        if any(info.filename == "[Content_Types].xml" for info in infos):
            raise Refused("workbook")
        return sorted(
            info.filename for info in infos
            if not info.filename.startswith("__MACOSX/") and not Path(info.filename).name.startswith(".")
        )

    def open(self, member: str = "") -> io.BufferedReader:
        """The bytes of a member, unpacked as they are read; a gzip within a zip as well."""
        if not self.is_zip:
            inner: Any = self._path.open("rb")
            return self._metered(gzip.GzipFile(fileobj=inner) if self._is_gzip else inner)
        try:
            found: Any = zipfile.ZipFile(self._path).open(member)  # noqa: SIM115 -- read on by whoever asked
        except DAMAGED as error:
            raise Refused("damaged") from error
        if member.endswith(".gz"):
            found = gzip.GzipFile(fileobj=found)
        return self._metered(found)

    def _metered(self, inner: Any) -> io.BufferedReader:
        return io.BufferedReader(Metered(inner, self._meter, self._most), 1 << 18)

    def lines(self, member: str = "") -> Iterator[bytes]:
        """Lines as bytes with their ends. One that is longer than LONGEST_LINE comes in pieces."""
        read = self.open(member).readline
        while line := read(LONGEST_LINE):
            yield line

    def table(self, member: str = "") -> Iterator[list[str]]:
        """Rows of a CSV: its encoding told by its mark, or by what it begins with; its separator by its first full
        line. Sets `comma` when the first row is read: whether its numbers have a decimal comma."""
        stream = self.open(member)
        encoding = _encoding(stream.peek(LONGEST_LINE))
        text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
        first: list[str] = []
        try:
            while (line := text.readline(LONGEST_LINE)) and len(first) < 40:
                first.append(line)
                if line.strip() and not line.startswith(("#", '"#')):
                    break
        except UnicodeError as error:
            raise Refused("encoding") from error
        told = first[-1] if first else ""
        separator = max(",;\t", key=told.count)
        self.comma = separator == ";"  # where a comma is in numbers, tables are told apart by semicolons
        yield from _rows(first, text, separator)


def _encoding(start: bytes) -> str:
    """UTF-8, unless a mark says otherwise or it is none: then what Excel writes where it writes no UTF-8."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # a letter may be cut at its end
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _rows(first: list[str], text: io.TextIOWrapper, separator: str) -> Iterator[list[str]]:
    def pieces() -> Iterator[str]:
        yield from first
        while piece := text.readline(LONGEST_LINE):
            yield piece.replace("\0", "")

    reader = csv.reader(pieces(), delimiter=separator)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield []
        except UnicodeError as error:
            raise Refused("encoding") from error
