"""Mails and messages about one's own account: our words, our look, and the language of the person."""

from __future__ import annotations

from pathlib import Path

import allauth
import polib
import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from apps.accounts.borrowed_words import BORROWED
from apps.accounts.models import User
from apps.accounts.notices import NOTICES, notice_send
from tests.factories.accounts import PASSWORD

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
FACTS = {"to_email": "new@example.com", "deleted_email": "old@example.com", "provider": "Google"}


@pytest.fixture
def confirmed(alice: User) -> User:
    """alice, whose address is hers."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return alice


def test_a_changed_password_is_told_with_when_from_where_and_what_to_do(client: Client, confirmed: User) -> None:
    client.force_login(confirmed, backend="django.contrib.auth.backends.ModelBackend")
    new = "kettle-on-the-hob-9"
    client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new},
        headers={"User-Agent": AGENT}, REMOTE_ADDR="203.0.113.9",
    )

    [sent] = mail.outbox
    html = sent.alternatives[0][0]
    assert (sent.to, sent.subject) == ([confirmed.email], "Your password was changed")
    for text in (sent.body, html):
        assert "203.0.113.9" in text
        assert "Firefox on Windows" in text
        assert "(UTC)" in text
        assert "/account/" in text
    assert "If this was not you, change your password at once" in sent.body


@pytest.mark.parametrize("what", NOTICES)
def test_every_notice_can_be_written(alice: User, what: str) -> None:
    facts = {key: value for key, value in FACTS.items() if f"%({key})s" in str(NOTICES[what])}
    notice_send(user=alice, what=what, to="a@example.com", facts=facts, address="2001:db8::1", agent="")

    [sent] = mail.outbox
    assert "%(" not in sent.subject
    assert all(value in sent.subject for value in facts.values())
    assert f"<title>{sent.subject}</title>" in sent.alternatives[0][0]


def test_there_is_a_notice_of_our_own_for_each_that_the_library_sends() -> None:
    folder = Path(allauth.__file__).parent / "templates"
    sent = {
        str(path.relative_to(folder)).removesuffix("_message.txt")
        for path in folder.glob("*/email/*_message.txt")
        if "base_notification.txt" in path.read_text()
    }

    assert sent == set(NOTICES)


def test_borrowed_sentences_are_still_the_library_s() -> None:
    theirs = polib.pofile(str(Path(allauth.__file__).parent / "locale" / "de" / "LC_MESSAGES" / "django.po"))

    assert set(BORROWED) - {entry.msgid for entry in theirs} == set()


def test_signing_in_and_up_leave_no_message_over_the_page(client: Client, confirmed: User) -> None:
    signed_in = client.post("/accounts/login/", {"login": confirmed.email, "password": PASSWORD}, follow=True)
    client.post("/accounts/logout/")
    facts = {"name": "Nora", "email": "nora@example.com", "password1": "a-long-enough-1"}
    signed_up = client.post("/accounts/signup/", facts, follow=True)

    assert list(signed_in.context["messages"]) == []
    assert [str(each) for each in signed_up.context["messages"] if "signed out" not in str(each)] == []
    assert "We sent a mail to nora@example.com." in signed_up.content.decode()
