"""A small table of networks in the form of the real one, and senders from known networks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.analytics.enrichment.networks import Networks
from apps.analytics.enrichment.places import Places
from apps.analytics.models import Site
from apps.analytics.pipeline.core import Core
from tests.analytics.conftest import Sender, SharedConnection
from tests.analytics.conftest import core as core
from tests.analytics.conftest import sender as plain_sender  # noqa: F401 -- the usual one
from tests.analytics.conftest import site as site

NOW = datetime(2026, 11, 19, 13, 30, tzinfo=UTC)
ACME, UNI, TELCO, CLOUD, ACME6 = "5.10.1.7", "5.10.2.7", "5.10.3.7", "5.10.4.7", "2a02:1234::77"
_V4 = """84541696,84541951,64500,Acme Machines GmbH
84541952,84542207,64501,"University of Testing, Main Campus"
84542208,84542463,64502,Sample Telecom AG
84542464,84542719,64503,Example Cloud Hosting BV
84542720,84542975,64504,Globex Ltd
"""
_V6 = """2a02:1234::,2a02:1234:ffff:ffff:ffff:ffff:ffff:ffff,64500,Acme Machines GmbH
"""


@pytest.fixture(scope="session")
def table(tmp_path_factory: Any) -> Path:
    """Five networks, one of them in both versions."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "asn-ipv4-num.csv").write_text(_V4)
    (folder / "asn-ipv6.csv").write_text(_V6)
    return folder


@pytest.fixture
def sender(db: None, site: Site, table: Path) -> Sender:
    """Sends to `site` through a pipeline that knows those networks."""
    return Sender(Core(SharedConnection(), Places(), Networks(str(table))), site)
