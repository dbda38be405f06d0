"""What comes over a page's socket, how often, and what happens when the page was away."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import Organization, User
from apps.metrics import consumers, live, ticker
from tests.metrics.conftest import Shop
from tests.metrics.sockets import PATIENCE_SECONDS, Open, follow, heard, mark, settled, until, until_type

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("topics")]


async def test_a_page_gets_the_state_at_once_and_each_change_by_itself(
    opened: Open, shop: Shop, organization: Organization, alice: User
) -> None:
    shop.add(organization, timezone.now(), "10")
    socket = await opened(alice, organization)

    first = await follow(socket, "shop")
    assert first["topic"] == "shop"
    assert first["values"]["shop.orders"]["text"] == "1"
    assert first["values"]["shop.revenue"]["text"] == "€10.00"

    shop.add(organization, timezone.now(), "2.50")
    await mark(organization)
    second = (await until(socket, 2))[-1]

    assert second["values"]["shop.revenue"]["text"] == "€12.50"
    assert second["seq"] > first["seq"]


async def test_many_changes_are_about_one_message_a_second(
    opened: Open, shop: Shop, organization: Organization, alice: User
) -> None:
    socket = await opened(alice, organization)
    await follow(socket, "shop")
    await settled(shop, organization, socket)

    async def busy() -> None:
        for _ in range(250):
            shop.add(organization, timezone.now(), "1")
            await mark(organization)
            await asyncio.sleep(0.01)

    started = time.monotonic()
    work = asyncio.create_task(busy())
    messages = await until(socket, 251)
    await work

    assert len(messages) <= (time.monotonic() - started) / ticker.EVERY_SECONDS + 1


async def test_an_answer_is_worked_out_once_for_all_sockets(
    opened: Open, shop: Shop, organization: Organization, alice: User, bob: User
) -> None:
    sockets = [await opened(user, organization) for user in (alice, bob) for _ in range(5)]
    for socket in sockets:
        await follow(socket, "shop")
    await settled(shop, organization, *sockets)
    before = shop.asked

    shop.add(organization, timezone.now(), "1")
    await mark(organization)
    texts = {json.dumps((await until(socket, 2))[-1]["values"]) for socket in sockets}

    # Orders and revenue, each in up to three uncounted hours of today; once more when the idle look comes between.
    assert shop.asked - before <= 12 < 6 * len(sockets)
    assert len(texts) == 1


async def test_a_page_that_was_away_gets_what_it_missed(
    opened: Open, shop: Shop, organization: Organization, alice: User
) -> None:
    shop.add(organization, timezone.now(), "10")
    socket = await opened(alice, organization)
    first = await follow(socket, "shop")
    await socket.disconnect()
    for _ in range(3):
        shop.add(organization, timezone.now(), "10")
        await mark(organization)
    await mark(organization, "activity")

    back = await opened(alice, organization)
    caught_up = await follow(back, "shop", since={"shop": first["seq"]})

    assert caught_up["values"]["shop.orders"]["value"] == 4
    assert caught_up["seq"] > first["seq"]
    assert (await until_type(back, "activity"))[-1] == {"type": "activity", "topic": "shop"}


async def test_changes_while_a_page_subscribes_are_not_lost(
    opened: Open, shop: Shop, organization: Organization, alice: User
) -> None:
    socket = await opened(alice, organization)
    for count in range(1, 15):
        await socket.send_json_to({"type": "subscribe", "topics": ["shop"] if count % 2 else ["store", "shop"]})
        shop.add(organization, timezone.now(), "1")
        await mark(organization)

    messages = await until(socket, 14) + await heard(socket, 2.2)
    of_shop = [message for message in messages if message["topic"] == "shop" and "seq" in message]

    assert of_shop[-1]["values"]["shop.orders"]["value"] == 14
    assert [message["seq"] for message in of_shop] == sorted(message["seq"] for message in of_shop)


async def test_a_signal_is_only_told(opened: Open, organization: Organization, alice: User) -> None:
    socket = await opened(alice, organization)
    await follow(socket, "shop")

    await mark(organization, "activity")

    assert (await until_type(socket, "activity"))[-1] == {"type": "activity", "topic": "shop"}


async def test_words_are_in_the_language_of_the_page(
    opened: Open, shop: Shop, organization: Organization, alice: User
) -> None:
    shop.add(organization, timezone.now(), "1234.50")
    alice.language = "de"
    german = await follow(await opened(alice, organization), "shop")
    alice.language = ""
    spanish = await follow(
        await opened(alice, organization, headers=[(b"accept-language", b"es-MX,es;q=0.9,en;q=0.5")]), "shop"
    )

    assert german["values"]["shop.revenue"]["text"] == "1.234\xa0€"
    assert spanish["values"]["shop.revenue"]["text"] == "1234\xa0€" or "€" in spanish["values"]["shop.revenue"]["text"]


async def test_a_topic_can_name_its_range(opened: Open, shop: Shop, organization: Organization, alice: User) -> None:
    socket = await opened(alice, organization)
    shop.add(organization, timezone.now(), "1")

    assert (await follow(socket, "shop.28d.year"))["values"]["shop.orders"]["value"] == 1
    for name in ("shop.fortnight", "shop.custom", "nothing", "shop.1.2.3.4", "store.8", "money2", "shop.²"):
        await socket.send_json_to({"type": "subscribe", "topics": [name]})
        answers = [await socket.receive_json_from(timeout=PATIENCE_SECONDS)]
        while answers[-1]["type"] == "metrics":  # still of the topic before
            answers.append(await socket.receive_json_from(timeout=PATIENCE_SECONDS))
        assert answers[-1] == {"type": "denied", "topic": name}
    assert (await follow(socket, "store.7"))["topic"] == "store.7"


async def test_a_hidden_page_gets_only_the_newest_when_it_is_shown(
    opened: Open, shop: Shop, organization: Organization, alice: User
) -> None:
    socket = await opened(alice, organization)
    await follow(socket, "shop")
    await settled(shop, organization, socket)
    await socket.send_json_to({"type": "pace", "hidden": True})
    await asyncio.sleep(0.5)  # until it is read
    for _ in range(3):
        shop.add(organization, timezone.now(), "1")
        await mark(organization)
        assert await heard(socket, 1.05) == []

    await socket.send_json_to({"type": "resume"})

    assert [message["values"]["shop.orders"]["value"] for message in await until(socket, 4)] == [4]


async def test_a_slow_page_gets_only_the_newest_when_it_answers(
    opened: Open, shop: Shop, organization: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "PING_SECONDS", 3.0)
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    monkeypatch.setattr(consumers, "SLOW_SECONDS", 0.0)
    socket = await opened(alice, organization)
    await follow(socket, "shop")
    await socket.send_json_to({"type": "pong"})
    assert (await until_type(socket, "ping"))[-1] == {"type": "ping"}
    await asyncio.sleep(0.1)
    for _ in range(2):
        shop.add(organization, timezone.now(), "1")
        await mark(organization)
        assert [message for message in await heard(socket, 0.9) if message["type"] != "ping"] == []

    await socket.send_json_to({"type": "pong"})

    told = [message for message in await until(socket, 2) if message["type"] != "ping"]
    assert [message["values"]["shop.orders"]["value"] for message in told] == [2]


async def test_nonsense_is_ignored_and_a_flood_is_cut_off(
    opened: Open, organization: Organization, alice: User
) -> None:
    socket = await opened(alice, organization)
    for text in (" ", "[]", "{", "null", '{"type": []}', '{"type": "subscribe", "topics": 5, "since": 3}', "\x00"):
        await socket.send_to(text_data=text)
    await socket.send_to(bytes_data=b"\xff\xfe")
    assert (await follow(socket, "shop"))["type"] == "metrics"
    await heard(socket, 0.2)

    await socket.send_to(text_data="x" * 9000)

    assert (await socket.receive_output(timeout=PATIENCE_SECONDS))["code"] == 4429


async def test_the_ticker_stops_with_the_last_socket(opened: Open, organization: Organization, alice: User) -> None:
    sockets = [await opened(alice, organization) for _ in range(2)]
    for socket in sockets:
        await follow(socket, "shop")
    assert len(ticker.ticker()._tasks) == 2

    for socket in sockets:
        await socket.disconnect()

    assert ticker.ticker()._tasks == []
    assert ticker.ticker()._groups == {}


async def test_the_idle_look_sends_only_what_differs(
    opened: Open, shop: Shop, organization: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "STALE_SECONDS", 0.4)
    monkeypatch.setattr("apps.metrics.cached.SECONDS", 0)
    monkeypatch.setattr(ticker, "EVERY_SECONDS", 0.1)
    socket = await opened(alice, organization)
    await follow(socket, "shop")
    await heard(socket, 1.0)
    assert await heard(socket, 1.0) == []

    shop.add(organization, timezone.now(), "1")

    assert [message["values"]["shop.orders"]["value"] for message in await until(socket, 1)] == [1]


def test_marking_never_raises(settings: Any, organization: Organization) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    live.mark_dirty([organization.id], "points")

    assert live.version([organization.id], "points") == ""


def test_a_topic_has_one_word_and_one_declaration() -> None:
    for key in ("shop", "two words", "a.b"):
        with pytest.raises(ValueError, match="word"):
            live.register_topic(key, metrics=lambda org, subject: [], action="home.view")
