"""How fast networks are looked up, and what recognising companies costs a visit. CPU seconds, side by side."""

from __future__ import annotations

import random
import time

import pytest
from django.conf import settings

from apps.analytics.enrichment.network_kinds import kind_of
from apps.analytics.enrichment.networks import Networks
from tests.benchmarks.machine import say

LOOKUPS = 300_000
WANTED = 100_000  # a second


def test_look_ups_a_second() -> None:
    networks = Networks(settings.NETWORK_DATABASE)
    began = time.process_time()
    if not networks.is_ready:
        pytest.skip("the table comes with the front end's packages")
    loaded = time.process_time() - began
    rng = random.Random(1)
    addresses = [".".join(str(rng.randrange(1, 224)) for _ in range(4)) for _ in range(LOOKUPS)]
    addresses += [f"2a0{rng.randrange(10)}:{rng.randrange(1, 9999)}::{n:x}" for n in range(LOOKUPS // 10)]

    began, found = time.process_time(), 0
    for address in addresses:
        network = networks.network_of(address)
        if network is not None:
            kind_of(network)
            found += 1
    spent = time.process_time() - began

    rate = len(addresses) / spent
    say("networks looked up with their kind, a CPU second", rate, "/s", WANTED)
    say("of those addresses in the table", 100 * found / len(addresses), "%")
    say("the table is read in", loaded, "CPU s")
    assert rate > WANTED
