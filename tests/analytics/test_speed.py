"""The card that says how fast a site loads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.analytics.models import Site
from apps.analytics.views import speed
from tests.analytics.conftest import MINUTE, PHONE, SECOND, Sender
from tests.analytics.visited import NOW, at, seen

ClientOf = Callable[[User], Client]


def test_loading_speed_is_judged_by_three_of_four_visitors(
    visited: Site, sender: Sender, alice: User, client_of: ClientOf
) -> None:
    for number in range(4):
        sender.send(NOW - 30 * MINUTE + number * SECOND, {
            "name": "vitals", "url": "https://site.example/shop",
            "vitals": {"lcp": 3100 + number, "inp": 90, "cls": 0.31, "fcp": 1250, "ttfb": 310},
        })

    facts = seen(client_of(alice), at(visited, "?range=today"))["speed"]

    assert facts["state"] == "ok"
    assert facts["sentence"] == "Many visitors wait too long, or see pages jump."
    assert [(cell["tone"], str(cell["word"])) for cell in facts["cells"]] == [
        ("attention", "Fair"), ("good", "Good"), ("bad", "Poor"), ("good", "Good"), ("good", "Good"),
    ]


def test_loading_speed_under_a_filter_comes_when_it_is_asked_for(
    visited: Site, sender: Sender, alice: User, client_of: ClientOf
) -> None:
    sender.send(NOW - 30 * MINUTE, {
        "name": "vitals", "url": "https://site.example/shop", "vitals": {"lcp": 900, "cls": 0.01},
    }, ip="198.51.100.9", ua=PHONE)
    client = client_of(alice)
    address = at(visited, "?range=today&f=device:is:mobile")
    card = seen(client, address)["speed"]

    assert card["state"] == "loading"
    asked = client.get(card["href"], headers={"HX-Request": "true", "HX-Target": "section#panel-speed"})
    assert asked.context["speed"]["sentence"] == "At least three of four visitors get a fast page."
    assert [str(cell["word"]) for cell in asked.context["speed"]["cells"]] == ["Good", "", "Good", "", ""]
    other = client.get(
        card["href"].replace("mobile", "desktop"), headers={"HX-Request": "true", "HX-Target": "section#panel-speed"}
    )
    assert other.context["speed"]["state"] == "empty"


@pytest.mark.parametrize(("key", "value", "text"), [
    ("analytics.vital_lcp", 2140.0, "2.1 s"), ("analytics.vital_inp", 143.4, "143 ms"), (speed.SHIFT, 0.066, "0.07"),
    (speed.SHIFT, None, "–"),
])
def test_speeds_read_as_people_say_them(key: str, value: float | None, text: str) -> None:
    assert speed.say_speed(key, value) == text
