"""64-bit marks: of events (to know one again), of visitors, and of what was already counted for a visit."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from struct import Struct

_bigint = Struct(">q").unpack
DAY, HOUR = 1 << 40, 1 << 41


@lru_cache(maxsize=200_000)
def mark_of(kind: str, value: str) -> int:
    """The mark of a value of one kind: the same in every process, and never the mark of an hour or a day."""
    return signed(f"{kind}\0{value}".encode("utf-8", "replace")) | 1 << 62


def signed(data: bytes, key: bytes = b"") -> int:
    """64 bits of a keyed hash as PostgreSQL's bigint."""
    return _bigint(blake2b(data, digest_size=8, key=key).digest())[0]


@lru_cache(maxsize=10_000)
def _begun(site_id: int) -> blake2b:
    return blake2b(b"%d\0" % site_id, digest_size=8)


def event_mark(site_id: int, event_id: str) -> int:
    """The id under which an event of a site is stored. Never 0."""
    mark = _begun(site_id).copy()
    mark.update(event_id.encode("utf-8", "replace"))
    return _bigint(mark.digest())[0] or 1


def day_mark(ordinal: int) -> int:
    """That a visit was active on a day."""
    return DAY | ordinal


def hour_mark(start_ms: int) -> int:
    """That a visit was active in the hour (or part hour) that begins at an instant."""
    return HOUR | start_ms // 60_000
