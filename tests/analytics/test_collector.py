"""The collector's answers: what is accepted is stored, what is not is told why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import brotli
import orjson
import psycopg
import pytest
from django.db import connection

from apps.analytics.collector.app import Collector, Config
from apps.analytics.database import address
from apps.analytics.enums import SiteStatus
from apps.analytics.models import Inbox, Site
from apps.core.tenancy import every_tenant
from tests.analytics.conftest import CHROME
from tests.analytics.door import Door, event, in_thread, inbox
from tests.factories.accounts import ApiKeyFactory, OrganizationFactory
from tests.factories.analytics import SiteFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None) -> Site:
    return SiteFactory(organization=OrganizationFactory(slug="shop"), script_id="shopshopshop")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "tracker.js"
    path.write_text("const config=__MAINSTAY_CONFIG__;")
    return path


@pytest.fixture
def config(shop: Site, script: Path) -> Config:
    return Config(address(), "https://collect.test/api/track", script, rate=0)


@pytest.fixture
async def door(config: Config) -> AsyncIterator[Door]:
    async with Door(Collector(config)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_waiting_connections() -> Iterator[None]:
    yield
    connection.close()


async def test_an_accepted_event_is_in_the_inbox_when_the_answer_comes(door: Door, shop: Site) -> None:
    answer = await door.post(event(id="e1"))

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": []})
    assert answer.headers["access-control-allow-origin"] == "*"
    [row] = inbox()
    assert (row["site_id"], row["events"], row["ip"], row["ua"]) == (shop.id, 1, "192.0.2.1", CHROME)
    assert orjson.loads(row["body"]) == event(id="e1")


async def test_a_bad_event_does_not_take_good_ones_with_it(door: Door) -> None:
    answer = await door.post({
        "site": "shopshopshop", "sent": 1,
        "events": [event(), {"name": ""}, 7, event(url=5), event(site="nobodyknows1"), event(props={"a": [1]}),
                   event(revenue={"amount": "1.2.3"}), event(revenue={"amount": "1", "currency": "EURO"}),
                   event(ip="1.2.3.4"), event("signup")],
    })

    assert answer.status_code == 202
    told = answer.json()
    assert told["accepted"] == 2
    assert [(item["index"], item["code"]) for item in told["rejected"]] == [
        (1, "name"), (2, "not_an_object"), (3, "url"), (4, "site"), (5, "props"), (6, "revenue"), (7, "revenue"),
        (8, "server_only"),
    ]
    assert all(item["reason"] for item in told["rejected"])
    [row] = inbox()
    body = orjson.loads(row["body"])
    assert (row["events"], body["sent"], [item["name"] for item in body["events"]]) == (2, 1, ["pageview", "signup"])


async def test_a_batch_for_two_sites_becomes_a_row_for_each(door: Door, shop: Site) -> None:
    other = await in_thread(lambda: SiteFactory(organization=shop.organization, script_id="othersite000"))
    await door.app.directory.load()

    answer = await door.post([event(), event(site="othersite000"), event()])

    assert answer.json()["accepted"] == 3
    assert [(row["site_id"], row["events"]) for row in inbox()] == [(shop.id, 2), (other.id, 1)]


@pytest.mark.parametrize(("body", "status", "code"), [
    (b'{"site":', 400, "malformed"),
    (b'{"site":"shopshopshop","name":"\xff\xfe"}', 400, "malformed"),
    (b'{"site":"shopshopshop","name":"a\x00b"}', 400, "malformed"),
    (b"7", 400, "malformed"),
    (b"[]", 400, "empty"),
    (b'{"events":{}}', 400, "malformed"),
    (orjson.dumps([{"site": "shopshopshop", "name": "a"}] * 501), 413, "too_many"),
    (b'{"site":"shopshopshop","name":"a","title":"' + b"x" * (512 * 1024) + b'"}', 413, "too_large"),
])
async def test_what_cannot_be_read_is_refused_as_a_whole(door: Door, body: bytes, status: int, code: str) -> None:
    answer = await door.post(body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["reason"]
    assert inbox() == []


async def test_a_packed_body_is_refused_before_it_is_opened(door: Door) -> None:
    packed = await door.post(b"\x1f\x8b", content_encoding="gzip")

    assert (packed.status_code, packed.json()["code"]) == (415, "packed")
    assert (await door.post(event(), content_encoding="identity")).status_code == 202


async def test_five_hundred_events_fit(door: Door) -> None:
    answer = await door.post([{"site": "shopshopshop", "name": "a"}] * 500)

    assert (answer.status_code, answer.json()["accepted"]) == (202, 500)


async def test_nothing_acceptable_is_400_and_no_site_is_404(door: Door) -> None:
    assert (await door.post(event(name="x" * 65))).status_code == 400
    assert (await door.post(event(site="nobodyknows1"))).status_code == 404
    assert (await door.post([event(site="nobodyknows1"), event(site="nobodyknows2")])).status_code == 404
    assert inbox() == []


async def test_a_paused_site_is_unknown_within_seconds_and_known_again(door: Door, shop: Site) -> None:
    def set_status(status: SiteStatus) -> None:
        with every_tenant():
            Site.objects.filter(pk=shop.pk).update(status=status)

    await in_thread(set_status, SiteStatus.PAUSED)
    await asyncio.sleep(0.1)
    for expected, status in ((404, SiteStatus.ACTIVE), (202, SiteStatus.ACTIVE)):
        for _ in range(600):
            answer = await door.post(event())
            if answer.status_code == expected:
                break
            await asyncio.sleep(0.1)
        assert answer.status_code == expected
        await in_thread(set_status, status)
        await door.app.directory.load(everything=True)


@pytest.mark.parametrize(("depth", "forwarded", "expected"), [
    (0, "198.51.100.9", "192.0.2.1"),
    (1, "198.51.100.9", "198.51.100.9"),
    (1, "6.6.6.6, 198.51.100.9", "198.51.100.9"),
    (2, "6.6.6.6, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
    (2, "198.51.100.9", "192.0.2.1"),
    (1, "nonsense", "192.0.2.1"),
])
async def test_only_trusted_proxies_are_believed(
    config: Config, depth: int, forwarded: str, expected: str
) -> None:
    changed = Config(config.address, config.endpoint, config.script, proxies=depth, rate=0)
    async with Door(Collector(changed)) as door:
        await door.post(event(), X_Forwarded_For=forwarded)

    assert [row["ip"] for row in inbox()] == [expected]


async def test_an_endless_user_agent_is_cut_and_a_broken_one_mended(door: Door) -> None:
    await door.post(event(), User_Agent="Mozilla/5.0 " + "x" * 8192)
    await door.http.post("/api/track", content=orjson.dumps(event()), headers={"User-Agent": b"Mozilla \xff\xc3\xa9"})

    assert [(len(row["ua"]), row["ua"][:8]) for row in inbox()] == [(2048, "Mozilla/"), (9, "Mozilla ")]


async def test_one_address_must_slow_down_and_another_need_not(config: Config) -> None:
    slow = Config(config.address, config.endpoint, config.script, proxies=1, rate=1, burst=3)
    async with Door(Collector(slow)) as door:
        answers = [await door.post(event(), X_Forwarded_For="198.51.100.1") for _ in range(4)]
        other = await door.post(event(), X_Forwarded_For="198.51.100.2")

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[3].headers["retry-after"] in {"1", "2"}
    assert other.status_code == 202
    assert len(inbox()) == 4


async def test_a_long_backlog_makes_senders_wait(config: Config) -> None:
    short = Config(config.address, config.endpoint, config.script, rate=0, most_backlog=1)
    async with Door(Collector(short)) as door:
        for _ in range(4):
            await door.post(event())
        await door.app.directory.load()
        answer = await door.post(event())

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")


async def test_a_server_with_a_key_may_say_whose_event_it_is(door: Door, shop: Site) -> None:
    def keys() -> list[Any]:
        return [
            ApiKeyFactory(organization=shop.organization, scopes=["track"]),
            ApiKeyFactory(organization=shop.organization, scopes=["read"]),
            ApiKeyFactory(organization=OrganizationFactory(slug="stranger"), scopes=["track"]),
        ]

    good, reader, stranger = await in_thread(keys)
    body = event("purchase", uid="u1", ip="203.0.113.9", ua=CHROME)

    assert (await door.post(body, Authorization=f"Bearer {good.raw}")).status_code == 202
    assert (await door.post(body, Authorization=f"Bearer {reader.raw}")).status_code == 401
    assert (await door.post(body, Authorization=f"Bearer {good.raw}x")).status_code == 401
    assert (await door.post(body, Authorization="Bearer msk_nonsense")).status_code == 401
    foreign = await door.post(body, Authorization=f"Bearer {stranger.raw}")
    assert (foreign.status_code, foreign.json()["rejected"][0]["code"]) == (400, "site")
    assert [row["origin"] for row in inbox()] == [1]


async def test_without_postgresql_nothing_is_accepted_and_it_comes_back_by_itself(door: Door) -> None:
    def cut() -> None:
        with psycopg.connect(address(), autocommit=True) as found:
            found.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mainstay-tracking'"
                " AND pid <> pg_backend_pid() AND datname = current_database()"
            )

    await door.post(event(id="before"))
    await in_thread(cut)
    statuses = []
    for number in range(1200):
        answer = await door.post(event(id=f"e{number}"))
        statuses.append(answer.status_code)
        if answer.status_code == 202:
            break
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        await asyncio.sleep(0.05)

    assert (statuses[0], statuses[-1]) == (503, 202)
    assert [orjson.loads(row["body"])["id"] for row in inbox()] == ["before", f"e{len(statuses) - 1}"]


async def test_many_at_once_are_committed_together_and_all_are_there(door: Door) -> None:
    answers = await asyncio.gather(*(door.post(event(id=f"e{number}")) for number in range(200)))

    assert {answer.status_code for answer in answers} == {202}
    assert {orjson.loads(row["body"])["id"] for row in inbox()} == {f"e{number}" for number in range(200)}
    assert door.app.committer.commits < 100


async def test_the_script_of_a_site_is_there_as_soon_as_the_site_is(door: Door, shop: Site) -> None:
    for number in range(3):
        script_id = f"newsite0000{number}"
        await in_thread(lambda new=script_id: SiteFactory(organization=shop.organization, script_id=new))
        assert (await door.http.get(f"/t/{script_id}.js")).status_code == 200
    assert (await door.http.get("/t/nobodyknows1.js")).status_code == 404


async def test_the_script_carries_the_sites_settings_and_is_not_sent_twice(door: Door, shop: Site) -> None:
    answer = await door.http.get("/t/shopshopshop.js", headers={"Accept-Encoding": "gzip;q=0.5, br"})
    again = await door.http.get("/t/shopshopshop.js", headers={"If-None-Match": answer.headers["etag"]})

    assert (answer.status_code, answer.headers["content-encoding"]) == (200, "br")
    told = orjson.loads(answer.text.removeprefix("const config=").removesuffix(";"))
    assert (told["site"], told["endpoint"], told["domains"], told["spa"], told["consent"], told["test"]) == (
        "shopshopshop", "https://collect.test/api/track", shop.domains, True, False, False,
    )
    assert (again.status_code, again.content) == (304, b"")
    assert (await door.http.get("/t/nobodyknows1.js")).status_code == 404
    assert brotli.decompress(door.app.scripts._made[next(iter(door.app.scripts._made))].bodies[b"br"])


async def test_browsers_may_ask_and_operators_may_count(door: Door) -> None:
    preflight = await door.http.options("/api/track", headers={"Origin": "https://a.example"})
    await door.post(event())
    await door.post(b"x")
    metrics = await door.http.get("/metrics")
    door.http._transport.client = ("127.0.0.1", 1)  # type: ignore[attr-defined]
    local = await door.http.get("/metrics")
    proxied = await door.http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.1"})

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert (metrics.status_code, local.status_code, proxied.status_code) == (404, 200, 404)
    assert 'mainstay_collector_requests_total{status="202"} 1' in local.text
    assert 'mainstay_collector_requests_total{status="400"} 1' in local.text
    assert (await door.http.get("/healthz")).json()["status"] == "ok"
    assert (await door.http.get("/api/track")).status_code == 405
    assert await in_thread(Inbox.objects.filter(origin=0).count) == 1
