"""What every transport must do, whoever the vendor is. A new one is a `Bench` in test_conformance.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from apps.core.providers import ProviderError
from apps.notifications.contracts import Attachment, Message, MessageRefused, Unconfirmed
from apps.notifications.providers.base import Transport

MAIL = Message(
    to=("Åsa Öberg <asa@example.com>",), subject="Grüße & „Zitate“ 🫖", text="Hello\n.\n..dots\nlong " + "ü" * 2000,
    html="<p>Grüße</p>", reply_to=("help@example.com",), headers=(("X-Shop", "tea"),),
    attachments=(Attachment("rechnung ä.pdf", "application/pdf", b"%PDF\x00\xff"),),
)


@dataclass
class Taken:
    """A mail as the other side has it."""

    sender: str
    to: list[str]
    subject: str
    text: str
    html: str
    reply_to: str
    header: str
    attachment: tuple[str, bytes]
    key: str


@dataclass
class Bench:
    """A vendor on the bench: the transport, what it delivered, and how to make the other side misbehave."""

    transport: Transport
    taken: Callable[[], list[Taken]]
    make: dict[str, Callable[[], None]] = field(default_factory=dict)
    wrong_account: Transport | None = None


def send(bench: Bench, message: Message = MAIL, key: str = "key-1") -> tuple[str, int]:
    """Send; returns the other side's id and how often the handing over was announced."""
    announced: list[bool] = []
    return bench.transport.send(message, key, lambda: announced.append(True)), len(announced)


class TransportConformance:
    """Inherited by the tests of every transport; `bench` is a fixture."""

    def test_a_mail_arrives_whole(self, bench: Bench) -> None:
        remote_id, announced = send(bench)

        assert remote_id
        assert announced == 1
        [mail] = bench.taken()
        assert (mail.sender, mail.to) == ("Shop <shop@example.com>", ["asa@example.com"])
        assert mail.subject == MAIL.subject
        assert mail.text.replace("\r\n", "\n").rstrip("\n") == MAIL.text
        assert (mail.html.strip(), mail.reply_to, mail.header) == ("<p>Grüße</p>", "help@example.com", "tea")
        assert mail.attachment == ("rechnung ä.pdf", b"%PDF\x00\xff")
        assert "key-1" in mail.key

    def test_the_account_says_who_it_is(self, bench: Bench) -> None:
        assert bench.transport.check()

    def test_an_address_that_is_none_is_refused_before_anything_is_sent(self, bench: Bench) -> None:
        for address in ("not an address", "a@b@c\r\nBcc: x@example.com", "", "ü@example.com", "x@" + "a" * 70 + ".com"):
            with pytest.raises(MessageRefused):
                send(bench, Message(to=(address,), subject="s", text="t"))
        assert bench.taken() == []

    def test_header_injection_is_impossible(self, bench: Bench) -> None:
        nasty = Message(to=("asa@example.com",), subject="a\r\nBcc: all@example.com", text="t")
        try:
            send(bench, nasty)
        except MessageRefused:
            assert bench.taken() == []
        else:
            [mail] = bench.taken()
            assert mail.to == ["asa@example.com"]

    def test_wrong_credentials_are_the_accounts_fault(self, bench: Bench) -> None:
        if bench.wrong_account is None:
            assert type(bench.transport).keeps, "only a stand-in has no credentials"
            return
        for act in (bench.wrong_account.check, lambda: bench.wrong_account.send(MAIL, "k", lambda: None)):
            with pytest.raises(ProviderError) as refused:
                act()
            assert refused.value.permanent
            assert not isinstance(refused.value, MessageRefused | Unconfirmed)

    def test_a_temporary_refusal_is_temporary(self, bench: Bench) -> None:
        bench.make["busy"]()
        with pytest.raises(ProviderError) as busy:
            send(bench, Message(to=("busy@example.com",), subject="s", text="t"))
        assert not busy.value.permanent
        assert not isinstance(busy.value, Unconfirmed)

    def test_a_mail_that_is_refused_for_good_is_that_mails_fault(self, bench: Bench) -> None:
        bench.make["refused"]()
        with pytest.raises(MessageRefused):
            send(bench, Message(to=("refused@example.com",), subject="s", text="t"))

    def test_a_lost_answer_is_unconfirmed(self, bench: Bench) -> None:
        bench.make["lost"]()
        with pytest.raises(Unconfirmed) as lost:
            send(bench, Message(to=("lost@example.com",), subject="s", text="t"))
        assert not lost.value.permanent

    def test_nothing_secret_is_shown(self, bench: Bench) -> None:
        secrets = [str(value) for value in bench.transport.secrets.values()]
        declared = {field.name for field in bench.transport.fields if field.secret}
        assert set(bench.transport.secrets) <= declared
        assert not any(secret and secret in repr(bench.transport) for secret in secrets)

    def test_it_declares_itself(self, bench: Bench) -> None:
        vendor = type(bench.transport)
        assert vendor.key
        assert str(vendor.label)
        assert vendor.icon
        assert any(field.name == "sender" for field in vendor.fields)
        assert len({field.name for field in vendor.fields}) == len(vendor.fields)
