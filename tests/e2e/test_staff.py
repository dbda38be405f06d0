"""The staff area in a browser: its theme and the security policy get along."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.e2e.conftest import PEOPLE
from tests.e2e.people import Business
from tests.factories.accounts import UserFactory

WATCH = (
    "window.violations = []; document.addEventListener('securitypolicyviolation',"
    " e => window.violations.push(e.violatedDirective + ' ' + e.sourceFile + ':' + e.lineNumber))"
)


@pytest.mark.parametrize("model", ["accounts_organization", "accounts_auditentry", "django_celery_beat_periodictask"])
def test_lists_and_rows_break_no_rule(person: PEOPLE, business: Business, word: str, model: str) -> None:
    keeper = UserFactory(email=f"keeper-{word}@example.com", is_staff=True, is_superuser=True)
    page = person(keeper)
    page.add_init_script(WATCH)
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)

    page.goto(reverse(f"admin:{model}_changelist"))
    assert page.evaluate("window.violations") == []
    rows = page.locator("#result_list tbody th a")
    if rows.count():
        rows.first.click()
        page.wait_for_url("**/change/**")
        assert page.evaluate("window.violations") == []
    assert page.locator("link[rel=icon]").get_attribute("href") == "/static/dist/favicon.svg"
    assert missing == []
