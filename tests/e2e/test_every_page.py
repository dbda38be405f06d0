"""Every page, wide and narrow, light and dark: nothing for axe to find, nothing wider than the window, no error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from playwright.sync_api import Page

from apps.core import error_pages
from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.everywhere import World, world_of
from tests.e2e.people import Business, Visit

AXE = (Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js").read_text()
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WATCH = (
    "window.violations = [];"
    "document.addEventListener('securitypolicyviolation',"
    " e => window.violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));"
    # A colour on its way is none that anybody reads, and what inherits it sets out after it.
    "const still = new CSSStyleSheet(); still.replaceSync('*, *::before, *::after { transition: none !important }');"
    "document.adoptedStyleSheets = [still];"
)


@pytest.fixture
def world(business: Business, word: str) -> World:
    """A business with visits and one of everything, and an agency."""
    business.visited(
        Visit(("/", "/bread"), "https://www.google.com/", spent="12.50"), Visit(("/a-page-with-a-very-long-name" * 4,)),
        Visit(("/",), country="US", minutes_ago=60 * 24 * 2),
    )
    return world_of(business.organization, business.owner, business.site, word)


def faults(page: Page) -> list[str]:
    """What axe finds, in words."""
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(result => result.violations)")
    return [_said(one) for one in found]


def _said(violation: dict[str, Any]) -> str:
    nodes = "; ".join(f"{node['html'][:150]} {node.get('failureSummary', '')[:200]}" for node in violation["nodes"][:3])
    return f"{violation['impact']} {violation['id']}: {nodes}"


def in_theme(page: Page, theme: str) -> None:
    """Let the system's theme be this one, and wait until every colour is there."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(
        "theme => { if (document.documentElement.dataset.theme !== theme) return false;"
        " document.getAnimations().forEach(each => each.finish()); return true; }", arg=theme,
    )


def examine(page: Page) -> list[str]:
    """Look at the open page wide and light, narrow and dark, and from right to left; gives what is wrong."""
    page.evaluate(AXE)
    wrong = list(page.evaluate("window.violations"))
    # The colours of components do not change with the width; the component page is looked at in all four ways.
    for size, theme in ((WIDE, "light"), (NARROW, "dark")):
        page.set_viewport_size(size)
        in_theme(page, theme)
        wrong += [f"{size['width']} px, {theme}: {fault}" for fault in faults(page)]
    for direction in ("ltr", "rtl"):
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        if pages.sideways(page) > 0:
            wrong.append(f"{direction}: {pages.sideways(page)} px wider than a phone: {widest(page)}")
    return wrong


def widest(page: Page) -> str:
    """The innermost part that reaches out of the window, and is not inside one that scrolls."""
    return str(page.evaluate(
        "(([...document.querySelectorAll('body *')].filter(e => { const box = e.getBoundingClientRect();"
        " const spilt = e.clientWidth && e.scrollWidth > e.clientWidth && box.left + e.scrollWidth > innerWidth + 1;"
        " if (!box.width || (box.right <= innerWidth + 1 && box.left >= -1 && !spilt)) return false;"
        " for (let up = e.parentElement; up !== document.body; up = up.parentElement)"
        "   if (getComputedStyle(up).overflowX !== 'visible') return false;"
        " return true; }).at(-1)) ?? {outerHTML: ''}).outerHTML.slice(0, 160)"
    ))


def test_every_page(person: PEOPLE, world: World) -> None:
    people = {
        who: person(user, reduced_motion="reduce")
        for who, user in (("nobody", None), ("owner", world.owner), ("agent", world.agent), ("keeper", world.keeper))
    }
    wrong, seen = {}, set()
    for page in people.values():
        page.add_init_script(WATCH)
    for place in world.places():
        page = people[place.who]
        page.set_viewport_size(WIDE)
        answer = page.goto(place.path)
        status = answer.status if answer else 0
        if (page.url, place.who) in seen:
            continue
        seen.add((page.url, place.who))
        fine = status == (404 if place.path == "/nothing/here/" else 200)
        found = examine(page) if fine else [f"answered {status}"]
        if found:
            wrong[f"{place.path} as {place.who}"] = found
    print(f"{len(seen)} pages")
    said = "\n".join(f"{place}: {fault}" for place, found in wrong.items() for fault in found)
    assert not said, said


@pytest.mark.parametrize("name", [
    "bad_request", "denied", "form_expired", "not_found", "not_allowed", "too_many", "server_error", "unavailable",
])
def test_every_page_of_failure(person: PEOPLE, name: str) -> None:
    request = RequestFactory().get("/broken/")
    request.id = "0123456789abcdef"  # type: ignore[attr-defined]
    made = getattr(error_pages, name)(request)
    page = person()
    page.add_init_script(WATCH)
    page.route("**/broken/", lambda route: route.fulfill(
        status=made.status_code, body=made.content.decode(), content_type="text/html"
    ))
    page.goto("/broken/")

    assert examine(page) == []
