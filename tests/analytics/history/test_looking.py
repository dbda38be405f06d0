"""Files of history that cannot be taken, and values as exports write them."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.history import access_log
from apps.analytics.history.outcomes import Broken
from apps.analytics.history.values import amount, day_of, whole
from apps.analytics.models import Site
from tests.analytics.history.test_imports import PLAUSIBLE, log, uploaded, zipped
from tests.factories.analytics import SiteFactory


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Path) -> Site:
    settings.MEDIA_ROOT = str(tmp_path)
    return SiteFactory(domains=["site.example"])


@pytest.mark.parametrize(("kind", "content", "why"), [
    (ImportKind.ACCESS_LOG, gzip.compress(b"\0" * 400_000_000, 9)[:4_000_000], "bomb"),
    (ImportKind.ACCESS_LOG, gzip.compress(log())[:-20], "damaged"),
    (ImportKind.ACCESS_LOG, b"nothing\nto see\n", "nothing"),
    (ImportKind.PLAUSIBLE, b"PK\x03\x04 no zip", "damaged"),
    (ImportKind.PLAUSIBLE, zipped(imported_pages=PLAUSIBLE["imported_pages"]), "no_totals"),
    (ImportKind.PLAUSIBLE, zipped(other="a,b\n"), "plausible"),
    (ImportKind.UMAMI, b"a,b\n1,2\n", "columns"),
    (ImportKind.GA4, b"Country,Sessions\nGermany,5\n", "ga4"),
    (ImportKind.GA4, b"Date,Country,Sessions\n20250101,Germany,5\n", "no_totals"),
    (ImportKind.GA4, b"Date,Sessions\n20250101,5\n\nDate,Sessions\n20250101,5\n", "twice"),
], ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "")
def test_files_that_cannot_be_taken(shop: Site, kind: str, content: bytes, why: str) -> None:
    row = uploaded(shop, kind, content)
    assert (row.state, row.error, row.file.name) == (ImportState.REFUSED, f"refused:{why}", "")


@pytest.mark.parametrize(("text", "number"), [
    ("1234", 1234), ("1,234", 1234), ("1.234", 1234), ("1 234", 1234), ("1\u202f234\u00a0567", 1234567),
    ("1'234", 1234), ("12.0", 12), ("", 0), ("–", 0), ("1,234,567", 1234567),
])
def test_counts_with_separators(text: str, number: int) -> None:
    assert whole(text) == number


def test_amounts_in_two_ways_of_writing() -> None:
    assert amount("$1,234.50") == amount("1.234,50 €") == amount("1 234,50") == Decimal("1234.50")
    for wrong in ("abc", "-5", "1e400", "nan"):
        with pytest.raises(Broken):
            amount(wrong)


@pytest.mark.parametrize("text", [
    "2024-05-31", "20240531", "31.05.2024", "May 31, 2024", "31 May 2024", "2024/5/31",
    "2024-05-31T00:00:00",
])
def test_dates_in_several_forms(text: str) -> None:
    assert day_of(text) == date(2024, 5, 31)


def test_forms_of_log_lines() -> None:
    plain = b'192.0.2.1 - frank [10/Oct/2024:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326\n'
    named = b'shop.example:443 2001:db8::1 - - [10/Oct/2024:20:55:36 +0000] "GET /a HTTP/1.0" 200 - "-" "Mozilla/5.0 ' \
        b'(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"\n'
    common, combined = access_log.read(plain, "site.example"), access_log.read(named, "site.example")
    assert not isinstance(common, str)
    assert not isinstance(combined, str)
    assert (common.at, combined.at) == (1_728_593_736_000, 1_728_593_736_000)
    assert (common.event["url"], combined.event["url"]) == ("https://site.example/a", "https://shop.example/a")
    assert (common.ip, common.server, combined.ip, combined.server) == ("192.0.2.1", True, "2001:db8::1", False)


@pytest.mark.parametrize(("path", "page"), [
    ("/", True), ("/about", True), ("/a/b.html?x=1", True), ("/index.php", True), ("/v1.2/notes", True),
    ("/style.css?v=3", False), ("/photo.JPG", False), ("/wp-admin/x", False), ("/blog/feed/", False),
])
def test_what_is_a_page(path: str, page: bool) -> None:
    assert access_log.is_page(path) is page
