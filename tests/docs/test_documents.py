"""What the documentation names exists: links and anchors, files, commands, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from apps.core.docs.guide import anchor_of
from tests.contracts.sources import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^ *```.*?^ *```", re.S | re.M)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.M)
_FOLDERS = "apps|config|docs|launcher|locale|requirements|static/src|templates|tests"
_PATH = re.compile(rf"^(?:{_FOLDERS})/[\w./-]+$")
_VARIABLE = re.compile(r"`([A-Z][A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`")
# The worked examples of these pages are about an app and a vendor that do not exist.
INVENTED = ("apps/shop/",)
# Written by the build, or set by others.
NOT_OURS = {"SECRET_KEY_FILE", "PGOPTIONS", "STATIC_ROOT", "MEDIA_ROOT"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text())


def _anchors(path: Path) -> set[str]:
    return {anchor_of(re.sub(r"[`*]", "", text)) for text in _HEADING.findall(_prose(path))}


def _broken(path: Path) -> Iterator[str]:
    for href in _LINK.findall(_CODE.sub("", _prose(path))):
        if re.match(r"[a-z]+:", href):
            continue
        target, _, anchor = href.partition("#")
        found = (path.parent / target).resolve() if target else path
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            yield href


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_links_lead_somewhere(path: Path) -> None:
    assert list(_broken(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_named_files_exist(path: Path) -> None:
    named = {code for code in _CODE.findall(_prose(path)) if _PATH.match(code) and not code.startswith(INVENTED)}
    assert {code for code in named if not (ROOT / code).exists()} == set()


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_named_commands_exist(path: Path) -> None:
    text = path.read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M))
    scripts = set(re.findall(r'^    "([a-z]+)":', (ROOT / "package.json").read_text(), re.M))

    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())
    assert set(re.findall(r"(?:^|`) *make ([a-z][a-z0-9-]*)", text, re.M)) <= targets
    assert set(re.findall(r"npm run ([a-z]+)", text)) <= scripts


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_named_variables_are_in_the_example(path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    known = set(re.findall(r"^([A-Z][A-Z0-9_]+)=", example, re.M)) | NOT_OURS
    settings = "\n".join(file.read_text() for file in (ROOT / "config" / "settings").glob("*.py"))

    assert {name for name in _VARIABLE.findall(path.read_text()) if name not in known and name not in settings} == set()


def test_every_page_can_be_found_from_the_map() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md":
            continue
        reached.add(path)
        links = (href.partition("#")[0] for href in _LINK.findall(_CODE.sub("", _prose(path))))
        waiting += [(path.parent / href).resolve() for href in links if href and ":" not in href]
    kept = {path for path in PAGES if path.parent.name != "decisions"}

    assert {_name(path) for path in kept - reached} == set()
