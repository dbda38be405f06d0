"""A small shop's facts, kept in memory, and metrics over them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from django.db import connections

from apps.accounts.models import Organization
from apps.core import cache as store
from apps.core.tenancy import current_org_id
from apps.metrics import frame, live, ranges, registry, ticker
from apps.metrics.contracts import Window
from apps.metrics.formulas import Quantile, Ratio
from apps.metrics.frame import Frame, Viewer
from apps.metrics.registry import Better, Metric, Sample, Thresholds, Unit
from config.sockets import websocket_urlpatterns
from tests.house.page_socket import PageSocket
from tests.metrics.sockets import Open

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Sale:
    """One fact."""

    org_id: int
    at: datetime
    amount: Decimal
    channel: str = ""
    store: int = 0


@dataclass
class Shop:
    """All facts of all tenants; `collect` must pick its own."""

    sales: list[Sale] = field(default_factory=list)
    asked: int = 0

    def add(self, organization: Organization, at: datetime, amount: str = "10", **more: Any) -> Sale:
        sale = Sale(organization.id, at, Decimal(amount), **more)
        self.sales.append(sale)
        return sale

    def within(self, window: Window) -> list[Sale]:
        self.asked += 1
        org_id = current_org_id()
        return [sale for sale in self.sales if sale.org_id == org_id and window.start <= sale.at < window.end]

    def orders(self, window: Window) -> Iterator[Sample]:
        for sale in self.within(window):
            yield Sample(1, subject=sale.store, dims={"channel": sale.channel})

    def revenue(self, window: Window) -> Iterator[Sample]:
        for sale in self.within(window):
            yield Sample(sale.amount, subject=sale.store, dims={"channel": sale.channel})

    def sizes(self, window: Window) -> Iterator[Sample]:
        for sale in self.within(window):
            yield Sample(1, measure="small" if sale.amount < 50 else "large")


@pytest.fixture(autouse=True)
def _redis() -> Iterator[None]:
    """Versions of organizations start anew; a breaker tripped by one test does not reach the next."""
    store.breaker.reset()
    yield
    store.breaker.reset()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The facts, with metrics over them registered for the length of a test."""
    monkeypatch.setattr(registry, "_metrics", dict(registry._metrics))
    facts = Shop()
    for metric in _metrics(facts):
        registry.register(metric)
    return facts


def _metrics(facts: Shop) -> list[Metric]:
    return [
        Metric(key="shop.orders", label="Orders", help="Orders placed.", unit=Unit.COUNT, collect=facts.orders,
               by=("channel",), thresholds=Thresholds(green=2, yellow=1)),
        Metric(key="shop.revenue", label="Revenue", help="Money taken.", unit=Unit.MONEY, collect=facts.revenue,
               by=("channel",)),
        Metric(key="shop.order_value", label="Order value", help="Money an order.", unit=Unit.MONEY,
               formula=Ratio("shop.revenue", "shop.orders"), by=("channel",)),
        Metric(key="shop.sizes", label="Orders by size", help="For the median.", unit=Unit.COUNT,
               collect=facts.sizes, formula=Quantile(0.5, ("shop.sizes.small", "shop.sizes.large"), (0, 50, 100)),
               better=Better.NONE),
    ]


def frame_of(organization: Organization, now: datetime, *, viewer: Viewer = frame.SYSTEM, **params: Any) -> Frame:
    """What a page would ask at this instant: `range=`, `compare=`, `subjects=`, `filters=`."""
    rest = {name: params.pop(name) for name in ("subjects", "filters") if name in params}
    period = ranges.parse({"range": "today", **params}, organization.tz, now=now)
    return Frame(
        period=period, organization_ids=(organization.id,), currency=organization.currency, viewer=viewer, **rest
    )


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    """Topics that pages of the shop follow."""
    monkeypatch.setattr(live, "_topics", {})
    live.register_topic("shop", metrics=lambda org, subject: ["shop.orders", "shop.revenue"], action="home.view",
                        signals=("activity",))
    live.register_topic("money", metrics=lambda org, subject: ["shop.revenue"], action="billing.manage")
    live.register_topic("store", metrics=lambda org, subject: ["shop.orders"], action="home.view",
                        subject=lambda number: Organization(id=1) if number == 7 else None)


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens sockets as a person, and closes them all at the end."""
    sockets: list[PageSocket] = []

    async def open_socket(user: Any, organization: Organization, **scope: Any) -> PageSocket:
        socket = PageSocket(URLRouter(websocket_urlpatterns), f"/ws/o/{organization.slug}/live/")
        socket.scope |= {"user": user, **scope}
        sockets.append(socket)
        socket.answer = await socket.connect(timeout=60)  # type: ignore[attr-defined]
        return socket

    yield open_socket
    for socket in sockets:
        await socket.disconnect(timeout=60)
    await ticker.ticker().stop()
    await sync_to_async(connections.close_all)()
    loop, both = asyncio.get_running_loop(), Barrier(2)

    def close() -> None:
        both.wait(60)
        connections.close_all()

    await asyncio.gather(*(loop.run_in_executor(ticker._pool, close) for _ in range(2)))
