"""Every way a mail can leave, on the same bench; and what is special about each."""

from __future__ import annotations

import base64
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from apps.core.providers import ProviderError, kinds
from apps.notifications.contracts import Message, MessageRefused, Unconfirmed
from apps.notifications.providers import transports
from apps.notifications.providers.fake import FakeMailbox
from apps.notifications.providers.resend import Resend
from apps.notifications.providers.smtp import PlatformSmtp, Smtp
from tests.notifications import servers
from tests.notifications.conformance import MAIL, Bench, Taken, TransportConformance, send
from tests.notifications.servers import Api, PostBox

SENDER = "Shop <shop@example.com>"
PLAIN = Message(to=("asa@example.com",), subject="s", text="t")


def nothing() -> None:
    """No preparation is needed."""


class TestFake(TransportConformance):
    @pytest.fixture
    def bench(self, monkeypatch: pytest.MonkeyPatch) -> Bench:
        kept: list[Taken] = []
        real = FakeMailbox.send

        def keep(self: FakeMailbox, message: Message, key: str, handing_over: Any) -> str:
            remote_id = real(self, message, key, handing_over)
            item = message.attachments[0] if message.attachments else None
            kept.append(
                Taken(
                    message.sender or self.sender, [address.split("<")[-1].rstrip(">") for address in message.to],
                    message.subject, message.text, message.html, message.reply_to[0],
                    dict(message.headers)["X-Shop"], (item.name, item.content) if item else ("", b""), key,
                )
            )
            return remote_id

        monkeypatch.setattr(FakeMailbox, "send", keep)
        make = dict.fromkeys(("busy", "refused", "lost"), nothing)
        return Bench(FakeMailbox({"sender": SENDER}, {}), lambda: kept, make)


class TestResend(TransportConformance):
    @pytest.fixture
    def api(self, settings: Any) -> Iterator[Api]:
        with servers.api("resend") as found:
            settings.RESEND_API_URL = found.url
            yield found

    @pytest.fixture
    def bench(self, api: Api, request: pytest.FixtureRequest) -> Bench:
        if request.node.originalname == "test_the_account_says_who_it_is":
            api.answers[:] = ["domains"]
        if request.node.originalname == "test_wrong_credentials_are_the_accounts_fault":
            api.answers[:] = ["invalid_key"]
        make = {
            "busy": lambda: api.answers.__setitem__(0, "rate_limited"),
            "refused": lambda: api.answers.__setitem__(0, "bad_recipient"),
            "lost": lambda: api.answers.__setitem__(0, "hang_up"),
        }
        wrong = Resend({"sender": SENDER}, {"api_key": "re_wrong"})
        return Bench(Resend({"sender": SENDER}, {"api_key": "re_good"}), lambda: _posted(api), make, wrong)

    def test_the_request_is_the_documented_one(self, bench: Bench, api: Api) -> None:
        remote_id, _ = send(bench)

        [request] = api.requests
        assert (request["method"], request["path"]) == ("POST", "/emails")
        assert request["headers"]["Authorization"] == "Bearer re_good"
        assert request["headers"]["Idempotency-Key"] == "key-1"
        assert request["headers"]["User-Agent"]
        assert set(request["body"]) == {"from", "to", "subject", "text", "html", "reply_to", "headers", "attachments"}
        assert remote_id == "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"

    @pytest.mark.parametrize(
        ("answer", "kind", "permanent", "retry_after"),
        [
            ("rate_limited", ProviderError, False, 3.0), ("daily_quota", ProviderError, False, 3600.0),
            ("invalid_key", ProviderError, True, None), ("missing_key", ProviderError, True, None),
            ("restricted_key", ProviderError, True, None), ("unverified_domain", ProviderError, True, None),
            ("bad_recipient", MessageRefused, True, None), ("same_key_other_mail", Unconfirmed, False, None),
            ("same_key_in_progress", Unconfirmed, False, None), ("server_error", Unconfirmed, False, None),
            ("gateway", Unconfirmed, False, None), ("hang_up", Unconfirmed, False, None),
        ],
    )
    def test_each_documented_error_is_understood(
        self, bench: Bench, api: Api, answer: str, kind: type[ProviderError], permanent: bool, retry_after: float | None
    ) -> None:
        api.answers[:] = [answer]

        with pytest.raises(ProviderError) as refused:
            send(bench, PLAIN)

        assert type(refused.value) is kind
        assert (refused.value.permanent, refused.value.retry_after) == (permanent, retry_after)

    def test_the_senders_domain_must_be_verified(self, api: Api) -> None:
        api.answers[:] = ["domains"]

        assert Resend({"sender": "a@mail.example.com"}, {"api_key": "k"}).check() == "mail.example.com"
        with pytest.raises(ProviderError, match=r"other\.example is not verified at Resend yet"):
            Resend({"sender": "a@other.example"}, {"api_key": "k"}).check()

    def test_a_key_that_may_only_send_is_enough(self, bench: Bench, api: Api) -> None:
        api.answers[:] = ["restricted_key"]

        assert bench.transport.check() == "example.com"

    def test_nobody_at_home_is_a_known_fate(self, bench: Bench, settings: Any) -> None:
        settings.RESEND_API_URL = "http://127.0.0.1:9"

        with pytest.raises(ProviderError) as gone:
            send(bench, PLAIN)
        assert type(gone.value) is ProviderError

    def test_a_key_with_odd_signs_is_the_accounts_fault(self, bench: Bench) -> None:
        odd = Resend({"sender": SENDER}, {"api_key": "re_ü"})

        with pytest.raises(ProviderError) as refused:
            odd.send(PLAIN, "k", nothing)
        assert refused.value.permanent


@pytest.fixture(params=["starttls", "tls", "none"])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestSmtp(TransportConformance):
    @pytest.fixture
    def box(self, security: str, settings: Any) -> Iterator[PostBox]:
        with servers.smtp(security=security, password="pässword") as found:
            settings.OUTBOUND_LOOPBACK_PORTS = frozenset({found.port})
            yield found

    @pytest.fixture
    def bench(self, box: PostBox, security: str, monkeypatch: pytest.MonkeyPatch) -> Bench:
        monkeypatch.setattr(Smtp, "tls_context", staticmethod(servers.client_context))
        config = {
            "host": "localhost", "port": box.port, "security": security, "username": "robot", "sender": SENDER,
        }
        make = {
            "busy": lambda: box.rcpt_answers.__setitem__("busy@example.com", "451 4.3.0 try later"),
            "refused": lambda: box.rcpt_answers.__setitem__("refused@example.com", "550 5.1.1 no such user"),
            "lost": lambda: setattr(box, "hang_up_after_data", True),
        }
        wrong = Smtp(config, {"password": "wrong"})
        return Bench(Smtp(config, {"password": "pässword"}), lambda: [_delivered(e) for e in box.taken], make, wrong)

    @pytest.mark.parametrize(
        ("step", "answer", "kind", "permanent"),
        [
            ("mail", "451 4.7.1 greylisted", ProviderError, False),
            ("mail", "553 5.7.1 sender not allowed", ProviderError, True),
            ("data", "452 4.3.1 mailbox full", ProviderError, False),
            ("data", "554 5.7.1 spam", MessageRefused, True),
        ],
    )
    def test_each_step_that_fails_is_understood(
        self, bench: Bench, box: PostBox, step: str, answer: str, kind: type[ProviderError], permanent: bool
    ) -> None:
        setattr(box, f"{step}_answer", answer)

        with pytest.raises(ProviderError) as refused:
            send(bench, PLAIN)

        assert (type(refused.value), refused.value.permanent) == (kind, permanent)
        assert str(refused.value).startswith(answer)

    def test_one_bad_recipient_among_good_ones_is_passed_over(self, bench: Bench, box: PostBox) -> None:
        box.rcpt_answers["gone@example.com"] = "550 gone"

        send(bench, Message(to=("gone@example.com", "asa@example.com"), bcc=("b@example.com",), subject="s", text="t"))

        [taken] = box.taken
        assert taken.rcpt_tos == ["asa@example.com", "b@example.com"]
        assert b"b@example.com" not in taken.content

    def test_it_signs_in(self, bench: Bench, box: PostBox) -> None:
        send(bench, PLAIN)

        assert box.signed_in[-1] == "robot"
        assert bench.transport.check() == "robot · localhost"


class TestSmtpAddresses:
    """Where an organization's mail server may stand."""

    def smtp(self, host: str, port: int, cls: type[Smtp] = Smtp) -> Smtp:
        return cls({"host": host, "port": port, "security": "none", "sender": SENDER}, {})

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]"])
    def test_an_organizations_server_in_a_private_network_is_refused(self, settings: Any, host: str) -> None:
        settings.OUTBOUND_LOOPBACK_PORTS = frozenset()

        with pytest.raises(ProviderError):
            self.smtp(host.strip("[]"), 25).check()

    def test_other_ports_are_refused(self) -> None:
        with pytest.raises(ProviderError, match="Port 6379 is not allowed") as refused:
            self.smtp("mail.example.com", 6379).check()
        assert refused.value.permanent

    def test_the_installations_own_may_stand_anywhere(self, settings: Any) -> None:
        settings.OUTBOUND_LOOPBACK_PORTS = frozenset()
        with servers.smtp(security="none") as box:
            self.smtp("127.0.0.1", box.port, PlatformSmtp).send(PLAIN, "k", nothing)

            assert len(box.taken) == 1

    def test_a_certificate_for_another_name_is_refused(self, settings: Any) -> None:
        with servers.smtp(security="starttls") as box:
            settings.OUTBOUND_LOOPBACK_PORTS = frozenset({box.port})
            config = {"host": "localhost", "port": box.port, "security": "starttls", "sender": SENDER}

            with pytest.raises(ProviderError, match="certificate is not valid") as refused:
                Smtp(config, {}).check()
        assert refused.value.permanent

    def test_a_server_without_starttls_is_not_spoken_to_in_the_clear(self, settings: Any) -> None:
        with servers.smtp(security="none") as box:
            settings.OUTBOUND_LOOPBACK_PORTS = frozenset({box.port})
            config = {"host": "localhost", "port": box.port, "security": "starttls", "sender": SENDER}

            with pytest.raises(ProviderError, match="does not offer what is set") as refused:
                Smtp(config, {}).send(PLAIN, "k", nothing)
            assert refused.value.permanent
            assert box.taken == []

    def test_nobody_listening_is_temporary(self, settings: Any) -> None:
        settings.OUTBOUND_LOOPBACK_PORTS = frozenset({9})

        with pytest.raises(ProviderError, match="could not be reached") as gone:
            self.smtp("127.0.0.1", 9).check()
        assert not gone.value.permanent


def test_every_registered_transport_is_on_the_bench() -> None:
    assert kinds["notification_transport"] is transports
    assert {vendor.key for vendor in transports} == {"fake", "resend", "smtp"}


def _posted(api: Api) -> list[Taken]:
    found = []
    for request in api.requests:
        if request["path"] != "/emails":
            continue
        body = request["body"]
        item = body.get("attachments", [{"filename": "", "content": ""}])[0]
        found.append(
            Taken(
                body["from"], [address.split("<")[-1].rstrip(">") for address in body["to"]], body["subject"],
                body["text"], body.get("html", ""), body.get("reply_to", [""])[0],
                body.get("headers", {}).get("X-Shop", ""), (item["filename"], base64.b64decode(item["content"])),
                request["headers"]["Idempotency-Key"],
            )
        )
    return found


def _delivered(envelope: Any) -> Taken:
    mail: EmailMessage = email.message_from_bytes(envelope.content, policy=email.policy.default)  # type: ignore[assignment]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    item = next(mail.iter_attachments(), None)
    return Taken(
        str(mail["From"]), list(envelope.rcpt_tos), str(mail["Subject"]), text.get_content() if text else "",
        html.get_content() if html else "", str(mail["Reply-To"] or ""), str(mail["X-Shop"] or ""),
        (item.get_filename() or "", item.get_content()) if item else ("", b""), str(mail["Message-ID"]),
    )


def test_the_bench_mail_is_demanding() -> None:
    assert not MAIL.subject.isascii()
    assert "\n.\n" in MAIL.text
