"""An authorization server on this machine that answers as RFC 6749 and RFC 7636 say.

It also takes tokens back as Google does (RFC 7009 with Google's errors): one token ends all that the person gave this
application. Refresh tokens rotate, and using an old one again revokes the whole grant, as strict vendors do.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlsplit

from tests.house.listening import listening

CLIENT = {"id": "mainstay", "secret": "s3cret & more"}


@dataclass
class AuthorizationServer:
    """What it has given out, and how it is to behave."""

    url: str = ""
    lifetime: int = 3600
    slow_seconds: float = 0.0
    broken_status: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    revoked: set[int] = field(default_factory=set)
    access: set[str] = field(default_factory=set)
    person: str = "1001"  # who signs in just now
    persons: dict[int, str] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    taken_back: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def allow(self, authorize_url: str, **instead: str) -> dict[str, str]:
        """A person allows access: the query with which they are sent back."""
        asked = dict(parse_qsl(urlsplit(authorize_url).query)) | instead
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT["id"]
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint."""
        if not _is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        if form.get("grant_type") == "authorization_code":
            return self._by_code(form)
        if form.get("grant_type") == "refresh_token":
            return self._by_refresh(form)
        return 400, {"error": "unsupported_grant_type"}

    def revoke(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The revocation endpoint; it asks for no client."""
        token = form.get("token", "")
        grant = self.given.get(token, self.refresh.get(token))
        if grant is None or grant in self.revoked:
            return 400, {"error": "invalid_token", "error_description": "Token expired or revoked"}
        person = self.persons[grant]
        self.revoked |= {one for one, whose in self.persons.items() if whose == person}
        self.access -= {one for one, mine in self.given.items() if mine in self.revoked}
        self.taken_back.append(person)
        return 200, {}

    def revoke_everything(self) -> None:
        """The person withdraws access."""
        self.revoked |= set(self.refresh.values())
        self.access.clear()

    def _by_code(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant", "error_description": "unknown code"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked["code_challenge_method"] != "S256" or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "wrong verifier"}
        self.persons[len(self.refresh)] = self.person
        return self._give(len(self.refresh), asked["scope"])

    def _by_refresh(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        token = form.get("refresh_token", "")
        grant = self.refresh.get(token)
        if grant is None or grant in self.revoked:
            return 400, {"error": "invalid_grant"}
        if token in self.used:
            self.revoked.add(grant)
            return 400, {"error": "invalid_grant", "error_description": "refresh token reused"}
        self.used.add(token)
        return self._give(grant, "")

    def _give(self, grant: int, scope: str) -> tuple[int, dict[str, Any]]:
        access, refresh = secrets.token_hex(8), secrets.token_hex(8)
        self.access.add(access)
        self.refresh[refresh], self.given[access] = grant, grant
        found = {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.lifetime}
        if "openid" in scope.split():
            claims = json.dumps({"sub": self.persons[grant], "aud": CLIENT["id"]}).encode()
            found["id_token"] = f"e30.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.c2ln"
        return 200, found | ({"scope": scope} if scope else {})


def _is_client(form: dict[str, str], authorization: str) -> bool:
    if authorization.startswith("Basic "):
        pair = base64.b64decode(authorization[6:]).decode()
        return pair == f"{quote_plus(CLIENT['id'])}:{quote_plus(CLIENT['secret'])}"
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT["id"], CLIENT["secret"])


@contextmanager
def running() -> Iterator[AuthorizationServer]:
    """The server, listening."""
    found = AuthorizationServer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = {key: values[0] for key, values in parse_qs(raw).items()}
            with found.lock:
                found.requests.append(form)
                status, body = found.broken_status, {}
                if not status:
                    time.sleep(found.slow_seconds)
                    if self.path == "/revoke":
                        status, body = found.revoke(form)
                    else:
                        status, body = found.token(form, self.headers.get("Authorization", ""))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    with listening(Handler) as port:
        found.url = f"http://127.0.0.1:{port}"
        yield found
