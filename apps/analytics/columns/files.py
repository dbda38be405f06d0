"""Where the files lie: a folder for each making of a span, under the folder of its site and organization."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from apps.analytics.columns.contracts import NAMES, Copy

_UNFINISHED = ".part"


def root() -> Path | None:
    """The folder of all column files; None where none are wanted."""
    return Path(settings.COLUMNS_DIR) if settings.COLUMNS_DIR else None


def folder(copy: Copy) -> Path:
    """Where one making of a span lies. The names are numbers and a token: nothing that a customer typed."""
    found = root()
    if found is None:
        raise LookupError("COLUMNS_DIR is not set")
    return found / str(int(copy.organization_id)) / str(int(copy.site_id)) / copy.name


def file_of(table: str) -> str:
    """The file that holds a table."""
    return f"{table}.parquet"


def new_name() -> str:
    """A name that no other making has."""
    return secrets.token_hex(16)


def unfinished(place: Path) -> Path:
    """Where a span is made before it is moved to its place in one step."""
    return place.with_name(place.name + _UNFINISHED)


def complete(place: Path) -> bool:
    """Whether a span's files are there; the last one made tells."""
    return (place / file_of(NAMES)).is_file()


def size(place: Path) -> int:
    """Bytes in a folder."""
    return sum(file.stat().st_size for file in place.iterdir())


def remove(place: Path) -> None:
    """Take a folder away, whether it is there or not. Whoever is reading it reads on."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(unfinished(place), ignore_errors=True)


def there() -> Iterator[Copy]:
    """Every folder there is, finished or not."""
    top = root()
    if top is None or not top.is_dir():
        return
    for place in list(top.glob("*/*/*")):
        organization_id, site_id = place.parts[-3:-1]
        if organization_id.isdecimal() and site_id.isdecimal():
            yield Copy(int(organization_id), int(site_id), place.name.removesuffix(_UNFINISHED))


def prune() -> None:
    """Take empty folders of sites and organizations away."""
    top = root()
    if top is not None:
        for empty in (*top.glob("*/*"), *top.glob("*")):
            with suppress(OSError):  # it is not empty, or has just been used again
                empty.rmdir()
