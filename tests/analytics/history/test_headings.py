"""Reports of Google Analytics in the languages of the people who download them, and columns that their owner names."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import AuditEntry, User
from apps.analytics.enums import Dimension, ImportKind, ImportState
from apps.analytics.forms_imports import ColumnsForm
from apps.analytics.history import ga4, headings
from apps.analytics.history.files import Upload
from apps.analytics.import_words import COLUMNS
from apps.analytics.models import Import, Site
from apps.analytics.pipeline.runner import Runner
from apps.analytics.services import imports
from apps.core.models import OutboxEvent
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.history.test_imports import uploaded, worked
from tests.factories.analytics import SiteFactory

DUTCH = "Datum bezoek;Bezoekers <b>;Sessies;Landnaam\n01.02.2025;90;120;Duitsland\n02.02.2025;80;1.100;Frankrijk\n"


@pytest.fixture
def shop(organization: Any, settings: Any, tmp_path: Path) -> Site:
    settings.MEDIA_ROOT = str(tmp_path)
    return SiteFactory(organization=organization, domains=["site.example"])


def rows(tmp_path: Path, text: str, named: Mapping[str, str] | None = None) -> list[tuple[str, Any]]:
    path = tmp_path / "report.csv"
    path.write_text(text)
    return [(table.partition("#")[0], item) for table, item in ga4.parsed(Upload(path), named)]


def unclear(tmp_path: Path, text: str) -> list[list[list[str]]]:
    found: list[Any] = []
    path = tmp_path / "report.csv"
    path.write_text(text)
    with contextlib.suppress(ga4.Refused):
        list(ga4.parsed(Upload(path), {}, found))
    return found


def test_the_list_of_headings_is_whole() -> None:
    with headings.FILE.open(encoding="utf-8", newline="") as lines:
        entries = list(csv.DictReader(lines))

    plain = [headings.plain(row["heading"]) for row in entries]
    assert all(plain)
    assert len(set(plain)) == len(plain)  # one heading never means two things, in no two languages
    assert {row["meaning"] for row in entries} <= headings.COLUMNS | {"sum", "nothing"}
    assert all(row["source"] and date.fromisoformat(row["checked"]) and len(row["language"]) == 2 for row in entries)
    assert set(COLUMNS) == headings.COLUMNS


@pytest.mark.parametrize(("text", "table", "dimension", "value", "figures"), [
    ("# Startdatum: 20250101\nDatum,Sitzung – primäre Channelgruppe (Standard-Channelgruppe),Engagement-Rate,Sitzungen,"
     "Nutzer insgesamt,Gesamtumsatz\n20250103,Organic Search,0.62,1200,900,1234.5\n",
     "channel", Dimension.CHANNEL, "organic_search",
     {"sessions": 1200, "visitors": 900, "revenue": Decimal("1234.5")}),
    ("Fecha,Categoría del dispositivo,Vistas,Usuarios activos\n20250103,mobile,50,40\n",
     "device", Dimension.DEVICE, "mobile", {"pageviews": 50, "visitors": 40}),
    ("Date;Source/support de la session;Sessions;Événements clés;Revenu total\n"
     "20250103;google / organic;1 200;40;1 234,56 €\n",
     "source_medium", Dimension.SOURCE, "google",
     {"sessions": 1200, "conversions": 40, "revenue": Decimal("1234.56")}),
    ("Data,Percorso pagina e classe schermata,Visualizzazioni,Utenti attivi,Conteggio eventi\n"
     "20250103,/menu/,70,60,200\n",
     "page", Dimension.PAGE, "/menu/", {"pageviews": 70, "visitors": 60, "events": 200}),
    ("Data,Origem da sessão,Sessões,Usuários ativos\n20250103,newsletter,7,6\n",
     "source", Dimension.SOURCE, "newsletter", {"sessions": 7, "visitors": 6}),
    ('Date,ページパス + クエリ文字列,表示回数,アクティブ ユーザー\n20250103,/a/,"12,345",3000\n',
     "page", Dimension.PAGE, "/a/", {"pageviews": 12345, "visitors": 3000}),
    ("Datum;Land;Sitzungen\n03.01.2025;Österreich;5\n", "country", Dimension.COUNTRY, "AT", {"sessions": 5}),
])
def test_reports_in_other_languages(
    tmp_path: Path, text: str, table: str, dimension: int, value: str, figures: dict[str, Any]
) -> None:
    [(name, found)] = rows(tmp_path, text)

    assert name == table
    assert (found[0].day, found[0].dimension, found[0].value) == (date(2025, 1, 3), dimension, value)
    assert found[0].figures == figures


@pytest.mark.parametrize("head", [
    "# Account: 20240101\n# Start date: 20250101\n# End date: 20250131\n",
    "# ---\n# Compte : Boulangerie\n# Date de début : 20250101\n# Date de fin : 20250131\n# ---\n",
    "# アカウント: shop\n# 開始日: 20250101\n# 終了日: 20250131\n",
])
def test_days_counted_from_the_first_in_any_language(tmp_path: Path, head: str) -> None:
    [(_name, found)] = rows(tmp_path, f"{head}\nNth day,Sessions\n0004,5\n")

    assert found[0].day == date(2025, 1, 5)


def test_rows_that_are_sums_or_say_nothing_are_known(tmp_path: Path) -> None:
    text = "Datum,Stadt,Sitzungen\nGesamt,,9\n20250103,(nicht festgelegt),4\n20250103,Köln,5\n"

    assert [item if isinstance(item, str) else item[0].value for _name, item in rows(tmp_path, text)] == [
        "sum", "empty", "Köln",
    ]


def test_tables_that_cannot_be_understood_are_told_with_a_guess(tmp_path: Path) -> None:
    [table] = unclear(tmp_path, f"# Rapport\n\n{DUTCH}")

    assert table == [
        ["datumbezoek", "Datum bezoek", "01.02.2025", "date"], ["bezoekersb", "Bezoekers <b>", "90", "ignore"],
        ["sessies", "Sessies", "120", "ignore"], ["landnaam", "Landnaam", "Duitsland", "split"],
    ]
    nothing_to_name = (
        "Country,Sessions\nGermany,5\nFrance,6\n",  # known, and without a day
        "Landnaam,Sessies\nDuitsland,5\nFrankrijk,6\n",  # no day, whatever the columns are called
        "Date,Sessions\n20250101,5\n",
    )
    assert [unclear(tmp_path, text) for text in nothing_to_name] == [[], [], []]


def test_columns_as_named(tmp_path: Path) -> None:
    named = {"datumbezoek": "date", "bezoekersb": "visitors", "sessies": "sessions", "landnaam": "country"}

    found = rows(tmp_path, DUTCH, named)

    assert [(item[0].day, item[0].value, item[0].figures) for _name, item in found] == [
        (date(2025, 2, 1), "DE", {"visitors": 90, "sessions": 120}),
        (date(2025, 2, 2), "FR", {"visitors": 80, "sessions": 1100}),
    ]
    with pytest.raises(ga4.Refused):
        rows(tmp_path, DUTCH, {**named, "landnaam": "split"})


@pytest.mark.parametrize(("kinds", "problem"), [
    (("ignore", "visitors", "sessions", "country"), "Choose one column that is the day"),
    (("date", "date", "sessions", "country"), "Choose one column that is the day"),
    (("date", "ignore", "ignore", "country"), "a column that is a figure"),
    (("date", "visitors", "sessions", "split"), "not left out"),
    (("date", "visitors", "sessions", "country"), ""),
])
def test_what_is_named_must_make_a_table(tmp_path: Path, kinds: tuple[str, ...], problem: str) -> None:
    form = ColumnsForm(unclear(tmp_path, DUTCH), {}, {f"c{at}": kind for at, kind in enumerate(kinds)})

    assert form.is_valid() is not bool(problem)
    assert problem in str(form.non_field_errors())


TOTALS = "Dag bezoek,Aantal sessies\n20250201,120\n20250202,130\n"


@pytest.mark.django_db(transaction=True)
def test_an_owner_names_the_columns_and_the_file_is_taken_in(
    shop: Site, client_of: Callable[[User], Client], alice: User, charlie: User, runner: Runner
) -> None:
    row = uploaded(shop, ImportKind.GA4, f"{TOTALS}\n{DUTCH.replace(';', ',').replace('1.100', '1100')}".encode())
    assert (row.state, row.error) == (ImportState.UNCLEAR, "")
    assert row.file.storage.exists(row.file.name)  # nothing is lost
    owner, here = client_of(alice), f"/o/bakery/traffic/{shop.script_id}/history/{row.pk}/"

    page = owner.get(here).content.decode()
    assert "Which column is what?" in page
    assert "Bezoekers &lt;b&gt;" in page
    assert "For example: Duitsland" in page
    wrong = owner.post(here, {f"c{at}": "ignore" for at in range(6)})
    assert (wrong.status_code, "Choose one column that is the day" in wrong.content.decode()) == (422, True)
    assert client_of(charlie).post(here, {}).status_code == 404
    named = dict(zip([f"c{at}" for at in range(6)],
                     ("date", "sessions", "date", "visitors", "sessions", "country"), strict=True))
    assert owner.post(here, named)["Location"] == here
    with every_tenant():
        assert OutboxEvent.objects.filter(name="analytics.import_uploaded").count() == 2
        assert AuditEntry.objects.filter(action="import.columns_named").count() == 1

    with tenant(shop.organization_id):
        row = Import.objects.get(pk=row.pk)
        assert imports.import_look(row=row) == ImportState.READY
        row = Import.objects.get(pk=row.pk)
        assert (row.preview["usable"], row.error, row.preview["named"]["dagbezoek"]) == (4, "", "date")
        imports.import_start(actor=None, row=row)
    worked(runner)
    with tenant(shop.organization_id):
        row = Import.objects.get(pk=row.pk)
    assert (row.state, row.taken, row.broken) == (ImportState.DONE, 4, 0)
    assert [datetime.fromisoformat(row.preview[end]).date() for end in ("first", "last")] == [
        date(2025, 2, 1), date(2025, 2, 2),
    ]


def test_names_that_lead_nowhere_can_be_changed(shop: Site) -> None:
    row = uploaded(shop, ImportKind.GA4, DUTCH.encode())
    named = {"datumbezoek": "date", "bezoekersb": "visitors", "sessies": "sessions", "landnaam": "country"}
    with tenant(shop.organization_id):
        imports.import_name_columns(actor=None, row=row, named=named)
        assert imports.import_look(row=Import.objects.get(pk=row.pk)) == ImportState.UNCLEAR
        row = Import.objects.get(pk=row.pk)

    assert (row.error, row.preview["named"]) == ("refused:no_totals", named)
    assert len(row.preview["unclear"][0]) == 4
    assert row.file.storage.exists(row.file.name)


def test_a_table_that_is_not_understood_is_told_beside_those_that_are(shop: Site) -> None:
    row = uploaded(shop, ImportKind.GA4, f"Date,Sessions\n20250201,120\n\n{DUTCH}".replace(";", ",").encode())

    assert (row.state, row.preview["usable"]) == (ImportState.READY, 1)
    assert [column[1] for column in row.preview["unclear"][0]] == [
        "Datum bezoek", "Bezoekers <b>", "Sessies", "Landnaam",
    ]
