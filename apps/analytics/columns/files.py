"""Where the files lie: a folder for each making of a span, under the folder of its site and organization."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

VISITS, EVENTS = "visits.parquet", "events.parquet"
# One row of a visit and a page, and of a visit and a name of events, with what the visit is filtered by: no question
# about pages or events needs to look a visit up.
PAGES, NAMES = "pages.parquet", "names.parquet"
_UNFINISHED = ".part"


def root() -> Path | None:
    """The folder of all column files; None where none are wanted."""
    return Path(settings.COLUMNS_DIR) if settings.COLUMNS_DIR else None


def folder(organization_id: int, site_id: int, name: str) -> Path:
    """Where one making of a span lies. The names are numbers and a token: nothing that a customer typed."""
    found = root()
    if found is None:
        raise LookupError("COLUMNS_DIR is not set")
    return found / str(int(organization_id)) / str(int(site_id)) / name


def new_name() -> str:
    """A name that no other making has."""
    return secrets.token_hex(16)


def unfinished(place: Path) -> Path:
    """Where a span is made before it is moved to its place in one step."""
    return place.with_name(place.name + _UNFINISHED)


def complete(place: Path) -> bool:
    """Whether a span's files are there, in the layout that is read; the last one made tells."""
    return (place / NAMES).is_file()


def size(place: Path) -> int:
    """Bytes in a folder."""
    return sum(file.stat().st_size for file in place.iterdir())


def remove(place: Path) -> None:
    """Take a folder away, whether it is there or not. Whoever is reading it reads on."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(unfinished(place), ignore_errors=True)


def sweep(wanted: Iterable[Path]) -> int:
    """Take away every folder that is not wanted; returns how many went."""
    top = root()
    if top is None or not top.is_dir():
        return 0
    keep = set(wanted)
    gone = 0
    for place in list(top.glob("*/*/*")):
        if place not in keep:
            shutil.rmtree(place, ignore_errors=True)
            gone += 1
    for empty in (*top.glob("*/*"), *top.glob("*")):
        if empty.is_dir() and not any(empty.iterdir()):
            empty.rmdir()
    return gone
