"""A shop without a past, a pipeline, and a place for uploads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.analytics.models import Site
from apps.analytics.pipeline.runner import Runner
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def shop(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="shop"), domains=["site.example"])


@pytest.fixture
def runner(shop: Site) -> Iterator[Runner]:
    found = Runner()
    found.start()
    yield found
    found.close()
