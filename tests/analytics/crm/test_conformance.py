"""What every CRM of the kind "crm" must do; HubSpot and Salesforce before servers that judge as they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache

from apps.analytics.providers.crm.base import Crm, CrmRecord, crms
from apps.analytics.providers.crm.fake import FakeCrm
from apps.analytics.providers.crm.hubspot import HubSpot
from apps.analytics.providers.crm.salesforce import Salesforce
from apps.core.oauth import TokenRefused
from apps.core.providers import ProviderError, kinds
from tests.analytics.crm.servers import TOKEN, HubSpotOffice, Office, SalesforceOffice, opened

KIND = "crm"
ACME = CrmRecord(
    key="11111111-1111-4111-8111-111111111111", name="Acme's \"Best\" Machines", domain="acme.example", city="Köln",
    country="DE", country_name="Germany", industry="Machines", score=79, temperature="hot", visits=6, pageviews=36,
    first_seen=datetime(2026, 11, 18, 9, 30, tzinfo=UTC), last_seen=datetime(2026, 11, 19, 13, 30, 1, tzinfo=UTC),
    page="https://mainstay.example/o/bakery/companies/1/",
)
GLOBEX = CrmRecord(key="22222222-2222-4222-8222-222222222222", name="Globex", score=12)
OWN = ("Mainstay_Id__c", "Mainstay_Score__c", "Mainstay_Last_Seen__c")


@dataclass
class Bench:
    """A CRM, how to put a record into it and how to read one, and an account that is refused or busy."""

    crm: Callable[[], Crm]
    put: Callable[..., str]
    name_of: Callable[[str], str]
    score_of: Callable[[str], str]
    count: Callable[[], int]
    refuse: Callable[[str], None]
    delete: Callable[[str], None]
    wrong: Callable[[], Crm]
    busy: Callable[[], Crm]


class CrmConformance:
    """Inherited by the tests of every CRM; `bench` is a fixture."""

    def test_it_knows_the_account(self, bench: Bench) -> None:
        assert bench.crm().check()

    def test_what_is_sent_is_shown_as_it_is_written(self, bench: Bench) -> None:
        shown = {row.name.lower(): row for row in bench.crm().fields_of(ACME)}

        assert shown["name"].value == ACME.name
        assert shown["name"].when == "new"
        assert [row.value for row in shown.values() if "score" in row.name.lower()] == ["79"]

    def test_records_are_made_and_made_once(self, bench: Bench) -> None:
        made = bench.crm().write([ACME, GLOBEX])

        assert [(row.key, row.created, row.error) for row in made] == [(ACME.key, True, ""), (GLOBEX.key, True, "")]
        assert [bench.name_of(row.external_id) for row in made] == [ACME.name, "Globex"]
        found = bench.crm().find([ACME, GLOBEX])
        assert found == {row.key: row.external_id for row in made}
        again = [replace(record, external_id=found[record.key], score=80) for record in (ACME, GLOBEX)]
        assert [row.created for row in bench.crm().write(again)] == [False, False]
        assert bench.count() == 2
        assert bench.score_of(found[ACME.key]) == "80"

    def test_one_that_is_there_is_found_and_keeps_what_people_wrote(self, bench: Bench) -> None:
        number = bench.put(name="ACME Machines", domain="acme.example")
        other = bench.put(name="globex", domain="globex.example")
        bench.put(name="Acme clone", domain="acme.example.evil.example")

        assert bench.crm().find([ACME, GLOBEX, replace(ACME, key="x", domain="nobody.example")]) == {
            ACME.key: number, GLOBEX.key: other,
        }
        [outcome] = bench.crm().write([replace(ACME, external_id=number)])
        assert (outcome.external_id, outcome.created, outcome.error) == (number, False, "")
        assert bench.name_of(number) == "ACME Machines"
        assert bench.count() == 3

    def test_of_several_the_oldest(self, bench: Bench) -> None:
        numbers = [bench.put(name=f"Acme {n}", domain="acme.example") for n in range(5)]

        assert bench.crm().find([ACME]) == {ACME.key: numbers[0]}

    def test_one_that_is_refused_stops_no_other(self, bench: Bench) -> None:
        bench.refuse("Globex")

        outcomes = {row.key: row for row in bench.crm().write([GLOBEX, ACME])}

        assert outcomes[ACME.key].external_id
        assert not outcomes[ACME.key].error
        assert (outcomes[GLOBEX.key].external_id, outcomes[GLOBEX.key].retry) == ("", False)
        assert outcomes[GLOBEX.key].error
        assert bench.count() == 1

    def test_one_that_was_deleted_there(self, bench: Bench) -> None:
        [made] = bench.crm().write([ACME])
        bench.delete(made.external_id)

        [outcome] = bench.crm().write([replace(ACME, external_id=made.external_id)])

        assert outcome.gone
        assert outcome.error

    def test_a_link_leads_to_the_record(self, bench: Bench) -> None:
        assert "42" in bench.crm().link("42")

    def test_a_token_that_is_not_taken(self, bench: Bench) -> None:
        for act in (bench.wrong().check, lambda: bench.wrong().find([ACME]), lambda: bench.wrong().write([ACME])):
            with pytest.raises(ProviderError) as refused:
                act()
            assert refused.value.permanent
            assert TOKEN not in str(refused.value)

    def test_a_busy_one_asks_to_wait(self, bench: Bench) -> None:
        with pytest.raises(ProviderError) as busy:
            bench.busy().find([ACME])

        assert not busy.value.permanent
        assert (busy.value.retry_after or 0) >= 7


class TestFake(CrmConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        config: dict[str, Any] = {"box": "bench"}

        def crm() -> FakeCrm:
            return FakeCrm(config, {})

        def put(name: str, domain: str) -> str:
            stranger = CrmRecord(key=f"x{len(crm()._stored())}", name=name, domain=domain)
            return crm().write([stranger])[0].external_id

        def delete(number: str) -> None:
            cache.set(crm()._box, {key: row for key, row in crm()._stored().items() if key != number})

        return Bench(
            crm, put, lambda number: crm()._stored()[number]["name"],
            lambda number: str(crm()._stored()[number]["score"]), lambda: len(crm()._stored()),
            lambda word: config.update(refuse=word), delete, lambda: FakeCrm(config, {"token": "wrong"}),
            lambda: FakeCrm(config, {"token": "busy"}),
        )


def _bench(office: Office, crm: Callable[[str], Crm], names: dict[str, str], busy: tuple[int, Any]) -> Bench:
    def refuse(word: str) -> None:
        office.refuse = word

    def occupied() -> Crm:
        office.instead.append((*busy, {"Retry-After": "7"}))
        return crm(TOKEN)

    return Bench(
        lambda: crm(TOKEN), lambda **values: office.put(**{names[key]: value for key, value in values.items()}),
        lambda number: office.records[number][names["name"]], lambda number: office.records[number][names["score"]],
        lambda: len(office.records), refuse, lambda number: office.records.pop(number) and None,
        lambda: crm("other"), occupied,
    )


class TestHubSpot(CrmConformance):
    @pytest.fixture
    def office(self, settings: Any) -> Iterator[HubSpotOffice]:
        with opened(HubSpotOffice()) as found:
            settings.HUBSPOT_API_URL = found.url
            yield found

    @pytest.fixture
    def bench(self, office: HubSpotOffice) -> Bench:
        names = {"name": "name", "domain": "domain", "score": "mainstay_score"}
        return _bench(office, lambda token: HubSpot({}, {"token": token}), names, (429, {"policyName": "SECONDLY"}))

    def test_properties_are_made_once_and_one_of_them_is_unique(self, bench: Bench, office: HubSpotOffice) -> None:
        assert bench.crm().check() == "HubSpot account 4711"
        office.asked.clear()
        bench.crm().check()
        assert [ask for ask in office.asked if ask[0] == "POST"] == []
        assert [name for name, row in office.properties.items() if row.get("hasUniqueValue")] == ["mainstay_id"]
        assert bench.crm().link("9") == "https://app-eu1.hubspot.com/contacts/4711/record/0-2/9"

    def test_properties_made_by_somebody_else_meanwhile(self, bench: Bench, office: HubSpotOffice) -> None:
        bench.crm().check()
        office.instead += [(200, {"portalId": 4711}, {}), (200, {"results": []}, {})]  # as it was a moment ago
        assert bench.crm().check()  # every one answers 409

    def test_a_property_of_our_name_that_is_not_unique_needs_a_person(
        self, bench: Bench, office: HubSpotOffice,
    ) -> None:
        office.properties["mainstay_id"] = {"name": "mainstay_id", "type": "string"}
        with pytest.raises(ProviderError, match="mainstay_id") as refused:
            bench.crm().write([ACME])
        assert refused.value.permanent

    def test_an_answer_that_is_lost_doubles_nothing_although_the_search_lags(
        self, bench: Bench, office: HubSpotOffice,
    ) -> None:
        office.drop_after = "batch/upsert"
        with pytest.raises(ProviderError):
            bench.crm().write([ACME])
        office.unseen_by_search = set(office.records)

        assert bench.crm().find([ACME]) == {}
        [outcome] = bench.crm().write([ACME])
        assert (outcome.created, len(office.records)) == (False, 1)

    @pytest.mark.parametrize(("status", "body", "permanent", "wait", "words"), [
        (429, {"policyName": "DAILY"}, False, 3600.0, "in a day are used up"),
        (429, {"policyName": "TEN_SECONDLY_ROLLING"}, False, 10.0, "asks to wait"),
        (403, {"category": "MISSING_SCOPES", "message": "needs crm.objects.companies.write"}, True, None, "needs crm"),
        (502, "proxy", False, None, "trouble of its own"), (200, {}, False, None, "cannot be read"),
    ])
    def test_refusals(
        self, bench: Bench, office: HubSpotOffice, status: int, body: Any, permanent: bool, wait: float | None,
        words: str,
    ) -> None:
        office.instead.append((status, body, {}))
        with pytest.raises(ProviderError, match=words) as refused:
            bench.crm().check()
        assert (refused.value.permanent, refused.value.retry_after) == (permanent, wait)


class TestSalesforce(CrmConformance):
    own = OWN

    @pytest.fixture
    def office(self, settings: Any) -> Iterator[SalesforceOffice]:
        with opened(SalesforceOffice(*self.own)) as found:
            settings.SALESFORCE_LOGIN_URL = settings.SALESFORCE_SANDBOX_URL = found.url
            settings.SALESFORCE_API_VERSION = "v62.0"
            yield found

    @pytest.fixture
    def bench(self, office: SalesforceOffice) -> Bench:
        names = {"name": "Name", "domain": "Website", "score": "Mainstay_Score__c"}
        limit = (403, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
        return _bench(
            office, lambda token: Salesforce({}, {"access_token": token, "instance_url": office.url}), names, limit,
        )

    def test_an_expired_session_may_be_renewed(self, bench: Bench) -> None:
        with pytest.raises(TokenRefused):
            bench.wrong().find([ACME])

    @pytest.mark.parametrize("website", ["https://www.acme.example/de/", "ACME.example", "http://acme.example:8080"])
    def test_web_addresses_are_free_text(self, bench: Bench, website: str) -> None:
        number = bench.put(name="Somebody", domain=website)
        assert bench.crm().find([ACME]) == {ACME.key: number}

    def test_a_duplicate_rule_is_told_with_what_it_found(self, bench: Bench, office: SalesforceOffice) -> None:
        office.duplicate_of = bench.put(name="Acme Holding", domain="holding.example")

        [outcome] = bench.crm().write([ACME])

        assert outcome.error == "duplicate"
        assert outcome.candidates == (office.duplicate_of,)
        assert bench.count() == 1

    def test_countries_that_are_a_list_are_given_by_code(self, bench: Bench, office: SalesforceOffice) -> None:
        office.codes_for_countries = True
        [outcome] = bench.crm().write([ACME])
        row = office.records[outcome.external_id]
        assert (row["BillingCountryCode"], row.get("BillingCountry")) == ("DE", None)

    def test_the_token_goes_only_to_salesforce(self, settings: Any) -> None:
        settings.SALESFORCE_LOGIN_URL = "https://login.salesforce.com"
        for url in ("https://salesforce.com.evil.example", "http://acme.my.salesforce.com", "", "https://10.0.0.1"):
            with pytest.raises(ProviderError, match="Sign in at Salesforce first"):
                Salesforce({}, {"access_token": TOKEN, "instance_url": url}).find([ACME])

    def test_sandboxes_have_a_door_of_their_own(self, settings: Any) -> None:
        settings.SALESFORCE_SANDBOX_URL = "https://test.salesforce.com"
        assert Salesforce.sign_in_at({"place": "sandbox"}) == (
            "https://test.salesforce.com/services/oauth2/authorize",
            "https://test.salesforce.com/services/oauth2/token",
        )


class TestSalesforceWithoutFields(TestSalesforce):
    """Where nobody has set up fields for Mainstay, accounts are made and linked, and nothing is marked."""

    own = ("Mainstay_Score__c",)

    def test_an_answer_that_is_lost_doubles_nothing(self, bench: Bench, office: SalesforceOffice) -> None:
        office.drop_after = "composite"
        with pytest.raises(ProviderError):
            bench.crm().write([ACME])

        assert bench.crm().find([ACME]) == {ACME.key: next(iter(office.records))}


def test_every_crm_is_on_the_bench() -> None:
    assert kinds[KIND] is crms
    assert {crm.key for crm in crms} == {"fake", "hubspot", "salesforce"}
