"""The notification centre, preferences, and the demo's mailbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Organization, User
from apps.core.tenancy import every_tenant, tenant
from apps.notifications import delivery, kinds, services
from apps.notifications.enums import Channel
from apps.notifications.models import Notification
from apps.notifications.selectors import PAGE, channels_for
from tests.notifications.post_office import MAIL

LIST = "/o/bakery/notifications/"


@pytest.fixture
def browser(client_of: Callable[[User], Client], alice: User) -> Client:
    return client_of(alice)


def tell(user: User, organization: Organization | None, title: str = "A key was made", url: str = "") -> Notification:
    if organization is None:
        services.notify([user], kinds.NEW_SIGN_IN, title, url=url)
    else:
        with tenant(organization.id):
            services.notify([user], kinds.KEY_CREATED, title, url=url, organization=organization)
    with every_tenant():
        return Notification.objects.latest("id")


def test_an_empty_centre_says_what_it_is_for(browser: Client) -> None:
    assert "Nothing to tell you yet" in browser.get(LIST).content.decode()


def test_the_centre_shows_this_organization_and_the_person(
    browser: Client, organization: Organization, other_organization: Organization, alice: User, bob: User
) -> None:
    tell(alice, organization, "Ours")
    tell(alice, None, "Personal")
    tell(alice, other_organization, "Foreign")
    tell(bob, organization, "Bob's own")

    page = browser.get(LIST).content.decode()

    assert "Ours" in page
    assert "Personal" in page
    assert "Foreign" not in page
    assert "Bob&#x27;s own" not in page


def test_the_number_on_the_bell(browser: Client, organization: Organization, alice: User) -> None:
    tell(alice, organization)
    tell(alice, None)

    assert browser.get(f"{LIST}unread/").json() == {"unread": 2}
    browser.post(f"{LIST}read/")
    assert browser.get(f"{LIST}unread/").json() == {"unread": 0}


def test_opening_one_marks_it_and_leads_on(browser: Client, organization: Organization, alice: User) -> None:
    row = tell(alice, organization, url="/o/bakery/settings/api-keys/")
    other = tell(alice, organization)

    answer = browser.post(f"{LIST}{row.pk}/open/")

    assert answer["Location"] == "/o/bakery/settings/api-keys/"
    with every_tenant():
        assert Notification.objects.get(pk=row.pk).read_at is not None
        assert Notification.objects.get(pk=other.pk).read_at is None
    assert browser.post(f"{LIST}{other.pk}/open/")["Location"] == LIST


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_notice_never_leads_out_of_the_house(
    browser: Client, organization: Organization, alice: User, url: str
) -> None:
    row = tell(alice, organization, url=url)

    assert browser.post(f"{LIST}{row.pk}/open/")["Location"] == LIST


def test_anothers_notice_is_not_there(browser: Client, organization: Organization, bob: User) -> None:
    row = tell(bob, organization)

    assert browser.post(f"{LIST}{row.pk}/open/").status_code == 404


def test_older_ones_come_by_the_page(
    browser: Client, organization: Organization, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(PAGE + 5):
        tell(alice, organization, f"Notice {number}.")

    with django_assert_max_num_queries(30):
        page = browser.get(LIST).content.decode()
    assert f"Notice {PAGE + 4}." in page
    assert "Notice 4." not in page
    before = page.split("?before=")[1].split('"')[0]
    part = browser.get(f"{LIST}?before={before}", headers={"HX-Request": "true"}).content.decode()
    assert "Notice 4." in part
    assert "<html" not in part
    assert browser.get(f"{LIST}?before=nonsense").status_code == 200


def test_preferences_are_switched_one_by_one(browser: Client, alice: User) -> None:
    path = f"{LIST}preferences/"
    page = browser.get(path).content.decode()
    assert "New API key" in page
    assert 'aria-pressed="true"' in page

    browser.post(path, {"kind": kinds.KEY_CREATED.key, "channel": "email"})
    assert channels_for(alice.pk, kinds.KEY_CREATED) == {Channel.IN_APP}
    answer = browser.post(
        path, {"kind": kinds.KEY_CREATED.key, "channel": "email", "enabled": "1"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204
    assert channels_for(alice.pk, kinds.KEY_CREATED) == {Channel.IN_APP, Channel.EMAIL}
    assert browser.post(path, {"kind": "nonsense", "channel": "email"}).status_code == 400
    assert browser.post(path, {"kind": kinds.KEY_CREATED.key, "channel": "pigeon"}).status_code == 400


@pytest.mark.parametrize("path", ["/demo/mail/", "/demo/mail/1/", "/demo/mail/1/body/"])
def test_there_is_no_mailbox_in_production(client: Client, db: None, settings: Any, path: str) -> None:
    settings.DEMO = settings.DEBUG = False

    assert client.get(path).status_code == 404


def test_a_code_can_be_read_in_the_demo(client: Client, db: None, settings: Any) -> None:
    settings.DEMO = True
    assert "No mail yet" in client.get("/demo/mail/").content.decode()
    settings.EMAIL_BACKEND = "apps.notifications.backend.QueuedMail"
    row = delivery.queue(MAIL)

    assert "Your code" in client.get("/demo/mail/").content.decode(), "also before a worker took it"
    delivery.deliver(row.pk)
    page = client.get(f"/demo/mail/{row.pk}/")
    assert "Your code is 4711" in page.content.decode()
    body = client.get(f"/demo/mail/{row.pk}/body/")
    assert body.content == b"<p>4711</p>"
    policy = body["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in policy
    assert "sandbox" in policy
    assert body["X-Frame-Options"] == "SAMEORIGIN"


def test_a_mail_that_left_is_not_in_the_mailbox(client: Client, office: Any, db: None, settings: Any) -> None:
    settings.DEMO = True
    row = delivery.queue(MAIL)
    delivery.deliver(row.pk)

    assert "Your code" not in client.get("/demo/mail/").content.decode()
    assert client.get(f"/demo/mail/{row.pk}/").status_code == 404


def test_a_sign_in_code_can_be_read_in_the_demo(client: Client, alice: User, settings: Any) -> None:
    settings.DEMO = True
    settings.EMAIL_BACKEND = "apps.notifications.backend.QueuedMail"

    client.post("/accounts/login/code/", {"email": alice.email})

    page = client.get("/demo/mail/").content.decode()
    assert "to alice@example.com" in page


def test_who_waits_for_a_code_in_the_demo_is_shown_the_way(client: Client, alice: User, settings: Any) -> None:
    settings.DEMO = True

    page = client.post("/accounts/login/code/", {"email": alice.email}, follow=True).content.decode()

    assert 'href="/demo/mail/"' in page
