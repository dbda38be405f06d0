"""How long files of history are kept: as long as somebody may still want them taken in, and thirty days at most."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.analytics.enums import ImportKind, ImportState
from apps.analytics.models import Import, Site
from apps.analytics.services.import_files import import_files_sweep, stray_files_sweep
from apps.analytics.services.import_upload import MOST_WAITING
from apps.analytics.tasks import sweep_import_files
from apps.core.tenancy import every_tenant, tenant
from tests.analytics.history.test_imports import log, uploaded
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

OLD = timedelta(days=31)


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Path) -> Site:
    settings.MEDIA_ROOT = str(tmp_path)
    return SiteFactory(domains=["site.example"])


def of_age(row: Import, state: str, age: timedelta) -> Import:
    at = timezone.now() - age
    with every_tenant():
        Import.objects.filter(pk=row.pk).update(state=state, created_at=at, finished_at=at)
        return Import.objects.get(pk=row.pk)


@pytest.mark.parametrize(("state", "age", "after", "kept"), [
    (ImportState.READY, OLD, ImportState.REFUSED, False),
    (ImportState.READY, timedelta(days=29), ImportState.READY, True),
    (ImportState.STOPPED, OLD, ImportState.STOPPED, False),
    (ImportState.FAILED, OLD, ImportState.FAILED, False),
    (ImportState.STOPPED, timedelta(days=29), ImportState.STOPPED, True),
    (ImportState.RUNNING, OLD, ImportState.RUNNING, True),
    (ImportState.DONE, timedelta(minutes=1), ImportState.DONE, False),
])
def test_a_file_goes_when_nobody_comes_back_to_it(
    shop: Site, django_capture_on_commit_callbacks: Any, state: str, age: timedelta, after: str, kept: bool
) -> None:
    row = of_age(uploaded(shop, ImportKind.ACCESS_LOG, log()), state, age)
    path = Path(row.file.path)
    other = uploaded(SiteFactory(organization=OrganizationFactory()), ImportKind.ACCESS_LOG, log())
    with tenant(shop.organization_id), django_capture_on_commit_callbacks(execute=True):
        gone = import_files_sweep(shop.organization)
    with every_tenant():
        found = Import.objects.get(pk=row.pk)
    assert (gone, found.state, bool(found.file), path.exists()) == (0 if kept else 1, after, kept, kept)
    assert found.error == ("refused:expired" if after == ImportState.REFUSED else "")
    assert Path(other.file.path).exists()


def test_what_no_import_knows_is_deleted_after_a_day(shop: Site) -> None:
    row = uploaded(shop, ImportKind.ACCESS_LOG, log())
    folder = Path(row.file.path).parent
    yesterday = time.time() - 90_000
    for name, at in (("a" * 32, yesterday), ("b" * 32, time.time()), (Path(row.file.path).name, yesterday)):
        (folder / name).touch()
        os.utime(folder / name, (at, at))
    assert stray_files_sweep() == 1
    assert {path.name for path in folder.iterdir()} == {"b" * 32, Path(row.file.path).name}


def test_an_upload_that_was_never_looked_through_is_looked_through(shop: Site) -> None:
    row = of_age(uploaded(shop, ImportKind.ACCESS_LOG, log()), ImportState.CHECKING, timedelta(hours=2))
    assert sweep_import_files() == 0
    with every_tenant():
        assert Import.objects.get(pk=row.pk).state == ImportState.READY


def test_a_file_that_is_too_large_is_not_kept(shop: Site, settings: Any) -> None:
    settings.IMPORT_MOST_MB = 1
    with pytest.raises(ValidationError, match=r"larger than 1\.0"):
        uploaded(shop, ImportKind.ACCESS_LOG, log() * 1200)
    with every_tenant():
        assert Import.objects.count() == 0


def test_files_that_are_in_do_not_stand_in_the_way_of_more(shop: Site) -> None:
    with tenant(shop.organization_id):
        for _number in range(MOST_WAITING):
            Import.objects.create(site=shop, kind=ImportKind.ACCESS_LOG, state=ImportState.DONE, name="a")
    assert uploaded(shop, ImportKind.ACCESS_LOG, log()).state == ImportState.READY
