"""kill -9 of every process, one after the other, under load: what was accepted is stored, and nothing is doubled."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Invitation
from apps.analytics.enums import DeliveryState, Dimension, StoreGrain
from apps.analytics.models import Delivery as EventDelivery
from apps.analytics.pipeline.marks import event_mark
from apps.analytics.providers.webhook import Webhook
from apps.core.models import OutboxEvent, OutboxReceipt
from apps.core.tenancy import every_tenant
from apps.notifications.models import Delivery
from tests.faults.conftest import SENT_ON, Estate
from tests.faults.counting import Counter
from tests.faults.senders import Browser, Caller, Inviter
from tests.house.processes import PATIENCE_SECONDS, wait_for

VICTIMS = ("web", "worker", "collector", "pipeline", "deliverer", "valkey", "postgres")
PATIENCE_OF_BROKER_SECONDS = 900
ROUNDS = 3
PIPELINE_KILLS = 12
DELIVERER_KILLS = 6


def callers(estate: Estate, browsers: int) -> tuple[list[Browser], Inviter]:
    """The load, running."""
    found = [
        Browser(estate.house.collector_url, estate.site.script_id, f"f{number}-", seed=number)
        for number in range(browsers)
    ]
    inviter = Inviter(estate.house.url, estate.organization.slug, estate.key)
    for caller in (*found, inviter):
        caller.start()
    return found, inviter


def ended(browsers: list[Browser], inviter: Inviter) -> None:
    """Let the load finish what it has begun."""
    for caller in (*browsers, inviter):
        caller.end()
    for caller in (*browsers, inviter):
        caller.join(PATIENCE_SECONDS)
        assert not caller.is_alive()
        assert caller.refusals == []


def everything_stored_once(estate: Estate, browsers: list[Browser]) -> dict[str, Any]:
    """Hold what is stored against what was acknowledged; gives the counts."""
    counter = Counter(estate.postgres.url, estate.site.id)
    wait_for(lambda: counter.waiting() == 0, "an empty inbox")
    acknowledged = [event for browser in browsers for event in browser.acknowledged]
    lost, doubled, others = counter.lost_and_doubled(acknowledged)
    counts = {"acknowledged": len(acknowledged), "stored": counter.events()["events"], "lost": lost, "doubled": doubled}
    assert len(set(acknowledged)) == len(acknowledged)
    assert (lost, doubled, others) == (0, 0, 0), counts
    assert counts["stored"] == len(acknowledged)
    assert counter.ask("SELECT count(*) FROM analytics_deadletter WHERE site_id = %s") == [(0,)]
    return counts


def everything_sent_on(estate: Estate) -> dict[str, int]:
    """Every stored event of the kinds that go to the receiver has arrived there, at least once and under its own id."""
    counter = Counter(estate.postgres.url, estate.site.id)
    stored = {row[0] for row in counter.ask(
        "SELECT id FROM analytics_event WHERE site_id = %s AND name = ANY(%s)", list(SENT_ON))}

    connection.close()  # PostgreSQL was killed under it

    def at_rest() -> bool:
        with every_tenant():
            return not EventDelivery.objects.exclude(state=DeliveryState.SENT).exists()

    patience = PATIENCE_SECONDS + len(stored) / Webhook.per_second  # nobody is asked more often
    wait_for(at_rest, "every event sent on", patience, every=0.5)
    arrived = [(headers["webhook-id"], json.loads(body)["data"]) for headers, body in estate.receiver.requests]
    ids: dict[str, set[str]] = {}
    for under, data in arrived:  # an order is stored under its number, and sent under the id of its page
        ids.setdefault(f"purchase-{data['order_id']}" if "order_id" in data else data["id"], set()).add(under)
    assert {event_mark(estate.site.id, one) for one in ids} == stored
    assert {len(found) for found in ids.values()} == {1}
    return {"sent on": len(stored), "arrived again": len(arrived) - len(stored)}


def figures_add_up(estate: Estate) -> dict[str, Any]:
    """Rollups and sessions say what a plain count of the events says; gives that count."""
    counter = Counter(estate.postgres.url, estate.site.id)
    plain = counter.events()
    for grain in (StoreGrain.HOUR, StoreGrain.DAY):
        assert counter.rollups(Dimension.TOTAL, grain) == plain
    for dimension in (Dimension.CHANNEL, Dimension.DEVICE, Dimension.COUNTRY):
        assert counter.rollups(dimension, StoreGrain.DAY) == plain
    pages = counter.rollups(Dimension.PAGE, StoreGrain.DAY)
    assert (pages["pageviews"], pages["events"]) == (plain["pageviews"], plain["events"])
    assert counter.sessions() == plain
    assert counter.uneven_sessions() == 0
    uniques = counter.uniques()
    assert {name: plainly for name, (plainly, _) in uniques.items()} == {n: int(c) for n, (_, c) in uniques.items()}
    return plain | {name: plainly for name, (plainly, _) in uniques.items()}


def unsent(mails: Any, invited: dict[str, int]) -> set[int]:
    """The invitations whose mail is not out yet, except those a killed worker was just handing over."""
    out = {*mails.filter(status__in=["sent", "sending"]).values_list("to", flat=True)}
    return {pk for email, pk in invited.items() if email not in out}


def held(estate: Estate) -> set[int]:
    """The invitations whose task a worker has taken and not finished: the broker gives it out again in 15 minutes."""
    found = set()
    with redis.Redis.from_url(estate.valkey.url) as broker:
        for packed in broker.hvals("unacked"):
            message = json.loads(packed)[0]
            if message["headers"]["task"] == "apps.accounts.tasks.send_invitation":
                found.add(json.loads(base64.b64decode(message["body"]))[0][1])
    return found


def let_time_pass(estate: Estate) -> None:
    """As if 15 minutes had gone by for what killed workers held."""
    with redis.Redis.from_url(estate.valkey.url) as broker:
        for tag in broker.zrange("unacked_index", 0, -1):
            broker.zincrby("unacked_index", -PATIENCE_OF_BROKER_SECONDS, tag)
    long_ago = timezone.now() - timedelta(seconds=PATIENCE_OF_BROKER_SECONDS)
    Delivery.objects.filter(status="sending").update(sending_since=long_ago)


def events_received_once(estate: Estate, inviter: Inviter, *, time_passes: bool = False) -> dict[str, int]:
    """Every acknowledged invitation is there once, its event was handed over once, its mail written at most once.

    With `time_passes` also: exactly once, after what killed workers held was given out again.
    """
    connection.close()  # PostgreSQL was killed under it
    with every_tenant():
        waiting = OutboxEvent.objects.filter(dispatched_at=None)
        wait_for(lambda: estate.keep() or not waiting.exists(), "an empty outbox", every=0.5)
        rows = dict(Invitation.objects.values_list("email", "pk"))
        assert set(inviter.acknowledged) <= set(rows) <= {*inviter.acknowledged, *inviter.cut}
        sent = OutboxEvent.objects.filter(name="accounts.invitation_sent")
        told = [row["invitation_id"] for row in sent.values_list("payload", flat=True)]
        assert sorted(told) == sorted(rows.values())
        assert not OutboxEvent.objects.exclude(failed_at=None).exists()
        receipts = OutboxReceipt.objects.filter(event_id__in=sent.values("id")).values_list("event_id", "receiver")
        receivers = {receiver for _, receiver in receipts}
        assert len(receipts) == len(set(receipts)) == len(told) * len(receivers)
        mails = Delivery.objects.filter(to__in=rows)
        wait_for(
            lambda: estate.keep() or unsent(mails, rows) <= held(estate), "every mail that no killed worker holds",
            every=0.5,
        )
        if time_passes:
            let_time_pass(estate)
            # A worker looks for what was taken and not finished every hundred seconds.
            wait_for(
                lambda: estate.keep() or mails.filter(status="sent").count() == len(rows), "every mail", every=0.5
            )
        written = list(mails.values_list("to", flat=True))
    assert len(written) == len(set(written))
    return {"invitations": len(rows), "events": len(told), "receipts": len(receipts), "mails": len(written)}


def kill_each(estate: Estate, callers: list[Caller], steady: Callable[..., None]) -> dict[str, float]:
    """Kill every process once under load; gives the seconds until all of these callers were served again."""
    found = {}
    for name in VICTIMS:
        steady(callers)
        estate.kill(name)
        killed = time.monotonic()
        time.sleep(0.3)  # the others go on without it for a moment
        estate.start(name)
        steady(callers, 1)
        found[name] = round(time.monotonic() - killed, 1)
    return found


def test_every_process_killed_once(estate: Estate, steady: Callable[..., None]) -> None:
    browsers, inviter = callers(estate, 3)
    steady([inviter])
    away = kill_each(estate, browsers, steady)
    steady([inviter])
    ended(browsers, inviter)

    stored = everything_stored_once(estate, browsers)
    sent_on = everything_sent_on(estate)
    figures = figures_add_up(estate)
    outbox = events_received_once(estate, inviter)
    retries = sum(browser.retries for browser in browsers)
    counts = stored | sent_on
    print(f"\n{counts}\n{figures}\n{outbox}\n{retries} requests sent again; seconds until served: {away}")


@pytest.mark.faults
def test_every_process_killed_again_and_again(estate: Estate, steady: Callable[..., None]) -> None:
    browsers, inviter = callers(estate, 6)
    rounds = [kill_each(estate, [*browsers, inviter], steady) for _ in range(ROUNDS)]
    for number in range(PIPELINE_KILLS):
        # At any moment of a batch: the pauses run through a whole second.
        steady(browsers)
        time.sleep(number / PIPELINE_KILLS)
        estate.kill("pipeline")
        estate.start("pipeline")
    for number in range(DELIVERER_KILLS):
        # At any moment of a request and of what is written down about it.
        steady(browsers)
        time.sleep(number / DELIVERER_KILLS)
        estate.kill("deliverer")
        estate.start("deliverer")
    for name in VICTIMS:  # all gone at once
        estate.kill(name)
    for name in reversed(VICTIMS):
        estate.start(name)
    steady([*browsers, inviter])
    ended(browsers, inviter)

    stored = everything_stored_once(estate, browsers)
    sent_on = everything_sent_on(estate)
    figures = figures_add_up(estate)
    outbox = events_received_once(estate, inviter, time_passes=True)
    slowest = {name: max(found[name] for found in rounds) for name in VICTIMS}
    retries = sum(browser.retries for browser in browsers)
    counts = stored | sent_on
    print(f"\n{counts}\n{figures}\n{outbox}\n{retries} requests sent again; most seconds until served: {slowest}")
