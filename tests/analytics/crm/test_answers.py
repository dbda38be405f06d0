"""Answers that are neither yes nor no: some of a batch taken, some silent, pages that are no answer at all."""

from __future__ import annotations

from typing import Any

import pytest

from apps.analytics.providers.crm.base import CrmRecord, Outcome
from apps.analytics.providers.crm.hubspot import HubSpot
from apps.analytics.providers.crm.salesforce import Salesforce
from apps.core.providers import ProviderError
from tests.analytics.crm.servers import TOKEN, HubSpotOffice, SalesforceOffice, opened

FIRST, SECOND, THIRD = (CrmRecord(key=key, name=key) for key in ("one", "two", "three"))


def test_hubspot_takes_some_and_says_which(settings: Any) -> None:
    with opened(HubSpotOffice()) as office:
        settings.HUBSPOT_API_URL = office.url
        crm = HubSpot({}, {"token": TOKEN})
        crm.check()
        office.instead += [(0, None, {}), (207, {
            "status": "COMPLETE", "numErrors": 1,
            "results": [{"id": "51", "new": True, "objectWriteTraceId": "one", "properties": {}}],
            "errors": [{"status": "error", "category": "VALIDATION_ERROR", "message": "name is too long",
                        "context": {"objectWriteTraceId": ["two"]}}],
        }, {})]

        assert crm.write([FIRST, SECOND, THIRD]) == [
            Outcome("one", "51", created=True), Outcome("two", error="refused:name is too long"),
            Outcome("three"),
        ]


@pytest.mark.parametrize(("code", "retry"), [
    ("UNABLE_TO_LOCK_ROW", True), ("REQUIRED_FIELD_MISSING", False), ("INVALID_FIELD", False),
])
def test_salesforce_says_what_may_be_tried_again(settings: Any, code: str, retry: bool) -> None:
    with opened(SalesforceOffice()) as office:
        settings.SALESFORCE_LOGIN_URL, settings.SALESFORCE_API_VERSION = office.url, "v62.0"
        fault = {"success": False, "errors": [{"statusCode": code, "message": "No", "fields": []}]}
        office.instead += [(0, None, {}), (200, [{"id": "51", "success": True, "errors": []}, fault], {})]

        found = Salesforce({}, {"access_token": TOKEN, "instance_url": office.url}).write([FIRST, SECOND, THIRD])

        assert found == [
            Outcome("one", "51", created=True), Outcome("two", error=f"refused:No ({code})", retry=retry),
            Outcome("three"),
        ]


@pytest.mark.parametrize(("status", "body", "permanent", "words"), [
    (400, [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}], True, "MALFORMED_QUERY"),
    (403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "The REST API is not enabled"}], True, "not enabled"),
    (503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "later"}], False, "trouble of its own"),
    (404, "<html>", False, "cannot be read"),
])
def test_salesforce_as_a_whole(settings: Any, status: int, body: Any, permanent: bool, words: str) -> None:
    with opened(SalesforceOffice()) as office:
        settings.SALESFORCE_LOGIN_URL = office.url
        office.instead.append((status, body, {}))
        with pytest.raises(ProviderError, match=words) as refused:
            Salesforce({}, {"access_token": TOKEN, "instance_url": office.url}).check()
        assert refused.value.permanent is permanent
