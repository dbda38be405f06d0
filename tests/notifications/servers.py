"""Mail services on this machine: one that speaks Resend's HTTP, one that speaks SMTP."""

from __future__ import annotations

import datetime
import http.server
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.house.listening import listening

FIXTURES = Path(__file__).parents[1] / "fixtures/providers"


@dataclass
class Api:
    """Answers in turn with the recorded answers it is given by name; the last one stays."""

    vendor: str
    url: str = ""
    answers: list[str] = field(default_factory=lambda: ["sent"])
    requests: list[dict[str, Any]] = field(default_factory=list)

    def next_answer(self) -> dict[str, Any]:
        """The recorded answer."""
        name = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return json.loads((FIXTURES / self.vendor / f"{name}.json").read_text())


@contextmanager
def api(vendor: str) -> Iterator[Api]:
    """The HTTP service. The answer `hang_up` closes the connection instead."""
    found = Api(vendor)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(raw) if raw else None
            found.requests.append(
                {"method": self.command, "path": self.path, "headers": self.headers, "body": body}
            )
            if found.answers[0] == "hang_up":
                if len(found.answers) > 1:
                    found.answers.pop(0)
                return
            recorded = found.next_answer()
            data = recorded["body"] if isinstance(recorded["body"], str) else json.dumps(recorded["body"])
            self.send_response(recorded["status"])
            for name, value in recorded["headers"].items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data.encode())))
            self.end_headers()
            self.wfile.write(data.encode())

        do_GET = do_POST  # noqa: N815 -- the name http.server asks for

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with listening(Handler) as port:
        found.url = f"http://127.0.0.1:{port}"
        yield found


@dataclass
class PostBox:
    """What the SMTP server has taken, and how it is to answer."""

    host: str = "localhost"
    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    mail_answer: str = "250 OK"
    rcpt_answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 taken"
    hang_up_after_data: bool = False


class _Handler:
    def __init__(self, box: PostBox) -> None:
        self.box = box

    async def handle_MAIL(  # noqa: N802 -- the name aiosmtpd asks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.box.mail_answer.startswith("250"):
            envelope.mail_from = address
        return self.box.mail_answer

    async def handle_RCPT(  # noqa: N802 -- as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.box.rcpt_answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        if self.box.data_answer.startswith("250"):
            self.box.taken.append(envelope)
        if self.box.hang_up_after_data:
            server.transport.abort()
        return self.box.data_answer


@contextmanager
def smtp(*, security: str = "starttls", password: str = "") -> Iterator[PostBox]:
    """An SMTP server: `starttls`, `tls` or `none`; with a password it wants `robot` to sign in."""
    box = PostBox()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False)
        good = data.login == b"robot" and data.password == password.encode()
        box.signed_in.append(data.login.decode())
        return AuthResult(success=good, handled=False)

    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": _free_port()}
    if security == "tls":
        options["ssl_context"] = server_context()
    if security == "starttls":
        options |= {"tls_context": server_context(), "require_starttls": True}
    if password:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": security == "starttls"}
    controller = Controller(_Handler(box), **options)
    controller.start()
    box.port = options["port"]
    try:
        yield box
    finally:
        controller.stop(no_assert=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@lru_cache(maxsize=1)
def _identity() -> tuple[bytes, bytes]:
    """A certificate for `localhost` that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


@lru_cache(maxsize=1)
def server_context() -> ssl.SSLContext:
    """What the server shows."""
    import tempfile

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as both:
        both.write(b"".join(_identity()))
        both.flush()
        context.load_cert_chain(both.name)
    return context


def client_context() -> ssl.SSLContext:
    """A client that knows this server's certificate."""
    return ssl.create_default_context(cadata=_identity()[0].decode())
