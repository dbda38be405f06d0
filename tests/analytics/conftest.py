"""A pipeline core that works inside the test's own transaction, and a sender of events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from django.db import connection

from apps.accounts.models import Organization
from apps.analytics.enrichment.places import Places
from apps.analytics.enums import Dimension, Origin, StoreGrain
from apps.analytics.models import Rollup, Site
from apps.analytics.pipeline.clock import at_ms
from apps.analytics.pipeline.core import Core, Outcome
from apps.analytics.pipeline.hits import Envelope
from apps.analytics.pipeline.runner import Runner
from apps.core.tenancy import every_tenant
from tests.analytics.columns.fixtures import house, in_clickhouse, store  # noqa: F401 -- fixtures
from tests.analytics.visited import two_visits
from tests.factories.accounts import OrganizationFactory
from tests.factories.analytics import SiteFactory

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1"
)
SCRATCH = "TRUNCATE new_event, new_visit, changed_visit, rollup_change"


class SharedConnection:
    """The test's connection as the pipeline uses one: psycopg's own cursors, and scratch tables that are emptied when
    a transaction ends, although the test's own transaction never does."""

    broken = False

    def __init__(self) -> None:
        connection.ensure_connection()
        self._raw = connection.connection

    def cursor(self, binary: bool = False) -> psycopg.Cursor[Any]:
        psycopg.Cursor(self._raw).execute("SELECT set_config('mainstay.orgs', '*', false)")
        connection._told = None  # the ORM must say again whose rows it may see
        cursor = psycopg.Cursor(self._raw)
        cursor._adapters = psycopg.adapt.AdaptersMap(psycopg.adapters)
        cursor.format = psycopg.pq.Format(int(binary))
        return cursor

    def execute(self, sql: str, params: Any = None) -> psycopg.Cursor[Any]:
        return self.cursor().execute(sql, params)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._raw.transaction():
            yield
            self.execute(SCRATCH)


class Sender:
    """Sends to one site at told times; `core` digests at once unless `hold` is set."""

    def __init__(self, core: Core, site: Site) -> None:
        self.core, self.site = core, site
        self._ids = itertools.count(1)
        self.last: Outcome | None = None

    def envelope(
        self, at: datetime, *events: dict[str, Any], ip: str = "203.0.113.7", ua: str = CHROME,
        origin: Origin = Origin.BROWSER, raw: bytes | None = None, site: Site | None = None, **common: Any,
    ) -> Envelope:
        body = raw if raw is not None else orjson.dumps({**common, "events": list(events)})
        return Envelope(next(self._ids), at_ms(at), (site or self.site).id, int(origin), ip, ua, body)

    def digest(self, *envelopes: Envelope) -> Outcome:
        now = max(envelope.received for envelope in envelopes)
        with self.core.connection.transaction():
            self.last = self.core.process(list(envelopes), now)
        self.core.committed(self.last)
        return self.last

    def send(self, at: datetime, *events: dict[str, Any], **more: Any) -> Outcome:
        return self.digest(self.envelope(at, *events, **more))

    def view(self, at: datetime, path: str = "/", ref: str = "", **more: Any) -> Outcome:
        return self.send(at, view(path, ref, host=self.site.domains[0]), **more)


def view(path: str = "/", ref: str = "", host: str = "site.example", **more: Any) -> dict[str, Any]:
    """A page view as the tracker sends it."""
    return {"name": "pageview", "url": f"https://{host}{path}", "ref": ref, **more}


@pytest.fixture
def site(organization: Organization) -> Site:
    """A site of Alice's business, in Berlin."""
    return SiteFactory(organization=organization, domains=["site.example"])


@pytest.fixture
def shop(transactional_db: None) -> Site:
    """A site that a pipeline of its own connections can see."""
    return SiteFactory(organization=OrganizationFactory(slug="shop"), domains=["site.example"])


@pytest.fixture
def runner(shop: Site) -> Iterator[Runner]:
    """The pipeline, which is asked for one batch after the other."""
    found = Runner()
    found.start()
    yield found
    found.close()


@pytest.fixture
def core(db: None) -> Core:
    """A pipeline without databases of places."""
    return Core(SharedConnection(), Places())


@pytest.fixture
def sender(core: Core, site: Site) -> Sender:
    """Sends to `site`."""
    return Sender(core, site)


@pytest.fixture
def visited(sender: Sender, site: Site) -> Iterator[Site]:
    """The site with two visits of today, at a standing clock (`tests.analytics.visited`)."""
    yield from two_visits(sender, site, PHONE)


def figures(
    site: Site, dimension: Dimension = Dimension.TOTAL, grain: StoreGrain = StoreGrain.DAY,
) -> dict[tuple[datetime, str], dict[str, Any]]:
    """The stored rows of a dimension by bucket and value, without zeros."""
    with every_tenant():
        rows = Rollup.objects.filter(site=site, dim=dimension, grain=grain)
        found = {}
        for row in rows:
            measures = {name: getattr(row, name) for name in MEASURES if getattr(row, name)}
            if measures:
                found[(row.bucket, row.value)] = measures
        return found


def total(site: Site, measure: str, dimension: Dimension = Dimension.TOTAL, value: str | None = None) -> Any:
    """The sum of a measure over all days, of one value or of all."""
    rows = figures(site, dimension).items()
    return sum(row.get(measure, 0) for (_bucket, found), row in rows if value is None or found == value)


MEASURES = (
    "visitors", "sessions", "pageviews", "events", "bounces", "engaged_ms", "duration_s", "conversions", "orders",
    "revenue",
)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
