"""A site's past out of the log of its web server: looked at first, taken in, seen, and taken back."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.e2e import pages
from tests.e2e.conftest import PEOPLE
from tests.e2e.people import AGENT, Business

LINE = '203.0.113.{who} - - [{day:02d}/Mar/2025:1{hour}:00:00 +0100] "GET {path} HTTP/1.1" 200 512 "-" "{agent}"\n'


def log_of(visitors: int) -> bytes:
    """Visitors of two pages each; with a picture, an empty line, and two lines that cannot be read."""
    lines = [
        LINE.format(who=who, day=3 + who % 5, hour=hour, path=path, agent=AGENT.format(120 + who))
        for who in range(visitors) for hour, path in enumerate(("/", "/bread", "/loaf.jpg"))
    ]
    lines[3:3] = ["\n", "this is no line of a log\n"]
    return "".join([*lines, LINE.format(who=1, day=40, hour=1, path="/", agent=AGENT.format(99))]).encode()


def test_a_log_is_looked_at_taken_in_and_taken_back(person: PEOPLE, business: Business) -> None:
    owner = person(business.owner)
    owner.goto(f"{business.site_page}history/")
    owner.get_by_label("File").set_input_files({"name": "access.log", "mimeType": "text/plain", "buffer": log_of(6)})
    owner.get_by_role("button", name="Upload").click()

    start = owner.get_by_role("button", name="Start import")
    expect(start).to_be_visible()
    expect(owner.get_by_role("row", name="Can be taken in 12")).to_be_visible()
    expect(owner.get_by_role("row", name=re.compile("Pictures, styles.* 6"))).to_be_visible()
    expect(owner.get_by_role("row", name="Broken 2")).to_be_visible()
    expect(owner.get_by_role("row", name="5 It does not look like a line of such a file.")).to_be_visible()
    expect(owner.get_by_role("row", name="21 The date cannot be read.")).to_be_visible()
    start.click()

    # The page follows by itself: how far it is, then what came of it.
    expect(owner.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    expect(owner.locator("[data-taken]")).to_have_text("12")
    owner.get_by_role("link", name="Show these days").click()
    expect(owner.get_by_text("These figures were imported and reach from")).to_be_visible()
    assert pages.figures(owner, "Visitors", "Page views") == {"Visitors": "6", "Page views": "12"}

    owner.go_back()
    owner.get_by_role("button", name="Take back").click()
    owner.get_by_role("alertdialog").get_by_role("button", name="Take back").click()
    expect(owner.get_by_text("Taken back", exact=True)).to_be_visible()
    owner.goto(business.site_page)
    expect(owner.get_by_text("Visits will show up here within a second")).to_be_visible()


def test_a_large_file_comes_in_pieces_over_a_connection_that_breaks(person: PEOPLE, business: Business) -> None:
    owner = person(business.owner)
    owner.goto(f"{business.site_page}history/")
    sent = []
    whole = log_of(6) * 3000  # 10 MB: more than one request may hold
    file = {"name": "access.log", "mimeType": "text/plain", "buffer": whole}

    def piece(route: Route) -> None:
        sent.append(route.request.url.partition("?at=")[2])
        if len(sent) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    owner.route("**/piece/?at=*", piece)
    owner.get_by_label("File").set_input_files(file)
    owner.get_by_role("button", name="Upload").click()

    expect(owner.get_by_role("button", name="Start import")).to_be_visible()
    assert sent == ["0", str(4 * 1024**2), str(4 * 1024**2), str(8 * 1024**2)]
    expect(owner.get_by_role("row", name=f"Can be taken in {6 * 2 * 3000:,}")).to_be_visible()


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(person: PEOPLE, business: Business) -> None:
    owner = person(business.owner)
    owner.goto(f"{business.site_page}history/")
    held: list[Route] = []

    def piece(route: Route) -> None:
        if route.request.url.endswith("?at=0"):
            route.continue_()
        else:
            held.append(route)

    owner.route("**/piece/?at=*", piece)
    file = owner.get_by_label("File")
    file.set_input_files({"name": "access.log", "mimeType": "text/plain", "buffer": log_of(6) * 3000})
    owner.get_by_role("button", name="Upload").press("Enter")

    expect(owner.get_by_role("button", name="Cancel upload")).to_be_focused()
    expect(owner.get_by_role("progressbar")).to_have_attribute("aria-valuetext", "4 MB of 10.5 MB")
    owner.keyboard.press("Enter")

    expect(owner.get_by_role("button", name="Upload")).to_be_focused()
    expect(owner.get_by_role("progressbar")).to_be_hidden()
    owner.reload()
    expect(owner.get_by_text("Nothing was imported yet")).to_be_visible()


def test_columns_in_a_language_that_is_not_known_are_named(person: PEOPLE, business: Business) -> None:
    owner = person(business.owner)
    owner.goto(f"{business.site_page}history/")
    report = b"# Rapport\nDag bezoek,Aantal sessies,Bezoekers\n20250303,120,90\n20250304,130,80\n"
    owner.get_by_label("Google Analytics 4").check()
    owner.get_by_label("File").set_input_files({"name": "verkeer.csv", "mimeType": "text/csv", "buffer": report})
    owner.get_by_role("button", name="Upload").click()

    expect(owner.get_by_text("Which column is what?")).to_be_visible()
    expect(owner.get_by_label("Dag bezoek")).to_have_value("date")  # guessed
    again = owner.get_by_role("button", name="Look through it like this")
    again.click()
    expect(owner.get_by_text("Choose a column that is a figure, such as visits.")).to_be_visible()
    owner.get_by_label("Aantal sessies").select_option(label="Figure: visits")
    owner.get_by_label("Bezoekers").select_option(label="Figure: visitors")
    again.click()
    expect(owner.get_by_role("row", name="Can be taken in 2")).to_be_visible()
    expect(owner.get_by_role("button", name="Start import")).to_be_visible()
