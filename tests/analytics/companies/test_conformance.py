"""What every service of the kind "company_lookup" must do; IPinfo before a server that answers as it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from apps.analytics.contracts import CompanyFact
from apps.analytics.providers.companies.base import CompanyLookup, company_lookups
from apps.analytics.providers.companies.fake import FakeLookup
from apps.analytics.providers.companies.ipinfo import IPinfo
from apps.core.providers import ProviderError, kinds
from tests.notifications.servers import Api, api

KIND = "company_lookup"
ADDRESS = "192.0.2.7"


@dataclass
class Bench:
    """A service, and how to make it misbehave."""

    service: CompanyLookup
    wrong: CompanyLookup
    used_up: Callable[[], CompanyLookup]


class LookupConformance:
    """Inherited by the tests of every service; `bench` is a fixture."""

    def test_it_knows_the_account(self, bench: Bench) -> None:
        assert bench.service.check()

    def test_it_tells_whose_an_address_is(self, bench: Bench) -> None:
        found = bench.service.find(ADDRESS)

        assert found is not None
        assert (found.name, found.domain, found.kind, found.country) == (
            "Example Works", "example.com", "business", "DE"
        )

    def test_a_wrong_token_needs_a_person(self, bench: Bench) -> None:
        for act in (bench.wrong.check, lambda: bench.wrong.find(ADDRESS)):
            with pytest.raises(ProviderError) as refused:
                act()
            assert refused.value.permanent

    def test_a_used_up_quota_asks_to_wait(self, bench: Bench) -> None:
        with pytest.raises(ProviderError) as busy:
            bench.used_up().find(ADDRESS)
        assert not busy.value.permanent
        assert busy.value.retry_after
        assert busy.value.retry_after >= 60

    def test_the_token_is_a_secret(self, bench: Bench) -> None:
        assert [field.name for field in type(bench.service).fields if field.secret] == ["token"]


class TestFake(LookupConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        return Bench(FakeLookup({}, {}), FakeLookup({}, {"token": "wrong"}), lambda: FakeLookup({"used_up": True}, {}))


class TestIPinfo(LookupConformance):
    @pytest.fixture
    def server(self, monkeypatch: Any) -> Iterator[Api]:
        with api("ipinfo") as found:
            monkeypatch.setattr(IPinfo, "site", found.url)
            monkeypatch.setattr(IPinfo, "api", f"{found.url}/api")
            found.answers = ["business"]
            yield found

    @pytest.fixture
    def bench(self, server: Api) -> Bench:
        def answering(*answers: str) -> None:
            server.answers = list(answers)

        class Wrong(IPinfo):
            def _ask(self, *args: Any, **options: Any) -> dict[str, Any]:
                answering("unknown_token")
                return super()._ask(*args, **options)

        class Right(IPinfo):
            def check(self) -> str:
                answering("me")
                return super().check()

        def used_up() -> IPinfo:
            answering("quota")
            return self.of("business")

        config = {"plan": "business"}
        return Bench(Right(config, {"token": "t0ken"}), Wrong(config, {"token": "other"}), used_up)

    def of(self, plan: str) -> IPinfo:
        return IPinfo({"plan": plan}, {"token": "t0ken"})

    @pytest.mark.parametrize(("plan", "answer", "path", "fact"), [
        ("business", "business", "/192.0.2.7", CompanyFact(
            "Example Works", "example.com", "business", "DE", "Berlin", network=64500, is_own=True)),
        ("core", "core", "/api/lookup/192.0.2.7", CompanyFact(
            "Example Works Networks", "example.net", "business", "DE", "Berlin", network=64500, is_own=False)),
        ("core", "core_hosting", "/api/lookup/192.0.2.7", CompanyFact(
            "Example Cloud", "example.org", "hosting", "US", "", network=64501, is_own=False)),
        ("lite", "lite", "/api/lite/192.0.2.7", CompanyFact(
            "Example Works Networks", "example.net", "", "DE", "", network=64500, is_own=False)),
        ("business", "bogon", "/192.0.2.7", None), ("business", "wrong_ip", "/192.0.2.7", None),
    ])
    def test_each_plans_answer(self, server: Api, plan: str, answer: str, path: str, fact: CompanyFact | None) -> None:
        server.answers = [answer]

        assert self.of(plan).find(ADDRESS) == fact
        assert server.requests[-1]["path"] == path
        assert server.requests[-1]["headers"]["Authorization"] == "Bearer t0ken"

    def test_the_account_in_words(self, server: Api) -> None:
        server.answers = ["me"]
        assert self.of("lite").check() == "69 of 50000 look-ups this month"

    @pytest.mark.parametrize(("answer", "permanent", "wait"), [
        ("invalid_token", True, None), ("quota_until", False, 120.0), ("quota", False, 3600.0),
        ("trouble", False, None), ("nonsense", False, None), ("hang_up", False, None),
    ])
    def test_refusals(
        self, server: Api, answer: str, permanent: bool, wait: float | None,
    ) -> None:
        server.answers = [answer]
        with pytest.raises(ProviderError) as refused:
            self.of("business").find(ADDRESS)

        assert (refused.value.permanent, refused.value.retry_after) == (permanent, wait)
        assert "t0ken" not in str(refused.value)


def test_every_registered_service_is_on_the_bench() -> None:
    assert kinds[KIND] is company_lookups
    assert {service.key for service in company_lookups} == {"fake", "ipinfo"}
