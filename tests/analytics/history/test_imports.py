"""History taken in from files: real values, by the real pipeline, once only, and back."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.analytics.enums import Dimension, EventFlag, ImportKind, ImportState, StoreGrain
from apps.analytics.models import Event, Import, Rollup, Session, Site, StoreJob
from apps.analytics.pipeline import importing
from apps.analytics.pipeline.rebuild import rebuild_site
from apps.analytics.pipeline.runner import Runner
from apps.analytics.services import imports
from apps.analytics.services.import_upload import import_upload
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.conftest import CHROME, PHONE, figures, total, view
from tests.analytics.test_runner import drained, put

pytestmark = pytest.mark.django_db(transaction=True)
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LOG = [
    # a visit of two pages from a search engine, with all that its browser loads
    ("203.0.113.7", "10/Mar/2025:10:00:00 +0100", "GET / HTTP/1.1", 200, "https://www.google.com/", CHROME),
    ("203.0.113.7", "10/Mar/2025:10:00:01 +0100", "GET /style.css HTTP/1.1", 200, "https://site.example/", CHROME),
    ("203.0.113.7", "10/Mar/2025:10:01:00 +0100", "GET /prices?a=1 HTTP/1.1", 200, "https://site.example/", CHROME),
    # a phone, in the next hour and in another zone
    ("198.51.100.9", "10/Mar/2025:10:30:00 +0000", "GET /prices HTTP/2.0", 304, "-", PHONE),
    # what is no page view of a person
    ("198.51.100.1", "10/Mar/2025:11:00:00 +0000", "GET / HTTP/1.1", 200, "-", ROBOT),
    ("198.51.100.2", "10/Mar/2025:11:00:00 +0000", "GET / HTTP/1.1", 200, "-", "-"),
    ("198.51.100.3", "10/Mar/2025:11:00:00 +0000", "POST /contact HTTP/1.1", 200, "-", CHROME),
    ("198.51.100.3", "10/Mar/2025:11:00:00 +0000", "GET /gone HTTP/1.1", 404, "-", CHROME),
    ("198.51.100.3", "10/Mar/2025:11:00:00 +0000", "GET /old HTTP/1.1", 301, "-", CHROME),
    ("198.51.100.3", "10/Mar/2025:11:00:00 +0000", "GET /wp-json/x HTTP/1.1", 200, "-", CHROME),
]


def line(ip: str, at: str, request: str, status: int, ref: str, ua: str) -> str:
    return f'{ip} - - [{at}] "{request}" {status} 512 "{ref}" "{ua}"\n'


def log(*more: str) -> bytes:
    return "".join([*(line(*row) for row in LOG), *more]).encode()


def uploaded(site: Site, kind: str, content: bytes, name: str = "file") -> Import:
    with tenant(site.organization_id):
        row = import_upload(actor=None, site=site, kind=kind, upload=SimpleUploadedFile(name, content))
        imports.import_look(row=row)
        return Import.objects.get(pk=row.pk)


def worked(runner: Runner) -> None:
    for _turn in range(200):
        runner.jobs.look()
        runner.jobs.run_waiting()
        if not StoreJob.objects.filter(done_at=None).exists():
            return
    raise AssertionError("the jobs do not end")


def taken_in(runner: Runner, site: Site, kind: str, content: bytes, name: str = "file") -> Import:
    row = uploaded(site, kind, content, name)
    with tenant(site.organization_id):
        imports.import_start(actor=None, row=row)
    worked(runner)
    return again(row)


def again(row: Import) -> Import:
    with every_tenant():
        return Import.objects.get(pk=row.pk)


def undone(runner: Runner, row: Import) -> Import:
    with tenant(row.organization_id):
        imports.import_undo(actor=None, row=row)
    worked(runner)
    return again(row)


def zipped(**files: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(f"{name}.csv", text)
    return out.getvalue()


def test_a_log_becomes_visits_at_the_time_they_were(runner: Runner, shop: Site) -> None:
    row = uploaded(shop, ImportKind.ACCESS_LOG, log("not a line\n", line("nobody", "10/Mar/2025:11:00:00 +0000",
                                                                           "GET / HTTP/1.1", 200, "-", CHROME)))
    assert (row.state, row.preview["usable"], row.preview["broken"]) == (ImportState.READY, 3, 2)
    assert (row.preview["first"], row.preview["last"]) == ("2025-03-10T09:00+00:00", "2025-03-10T10:30+00:00")
    with tenant(shop.organization_id):
        imports.import_start(actor=None, row=row)
    worked(runner)

    row = again(row)
    assert (row.state, row.line, row.taken, row.broken) == (ImportState.DONE, 12, 3, 2)
    assert row.left == {"asset": 2, "robot": 2, "method": 1, "error": 1, "redirect": 1}
    assert row.faults == [[11, "shape"], [12, "address"]]
    assert (total(shop, "visitors"), total(shop, "sessions"), total(shop, "pageviews")) == (2, 2, 3)
    assert total(shop, "sessions", Dimension.CHANNEL, "organic_search") == 1
    assert total(shop, "pageviews", Dimension.PAGE, "/prices") == 2
    assert total(shop, "sessions", Dimension.DEVICE, "mobile") == 1
    assert {bucket for bucket, _value in figures(shop)} == {datetime(2025, 3, 9, 23, tzinfo=UTC)}
    with every_tenant():
        assert set(Event.objects.values_list("flags", flat=True)) == {EventFlag.IMPORTED}
        assert Event.objects.earliest("time").time == datetime(2025, 3, 10, 9, tzinfo=UTC)
    assert list(Path(row.file.storage.path("imports")).iterdir()) == []  # what is in needs no file


def test_twice_is_once_and_an_import_can_be_taken_back(runner: Runner, shop: Site) -> None:
    now = datetime.now(UTC) - timedelta(minutes=1)
    put(shop, view("/own"), at=now)
    drained(runner)
    own = figures(shop)
    first = taken_in(runner, shop, ImportKind.ACCESS_LOG, gzip.compress(log()))
    before = figures(shop)
    second = taken_in(runner, shop, ImportKind.ACCESS_LOG, log())

    assert (first.taken, second.taken, second.left["duplicate"]) == (3, 0, 3)
    assert figures(shop) == before != own
    with runner.core.connection.transaction():
        rebuild_site(runner.core.connection, shop.id)
    assert figures(shop) == before  # counted again from the stored events, it is the same

    assert undone(runner, first).state == ImportState.UNDONE
    assert figures(shop) == own
    with every_tenant():
        assert (Event.objects.count(), Session.objects.count()) == (1, 1)
    third = taken_in(runner, shop, ImportKind.ACCESS_LOG, log())
    assert (third.taken, figures(shop)) == (3, before)


def test_what_the_site_counted_itself_is_not_counted_again(runner: Runner, shop: Site) -> None:
    put(shop, view("/own"), at=datetime(2025, 3, 10, 12, tzinfo=UTC))
    drained(runner)
    row = taken_in(runner, shop, ImportKind.ACCESS_LOG, log(line("203.0.113.7", "09/Mar/2025:10:00:00 +0100",
                                                                 "GET / HTTP/1.1", 200, "-", CHROME)))
    assert (row.taken, row.left["measured"]) == (1, 3)
    assert total(shop, "pageviews") == 2


def test_an_import_that_is_killed_goes_on_where_it_was(
    runner: Runner, shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "EVENTS", 7)
    content = "".join(
        line(f"203.0.113.{number % 40}", f"{10 + number // 60}/Mar/2025:10:{number % 60:02d}:00 +0100",
             f"GET /{number % 9} HTTP/1.1", 200, "-", CHROME) for number in range(150)
    ).encode()
    row = uploaded(shop, ImportKind.ACCESS_LOG, content)
    with tenant(shop.organization_id):
        imports.import_start(actor=None, row=row)
    for _step in range(5):
        runner.jobs.look()
        runner.jobs.run_waiting()
    assert 0 < again(row).taken < 150
    monkeypatch.setattr(importing.Importer, "_write", _dies)
    with pytest.raises(SystemExit):
        runner.jobs.run_waiting()
    runner.close()
    monkeypatch.undo()

    runner.start()
    worked(runner)
    found = again(row)
    assert (found.state, found.line, found.taken) == (ImportState.DONE, 150, 150)
    halves = figures(shop), figures(shop, Dimension.PAGE)
    undone(runner, found)
    whole = taken_in(runner, shop, ImportKind.ACCESS_LOG, content)
    assert (whole.taken, figures(shop), figures(shop, Dimension.PAGE)) == (150, *halves)


def _dies(*_args: Any) -> None:
    raise SystemExit


PLAUSIBLE = {
    "imported_visitors": '"date","visitors","pageviews","bounces","visits","visit_duration"\n'
    '"2025-01-01",5,"1,050",2,7,8640\n"2025-01-02",3,4,2,3,43\n2025-13-01,1,1,1,1,1\n',
    "imported_sources": '"date","source","utm_medium","utm_campaign","utm_content","utm_term","visitors","visits",'
    '"visit_duration","bounces"\n2025-01-01,Google,organic,,,,3,4,100,1\n2025-01-01,,,,,,2,3,8540,1\n',
    "imported_pages": '"date","visitors","pageviews","exits","time_on_page","hostname","page"\n'
    "2025-01-01,5,1050,5,43,site.example,/\n",
    "imported_devices": "date,device,visitors,visits,visit_duration,bounces\n2025-01-01,Laptop,1,2,3,0\n"
    "2025-01-01,Desktop,4,5,60,1\n",
    "imported_custom_events": "date,name,link_url,path,visitors,events\n2025-01-02,Signup,,,2,3\n",
    "imported_locations": "date,country,region,city,visitors,visits,visit_duration,bounces\n"
    "2025-01-01,DE,DE-BE,2950159,5,7,8640,2\n",
}


def test_plausible_becomes_figures_of_days(runner: Runner, shop: Site) -> None:
    put(shop, view("/own"), at=datetime.now(UTC) - timedelta(days=1))
    drained(runner)
    row = taken_in(runner, shop, ImportKind.PLAUSIBLE, zipped(**PLAUSIBLE))

    assert (row.state, row.taken, row.broken) == (ImportState.DONE, 9, 1)
    day = (datetime(2024, 12, 31, 23, tzinfo=UTC), "")
    assert figures(shop)[day] == {
        "visitors": 5, "sessions": 7, "pageviews": 1050, "events": 1050, "bounces": 2, "duration_s": 8640,
    }
    assert total(shop, "events") == 1050 + 4 + 3 + 1
    assert total(shop, "sessions", Dimension.CHANNEL, "direct") == 3 + 1
    assert total(shop, "sessions", Dimension.SOURCE, "Google") == 4
    assert total(shop, "sessions", Dimension.DEVICE, "desktop") == 7 + 1
    assert total(shop, "engaged_ms", Dimension.PAGE, "/") == 43_000
    assert total(shop, "visitors", Dimension.COUNTRY, "DE") == 5
    assert total(shop, "events", Dimension.EVENT, "Signup") == 3
    before = figures(shop), figures(shop, grain=StoreGrain.MONTH)
    assert before[1][(datetime(2024, 12, 31, 23, tzinfo=UTC), "")]["pageviews"] == 1054
    with runner.core.connection.transaction():
        rebuild_site(runner.core.connection, shop.id)
    assert (figures(shop), figures(shop, grain=StoreGrain.MONTH)) == before  # kept, though there are no events

    twice = taken_in(runner, shop, ImportKind.PLAUSIBLE, zipped(**PLAUSIBLE))
    assert (twice.taken, twice.left["counted"], figures(shop)) == (0, 9, before[0])
    undone(runner, row)
    assert total(shop, "pageviews") == 1
    with every_tenant():
        assert Rollup.objects.filter(site=shop, bucket__lt=datetime(2025, 6, 1, tzinfo=UTC)).count() == 0
