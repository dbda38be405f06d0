"""Stamps: skip a step whose inputs have not changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(paths: Iterable[Path], *words: str) -> str:
    """A hash over the names and contents of files (folders count with all they hold) and over some words."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in sorted(set(_files(paths))):
        total.update(b"\0" + str(path).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from (inner for inner in path.rglob("*") if inner.is_file())
        elif path.is_file():
            yield path


def read(stamp: Path) -> str:
    """What the stamp says; nothing when it is not there."""
    try:
        return stamp.read_text()
    except OSError:
        return ""


def write(stamp: Path, value: str) -> None:
    """Note that the step has been done for these inputs."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)
