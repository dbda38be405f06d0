"""The guide's pages from their Markdown: `docs/guide/index.md` names the others and says their order.

A page is looked up among those that the index links to; what an address says never becomes a path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

INDEX = "index"
_LINKED = re.compile(r"\]\(([a-z0-9-]+)\.md\)")
_TITLE = re.compile(r"^# (.+)$", re.M)
_PAGE_LINK = re.compile(r"^([a-z0-9-]+)\.md(#[\w-]+)?$")
Address = Callable[[str], str]


@dataclass(frozen=True)
class Heading:
    """A section of a page, and the anchor it can be reached at."""

    anchor: str
    text: str


@dataclass(frozen=True)
class Page:
    """One page of the guide as it was written."""

    key: str
    title: str
    text: str


@cache
def pages() -> dict[str, Page]:
    """Every page by key, the index first and the others in its order."""
    first = _read(INDEX)
    keys = dict.fromkeys([INDEX, *_LINKED.findall(first.text)])
    return {key: first if key == INDEX else _read(key) for key in keys}


def _read(key: str) -> Page:
    text = (settings.BASE_DIR / "docs" / "guide" / f"{key}.md").read_text(encoding="utf-8")
    title = _TITLE.search(text)
    if title is None:
        raise ValueError(f"docs/guide/{key}.md has no title")
    return Page(key, title[1], text)


def drawn(page: Page, address: Address) -> tuple[str, list[Heading]]:
    """A page as HTML, and its sections. `address(key)` says where a page of the guide is shown.

    Raw HTML in the Markdown stays text, and no element gets a style: the content policy allows neither.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(page.text)
    found: list[Heading] = []
    for token, inner in zip(tokens, [*tokens[1:], Token("", "", 0)], strict=True):
        token.attrs.pop("style", None)
        if token.type == "heading_open" and token.tag != "h1":
            heading = Heading(anchor_of(inner.content), _plain(inner.children or []))
            token.attrSet("id", heading.anchor)
            if token.tag == "h2":
                found.append(heading)
        for part in token.children or []:
            if part.type == "link_open":
                part.attrSet("href", _target(str(part.attrGet("href")), address))
    return reader.renderer.render(tokens, reader.options, {}), found


def anchor_of(heading: str) -> str:
    """The anchor of a heading, made as code hosting sites make it, so that links work there too."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _plain(parts: Sequence[Token]) -> str:
    return "".join(part.content for part in parts if part.type in {"text", "code_inline"})


def _target(href: str, address: Address) -> str:
    linked = _PAGE_LINK.match(href)
    return address(linked[1]) + (linked[2] or "") if linked else href
