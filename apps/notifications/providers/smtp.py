"""Any mail server by SMTP.

SMTP has no idempotency: once the final dot is on its way and the answer is lost, nobody can tell whether the mail
was taken (RFC 5321 §4.5.5 leaves it open). That case is `Unconfirmed` and is not sent again by itself.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.core import addresses
from apps.core.providers import ProviderError, ProviderField
from apps.notifications.contracts import Message, MessageRefused, Unconfirmed
from apps.notifications.mime import bare, build
from apps.notifications.providers.base import SENDER, Transport, transports

STEP_SECONDS = 10.0
PORTS = frozenset({25, 465, 587, 2525})


class _Plain(smtplib.SMTP):
    """An SMTP session whose connection goes only where user-given connections may go."""

    trusted = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        if self.trusted:
            return socket.create_connection((host, port), timeout)
        return addresses.open_socket(host, port, ports=PORTS, timeout_seconds=timeout)


class _Secure(smtplib.SMTP_SSL, _Plain):
    """The same inside TLS from the first byte."""


class _TrustedPlain(_Plain):
    trusted = True


class _TrustedSecure(_Secure):
    trusted = True


@transports.register
class Smtp(Transport):
    """Mail by a mail server of the organization's own."""

    key = "smtp"
    label = _("Mail server (SMTP)")
    icon = "server"
    help = _("Your own mail server or any provider's. Ask them for these settings.")
    fields = (
        ProviderField("host", _("Server"), help="smtp.example.com"),
        ProviderField("port", _("Port"), kind="number", default=587),
        ProviderField(
            "security", _("Encryption"), kind="choice", default="starttls",
            choices=(("starttls", "STARTTLS (587)"), ("tls", "TLS (465)")),
        ),
        ProviderField("username", _("User name"), required=False),
        ProviderField("password", _("Password"), kind="secret", required=False),
        SENDER,
    )
    trusted: ClassVar[bool] = False
    tls_context: ClassVar[Callable[[], ssl.SSLContext]] = staticmethod(ssl.create_default_context)

    def check(self) -> str:
        """Connect, encrypt and sign in."""
        bare(self.sender)
        with self._session() as session:
            session.noop()
        return f"{self.config.get('username') or bare(self.sender)} · {self.config['host']}"

    def send(self, message: Message, key: str, handing_over: Callable[[], None]) -> str:
        """One mail in one session; returns the Message-ID."""
        sender = message.sender or self.sender
        mail = build(message, sender=sender, key=key)
        recipients = [bare(address) for address in (*message.to, *message.cc, *message.bcc)]
        body = re.sub(rb"(?m)^\.", b"..", mail.as_bytes()).rstrip(b"\r\n") + b"\r\n.\r\n"
        with self._session() as session:
            _expect(session.mail(bare(sender)), account=True)
            _offer(session, recipients)
            _expect(session.docmd("DATA"), wanted=354)
            handing_over()
            try:
                session.send(body)
                reply = session.getreply()
            except (OSError, smtplib.SMTPException) as error:
                raise Unconfirmed(_t("The connection was lost before the mail server confirmed the mail.")) from error
            _expect(reply)
        return str(mail["Message-ID"])

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        session: smtplib.SMTP | None = None
        try:
            session = self._connect()
            yield session
        except ProviderError:
            raise
        except addresses.BlockedAddress as error:
            raise ProviderError(str(error), permanent=True) from error
        except addresses.UnknownHost as error:
            raise ProviderError(str(error)) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error, account=True) from error
        except smtplib.SMTPNotSupportedError as error:
            raise ProviderError(_t("The mail server does not offer what is set: %(reason)s") % {"reason": error},
                                permanent=True) from error
        except ssl.SSLCertVerificationError as error:
            raise ProviderError(_t("The mail server's certificate is not valid for this name."),
                                permanent=True) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ProviderError(_t("The mail server could not be reached: %(reason)s") % {"reason": error}) from error
        finally:
            if session is not None:
                _leave(session)

    def _connect(self) -> smtplib.SMTP:
        host, port = str(self.config["host"]), int(self.config.get("port") or 587)
        security, own_name = self.config.get("security", "starttls"), urlsplit(settings.BASE_URL).hostname
        kinds: Any = (_TrustedPlain, _TrustedSecure) if self.trusted else (_Plain, _Secure)
        kind = kinds[security == "tls"]
        options = {"context": self.tls_context()} if security == "tls" else {}
        session: smtplib.SMTP = kind(host, port, local_hostname=own_name, timeout=STEP_SECONDS, **options)
        session.ehlo_or_helo_if_needed()
        if security == "starttls":
            session.starttls(context=self.tls_context())
            session.ehlo()
        if self.config.get("username"):
            _sign_in(session, str(self.config["username"]), str(self.secrets.get("password", "")))
        return session


class PlatformSmtp(Smtp):
    """The installation's own mail server from EMAIL_URL: may stand in the private network, and may be unencrypted."""

    trusted = True


def _sign_in(session: smtplib.SMTP, username: str, password: str) -> None:
    """By PLAIN in UTF-8 where the server takes it (RFC 4616); the standard library knows ASCII only."""
    if "PLAIN" in session.esmtp_features.get("auth", "").upper().split():
        token = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
        code, words = session.docmd("AUTH", f"PLAIN {token}")
        if code not in {235, 503}:
            raise smtplib.SMTPAuthenticationError(code, words)
        return
    try:
        session.login(username, password)
    except UnicodeEncodeError as error:
        raise ProviderError(_t("The mail server takes only plain letters in passwords."), permanent=True) from error


def _offer(session: smtplib.SMTP, recipients: list[str]) -> None:
    """Name the recipients. One the server will never take is passed over while there are others."""
    refused: list[tuple[int, bytes]] = []
    for address in recipients:
        code, words = session.rcpt(address)
        if 500 <= code < 600:
            refused.append((code, words))
        else:
            _expect((code, words))
    if len(refused) == len(recipients):
        raise _refusal(*refused[0], account=False)


def _expect(reply: tuple[int, bytes], *, wanted: int = 250, account: bool = False) -> None:
    code, words = reply
    if code != wanted and not (wanted == 250 and 200 <= code < 300):
        raise _refusal(code, words, account=account)


def _refusal(code: int, words: bytes | str, *, account: bool) -> ProviderError:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    text = f"{code} {text}"[:300]
    if code < 500:
        return ProviderError(text)
    return ProviderError(text, permanent=True) if account else MessageRefused(text)


def _leave(session: smtplib.SMTP) -> None:
    try:
        session.quit()
    except (OSError, smtplib.SMTPException):
        session.close()
