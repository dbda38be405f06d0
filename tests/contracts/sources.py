"""The project's own source files, read once, for the rules that hold over all of them."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LEFT_OUT = {"migrations", "node_modules", "__pycache__"}


@lru_cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """The modules under these folders, without migrations."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return tuple(sorted(path for path in found if not _LEFT_OUT & set(path.relative_to(ROOT).parts)))


@lru_cache
def tree(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(), str(path))


@lru_cache
def templates() -> tuple[Path, ...]:
    """Every template of ours."""
    return tuple(sorted((ROOT / "templates").rglob("*.html")))


def name_of(path: Path) -> str:
    """`apps/core/tenancy.py` as people say it."""
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    """`views` for apps/x/views.py and for everything in apps/x/views/."""
    parts = path.relative_to(ROOT).parts
    return Path(parts[2]).stem if len(parts) > 2 else ""
