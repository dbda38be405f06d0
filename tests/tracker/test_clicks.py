"""Clicks that lead away, files, forms, and events named in the page's own HTML."""

from __future__ import annotations

import json

import pytest

from tests.tracker.conftest import Visit
from tests.tracker.recorder import Recorder

AWAY = "http://elsewhere.example:{port}/there?x=1"


def test_outbound_click_is_told_although_the_page_goes_away(recorder: Recorder, visit: Visit) -> None:
    target = AWAY.format(port=recorder.port)
    page = visit(f'<a href="{target}" onclick="event.stopPropagation()"><b>away</b></a>')

    page.click("b")

    (event,) = recorder.wait("outbound")
    assert event["props"] == {"url": target}
    assert event["url"] == recorder.url("/")


def test_middle_click_counts_and_right_click_does_not(recorder: Recorder, visit: Visit) -> None:
    page = visit(f'<a href="{AWAY.format(port=recorder.port)}">away</a>')

    page.click("a", button="right")
    page.click("a", button="middle")
    page.evaluate("mainstay('track', 'done')")

    recorder.wait("done")
    assert len(recorder.named("outbound")) == 1


def test_links_that_are_not_outbound(recorder: Recorder, visit: Visit) -> None:
    page = visit(
        """<a href="/here">here</a><a href="#part">part</a><a href="mailto:a@shop.example">mail</a>
        <a href="tel:+49301">call</a><a href="javascript:void 0">script</a><p>text</p>
        <svg><a href="https://elsewhere.example/"><text y="20">drawing</text></a></svg>
        <script>document.addEventListener("click", (event) => event.preventDefault())</script>"""
    )

    for text in ("here", "part", "mail", "call", "script", "text", "drawing"):
        page.get_by_text(text, exact=True).click()
    page.evaluate("mainstay('track', 'done')")

    recorder.wait("done")
    assert [event["name"] for event in recorder.events] == ["pageview", "done"]


@pytest.mark.parametrize(
    "link",
    ['href="/files/price%20list.PDF?v=2"', 'href="/export" download', 'href="http://elsewhere.example/app.zip"'],
)
def test_download(recorder: Recorder, visit: Visit, link: str) -> None:
    page = visit(f"<a {link} onclick='event.preventDefault()'>file</a>")

    page.click("a")

    (event,) = recorder.wait("download")
    assert event["props"] == {"url": page.evaluate("document.querySelector('a').href")}
    assert recorder.named("outbound") == []


def test_form_says_which_one_and_where_to_but_never_what_was_typed(recorder: Recorder, visit: Visit) -> None:
    page = visit(
        """<form id="contact" action="/send" data-ms-event="asked" data-ms-prop-topic="prices">
        <input name="id"><input name="action" type="password"><button>Send</button></form>"""
    )
    page.fill("[name=id]", "a-secret")
    page.fill("[name=action]", "another-secret")

    page.click("button")

    (form,) = recorder.wait("form")
    (asked,) = recorder.wait("asked")
    assert form["props"] == {"id": "contact", "action": "/send"}
    assert asked["props"] == {"topic": "prices"}
    assert "secret" not in json.dumps([event for event in recorder.events if event["name"] != "pageview"])


def test_event_named_in_the_html(recorder: Recorder, visit: Visit) -> None:
    page = visit(
        """<button data-ms-event="Signed up" data-ms-prop-plan="pro" data-ms-prop-billing-cycle="yearly"
        data-other="no"><i>Go</i></button>"""
    )

    page.click("i")

    (event,) = recorder.wait("Signed up")
    assert event["props"] == {"plan": "pro", "billing-cycle": "yearly"}


def test_kinds_of_clicks_can_be_switched_off(recorder: Recorder, visit: Visit) -> None:
    recorder.config = {"outbound": False, "downloads": False, "forms": False}
    page = visit(
        """<a id="a" href="https://elsewhere.example/">a</a><a id="b" href="/list.pdf">b</a>
        <form><button>send</button></form>
        <script>for (const type of ["click", "submit"])
            document.addEventListener(type, (event) => event.target.matches("a, form") && event.preventDefault())
        </script>"""
    )

    for selector in ("#a", "#b", "button"):
        page.click(selector)
    page.evaluate("mainstay('track', 'done')")

    recorder.wait("done")
    assert [event["name"] for event in recorder.events] == ["pageview", "done"]


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ({"status": 404}, True),
        ({"head": "<meta data-ms-404>"}, True),
        ({"title": "404 – the bicycle"}, False),
    ],
)
def test_page_that_is_not_there(recorder: Recorder, visit: Visit, page: dict, told: bool) -> None:
    shown = visit(path="/gone", **page)

    shown.evaluate("mainstay('track', 'done')")

    recorder.wait("done")
    assert [event["url"] for event in recorder.named("not_found")] == [recorder.url("/gone")] * told


def test_single_page_site_says_itself_that_a_page_is_not_there(recorder: Recorder, visit: Visit) -> None:
    page = visit()

    page.evaluate("history.pushState({}, '', '/gone'); mainstay('notFound')")

    (event,) = recorder.wait("not_found")
    assert event["url"] == recorder.url("/gone")
