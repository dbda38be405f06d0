"""Which way a mail takes, and that every mail of Django takes it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives

from apps.accounts.models import Organization
from apps.core.models import Connection, OutboxEvent
from apps.core.providers import ProviderError
from apps.core.tenancy import every_tenant, tenant
from apps.notifications import delivery
from apps.notifications.contracts import Message
from apps.notifications.models import Delivery
from apps.notifications.routes import BadMailAddress, Route, platform_route, route_for
from tests.notifications.post_office import MAIL, PostOffice, reread


def test_an_organizations_broken_account_is_put_aside_and_the_mail_goes_round_it(
    organization: Organization, office: type[PostOffice], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(organization.id):
        own = Connection.objects.create(kind="notification_transport", provider="fake", name="Our mail", status="ok")
    monkeypatch.setattr(delivery, "route_for", route_for)
    monkeypatch.setattr("apps.notifications.routes.platform_route", lambda: Route("office", office({}, {})))

    def refuse(*args: Any) -> str:
        raise ProviderError("key revoked", permanent=True)

    monkeypatch.setattr("apps.notifications.providers.fake.FakeMailbox.send", refuse)
    with tenant(organization.id):
        row = delivery.queue(MAIL, organization_id=organization.id)

    assert delivery.deliver(row.pk) == "queued"
    assert delivery.deliver(row.pk) == "sent"

    with every_tenant():
        own.refresh_from_db()
        assert (own.status, own.last_error) == ("error", "key revoked")
        assert OutboxEvent.objects.filter(name="core.connection_broke").count() == 1
    assert office.messages == [MAIL]


def test_without_any_way_the_mail_waits(db: None, settings: Any) -> None:
    settings.DEMO = settings.DEBUG = False
    settings.RESEND_API_KEY = settings.EMAIL_URL = ""
    row = delivery.queue(MAIL)

    assert delivery.deliver(row.pk) == "queued"
    assert reread(row).last_error == "No way to send mail is set up on this installation."


def test_the_demo_keeps_mails_readable(db: None, settings: Any) -> None:
    settings.DEMO, settings.RESEND_API_KEY, settings.EMAIL_URL = True, "", ""
    row = delivery.queue(MAIL)

    assert delivery.deliver(row.pk) == "sent"
    assert Message.from_json(reread(row).content) == MAIL


@pytest.mark.parametrize(
    ("url", "facts"),
    [
        ("smtp://me:p%40ss@mail.example.com", ("mail.example.com", 587, "starttls", "me", "p@ss")),
        ("smtps://mail.example.com", ("mail.example.com", 465, "tls", "", "")),
        ("smtp+plain://10.0.0.2:2525", ("10.0.0.2", 2525, "none", "", "")),
    ],
)
def test_the_installations_server_is_read_from_its_address(settings: Any, url: str, facts: tuple[Any, ...]) -> None:
    settings.RESEND_API_KEY, settings.EMAIL_URL = "", url

    route = platform_route()

    assert route is not None
    config = route.transport.config
    found = (config["host"], config["port"], config["security"], config["username"])
    assert (*found, route.transport.secrets["password"]) == facts


def test_an_address_that_cannot_be_read_is_said(settings: Any) -> None:
    settings.RESEND_API_KEY, settings.EMAIL_URL = "", "mail.example.com"
    with pytest.raises(BadMailAddress, match="EMAIL_URL takes smtp://"):
        platform_route()
    settings.RESEND_API_KEY = "re_1"
    route = platform_route()
    assert route is not None
    assert route.name == "resend"


def test_django_mails_go_through_the_queue_with_all_their_parts(organization: Organization, settings: Any) -> None:
    settings.EMAIL_BACKEND = "apps.notifications.backend.QueuedMail"
    item = EmailMultiAlternatives(
        "Hello\nthere", "text", settings.DEFAULT_FROM_EMAIL, ["asa@example.com"], cc=["c@example.com"],
        bcc=["b@example.com"], reply_to=["r@example.com"], headers={"X-A": "1"},
    )
    item.subject = "Hello there"
    item.attach_alternative("<p>html</p>", "text/html")
    item.attach("a.csv", "x;y", "text/csv")

    with tenant(organization.id):
        assert item.send() == 1
        mail.send_mail("Plain", "text", "Other <o@example.com>", ["asa@example.com"])
    EmailMessage("Nobody", "text", to=[]).send()

    with every_tenant():
        first, second = Delivery.objects.order_by("id")
    message = Message.from_json(first.content)
    assert first.organization_id == organization.id
    assert (message.sender, message.to, message.cc, message.bcc) == (
        "", ("asa@example.com",), ("c@example.com",), ("b@example.com",),
    )
    assert (message.text, message.html, message.reply_to) == ("text", "<p>html</p>", ("r@example.com",))
    assert message.headers == (("X-A", "1"),)
    assert [(part.name, part.content_type, part.content) for part in message.attachments] == [
        ("a.csv", "text/csv", b"x;y")
    ]
    assert Message.from_json(second.content).sender == "Other <o@example.com>"


def test_a_mail_of_nobodys_and_one_of_anothers_organization(
    organization: Organization, other_organization: Organization
) -> None:
    nobodys, theirs = delivery.queue(MAIL), None
    with tenant(other_organization.id):
        theirs = delivery.queue(MAIL, organization_id=other_organization.id)

    with tenant(organization.id):
        assert list(Delivery.objects.all()) == [nobodys]
    with tenant(other_organization.id):
        assert set(Delivery.objects.all()) == {nobodys, theirs}
