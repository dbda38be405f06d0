"""Files as servers, spreadsheets and other systems really write them."""

from __future__ import annotations

import bz2
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.analytics.enums import Dimension, ImportKind, ImportState
from apps.analytics.history import access_log
from apps.analytics.history.files import Upload
from apps.analytics.history.outcomes import Broken, Seen
from apps.analytics.history.readers import open_rows
from apps.analytics.history.values import amount, day_of
from apps.analytics.models import Site
from tests.analytics.conftest import CHROME
from tests.analytics.history.test_exports import UMAMI, umami
from tests.analytics.history.test_imports import line, uploaded, zipped
from tests.factories.analytics import SiteFactory

AT = "10/Mar/2025:10:00:00 +0100"
REST = f'"GET /a HTTP/1.1" 200 12 "-" "{CHROME}"'


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Path) -> Site:
    settings.MEDIA_ROOT = str(tmp_path)
    return SiteFactory(domains=["site.example"])


def rows_of(tmp_path: Path, kind: str, content: bytes) -> list[tuple[str, Any]]:
    path = tmp_path / "given"
    path.write_bytes(content)
    return [(table.partition("#")[0], item) for _number, table, item in open_rows(kind, Upload(path), "site.example")]


@pytest.mark.parametrize(("start", "address", "host"), [
    ("203.0.113.7 - -", "203.0.113.7", "site.example"),
    ("203.0.113.7 - anna.k@site", "203.0.113.7", "site.example"),
    ("203.0.113.7, 10.0.0.1 - -", "203.0.113.7", "site.example"),
    ("www.site.example:443 203.0.113.7 - -", "203.0.113.7", "www.site.example"),
    ("www.site.example 2001:db8::7 - -", "2001:db8::7", "www.site.example"),
    ("::ffff:203.0.113.7 - -", "::ffff:203.0.113.7", "site.example"),
])
def test_who_asked_and_at_which_host(start: str, address: str, host: str) -> None:
    found = access_log.read(f"{start} [{AT}] {REST}\r\n".encode(), "site.example")
    assert isinstance(found, Seen)
    assert (found.ip, found.event["url"], found.at) == (address, f"https://{host}/a", 1_741_597_200_000)


@pytest.mark.parametrize("at", [
    "10/Mar/25:10:00:00 +0100", "10/Mrz/2025:10:00:00 +0100", "32/Mar/2025:10:00:00 +0100",
    "10/Mar/0025:10:00:00 +0100", "10/Mar/9025:10:00:00 +0100", "10/Mar/2025:25:00:00 +0100",
])
def test_a_date_that_cannot_be_is_broken(at: str) -> None:
    """A year of two digits would be one of the Romans, with a partition for each month since."""
    with pytest.raises(Broken, match="date"):
        access_log.read(f"203.0.113.7 - - [{at}] {REST}\n".encode(), "site.example")


@pytest.mark.parametrize(("zone", "at"), [
    ("+0000", 1_741_600_800_000), ("-0330", 1_741_613_400_000), ("+0530", 1_741_581_000_000),
    ("+1300", 1_741_554_000_000), ("-0000", 1_741_600_800_000),
])
def test_zones_of_the_world(zone: str, at: int) -> None:
    found = access_log.read(f"203.0.113.7 - - [10/Mar/2025:10:00:00 {zone}] {REST}\n".encode(), "site.example")
    assert isinstance(found, Seen)
    assert found.at == at


@pytest.mark.parametrize(("content", "outcome"), [
    (b'203.0.113.7 - - [%s] "\\x16\\x03\\x01" 400 0 "-" "-"\n' % AT.encode(), "method"),
    (b'203.0.113.7 - - [%s] "-" 408 0 "-" "-"\n' % AT.encode(), "method"),
    (b'203.0.113.7 - - [%s] "GET /a\\"b HTTP/1.1" 404 0 "-" "x \\" y"\n' % AT.encode(), "error"),
])
def test_lines_that_are_no_page_views_and_not_broken(content: bytes, outcome: str) -> None:
    assert access_log.read(content, "site.example") == outcome


def test_a_line_that_never_ends_costs_one_line(tmp_path: Path) -> None:
    good = line("203.0.113.7", AT, "GET / HTTP/1.1", 200, "-", CHROME).encode()
    found = rows_of(tmp_path, ImportKind.ACCESS_LOG, good + b"x" * 200_000 + b"\n" + good.replace(b"GET /", b"GET /b"))
    assert [isinstance(item, Seen) for _table, item in (found[0], found[-1])] == [True, True]
    assert {str(item) for _table, item in found[1:-1]} == {"long", "shape"}


def test_several_gzips_in_one_are_one_log(tmp_path: Path) -> None:
    """As `cat access.log.2.gz access.log.1.gz` makes it."""
    lines = [line("203.0.113.7", AT, f"GET /{number} HTTP/1.1", 200, "-", CHROME).encode() for number in range(2)]
    found = rows_of(tmp_path, ImportKind.ACCESS_LOG, gzip.compress(lines[0]) + gzip.compress(lines[1]))
    assert [item.event["url"][-2:] for _table, item in found] == ["/0", "/1"]


@pytest.mark.parametrize(("kind", "content", "why"), [
    (ImportKind.ACCESS_LOG, bz2.compress(b"x" * 1000), "packing"),
    (ImportKind.ACCESS_LOG, b"7z\xbc\xaf\x27\x1c" + b"x" * 100, "packing"),
    (ImportKind.GA4, zipped(**{"[Content_Types]": "x"}).replace(b".csv", b".xml"), "workbook"),
])
def test_packed_in_a_way_that_is_not_read(shop: Site, kind: str, content: bytes, why: str) -> None:
    row = uploaded(shop, kind, content)
    assert (row.state, row.error) == (ImportState.REFUSED, f"refused:{why}")


def test_what_is_wrong_is_told_line_by_line_before_the_start(shop: Site) -> None:
    good = line("203.0.113.7", AT, "GET / HTTP/1.1", 200, "-", CHROME)
    row = uploaded(shop, ImportKind.ACCESS_LOG, f"{good}\n{good.replace('2025', '25')}nothing\n".encode())
    assert (row.state, row.preview["usable"], row.preview["broken"]) == (ImportState.READY, 1, 2)
    assert (row.preview["faults"], row.preview["left"]) == ([[3, "date"], [4, "shape"]], {"blank": 1})

    refused = uploaded(shop, ImportKind.ACCESS_LOG, b"a\nb\n")
    assert (refused.error, refused.preview["faults"]) == ("refused:nothing", [[1, "shape"], [2, "shape"]])


GERMAN = """# Start date: 20250101
Date;Sessions;Total users;Key events;Total revenue;Average session duration;City
{}
"""


def ga4(tmp_path: Path, text: str, encoding: str = "utf-8", table: str = "country") -> dict[str, Any]:
    [(name, found)] = rows_of(tmp_path, ImportKind.GA4, text.encode(encoding))
    assert name == table
    return {"value": found[0].value, **found[0].figures}


def test_numbers_as_a_german_spreadsheet_saves_them(tmp_path: Path) -> None:
    found = ga4(tmp_path, GERMAN.format("01.01.2025;1.200;900;1,5;1.234,567;62,125;Köln"), "cp1252", "city")
    assert found == {
        "value": "Köln", "sessions": 1200, "visitors": 900, "conversions": 2, "revenue": Decimal("1234.567"),
        "duration_s": 74550,
    }


def test_a_decimal_point_with_three_places_is_no_thousand(tmp_path: Path) -> None:
    """Reports write fractions out: 119.997 is no hundred thousand."""
    text = (
        "Date,Country,Sessions,Key events,Total revenue,Average session duration\n"
        '20250101,Austria,"1,200",2.503,119.997,62.125\n'
    )
    assert ga4(tmp_path, text) == {
        "value": "AT", "sessions": 1200, "conversions": 3, "revenue": Decimal("119.997"), "duration_s": 74550,
    }
    assert ga4(tmp_path, text.replace('"1,200"', "1200").replace(",", ";").replace(".", ","))["revenue"] == Decimal(
        "119.997")


@pytest.mark.parametrize(("text", "comma", "number"), [
    ("1.234", True, "1234"), ("1.234", False, "1.234"), ("1,234", True, "1.234"), ("1,234", False, "1234"),
    ("1.234,5", False, "1234.5"), ("1,234.5", True, "1234.5"), ("12,5", True, "12.5"), ("1.234.567", False, "1234567"),
])
def test_one_separator_is_read_as_the_file_writes_it(text: str, comma: bool, number: str) -> None:
    assert amount(text, comma=comma) == Decimal(number)


@pytest.mark.parametrize("text", ["03/04/2024", "31/05/2024", "5/6/24"])
def test_a_date_that_means_two_days_is_broken(text: str) -> None:
    with pytest.raises(Broken, match="date_order"):
        day_of(text)


def test_letters_of_older_spreadsheets(tmp_path: Path) -> None:
    text = "Date,Session campaign,Sessions\n20250101,Frühjahr,5\n"
    [(_table, found)] = rows_of(tmp_path, ImportKind.GA4, text.encode("cp1252"))
    assert (found[0].dimension, found[0].value) == (Dimension.CAMPAIGN, "Frühjahr")


def test_umamis_file_of_properties_is_no_file_of_events(tmp_path: Path) -> None:
    """It has the same columns and more, comes first in the zip, and would make the events themselves look repeated."""
    properties = (
        "website_id,session_id,event_id,url_path,event_name,data_key,string_value,created_at\n"
        "w,s1,e1,/,signup,plan,pro,2025-03-02 09:00:00\n"
    )
    events = UMAMI + umami("s1", "e1", "/", "2025-03-02 09:00:00", "\\N", kind=2, name="signup")
    found = rows_of(tmp_path, ImportKind.UMAMI, zipped(event_data=properties, website_event=events))
    assert [(item.event["name"], item.tech[1], "ref" in item.event) for _table, item in found] == [
        ("signup", "Chrome", False)]
