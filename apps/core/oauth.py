"""Connecting by signing in at the vendor (OAuth 2.0 code flow with PKCE), and keeping the tokens fresh.

Tokens live encrypted in `Connection.secrets`. A refresh holds the row's lock while it asks, so that of many
processes one asks and the others read what it got: vendors that rotate refresh tokens revoke all of them when an old
one comes back.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote_plus, urlencode

import httpx
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.models import Connection
from apps.core.providers import Provider, ProviderError, kinds

SESSION_KEY = "oauth_pending"
PENDING_SECONDS = 600
MOST_PENDING = 5
TIMEOUT_SECONDS = 10.0
REFRESH_EARLY_SECONDS = 60


class OAuthFailed(Exception):
    """Signing in at the vendor did not lead to a connection. The message is for the person."""


class TokenRefused(ProviderError):
    """The vendor's API did not take an access token that should be good. Vendors raise it on 401."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class AccessWithdrawn(ProviderError):
    """The vendor gives no new tokens: the person withdrew access, or it ran out."""

    def __init__(self, label: Any) -> None:
        super().__init__(_("%(vendor)s no longer gives access. Connect it again.") % {"vendor": label}, permanent=True)


class OAuthProvider(Provider):
    """A vendor that is connected by signing in there. Client id and secret stand in settings.OAUTH_CLIENTS[key], or
    under the `family` of vendors that share a client."""

    authorize_url: ClassVar[str]
    token_url: ClassVar[str]
    family: ClassVar[str] = ""
    revoke_url: ClassVar[str] = ""  # where access is given back (RFC 7009); empty for a vendor without such a place
    scopes: ClassVar[tuple[str, ...]] = ()
    also_asked: ClassVar[tuple[str, ...]] = ()  # scopes that are asked for besides; it works without them
    extra_params: ClassVar[dict[str, str]] = {}
    client_auth: ClassVar[str] = "post"  # "post" or "basic": where the vendor wants the client's secret
    kept_answers: ClassVar[tuple[str, ...]] = ()  # what else of the token's answer is kept among the secrets

    @classmethod
    def sign_in_at(cls, values: Mapping[str, Any]) -> tuple[str, str]:
        """Where to send the person and where to ask for tokens; may depend on the answers to the vendor's questions."""
        return cls.authorize_url, cls.token_url

    @classmethod
    def grant_of(cls, answer: Mapping[str, Any]) -> str:
        """Whose permission the tokens of an answer speak for, so that connections which share one are known; empty
        where the vendor does not say."""
        return ""

    @classmethod
    def is_set_up(cls) -> bool:
        """Whether this installation is registered with the vendor."""
        return cls.key in settings.OAUTH_CLIENTS or cls.family in settings.OAUTH_CLIENTS

    @classmethod
    def client(cls) -> dict[str, str]:
        """{"id", "secret"}; raises OAuthFailed when this installation is not registered with the vendor."""
        found = settings.OAUTH_CLIENTS.get(cls.key) or settings.OAUTH_CLIENTS.get(cls.family)
        if not found:
            raise OAuthFailed(_("%(vendor)s is not set up on this installation yet.") % {"vendor": cls.label})
        return found


@dataclass(frozen=True)
class Pending:
    """A sign-in under way: for which organization, which vendor, and the half of PKCE that never leaves us.

    `values` are the answers to the vendor's questions that are no secrets; they wait in the session meanwhile. `back`
    is the page of ours to return to; empty for the connection's own.
    """

    organization_id: int
    kind: str
    provider: str
    name: str
    verifier: str
    redirect_uri: str
    began: float
    connection_id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    back: str = ""

    @property
    def vendor(self) -> type[OAuthProvider]:
        """The vendor's class."""
        return kinds[self.kind].get(self.provider)


def begin(
    session: MutableMapping[str, Any],
    *,
    organization_id: int,
    kind: str,
    provider: type[OAuthProvider],
    name: str,
    redirect_uri: str,
    connection_id: int | None = None,
    values: Mapping[str, Any] | None = None,
    back: str = "",
) -> str:
    """The vendor's address to send the person to. What comes back must match this session and organization."""
    client = provider.client()
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    secret = {question.name for question in provider.fields if question.secret}
    kept = {key: value for key, value in (values or {}).items() if key not in secret}
    pending = Pending(
        organization_id, kind, provider.key, name, verifier, redirect_uri, time.time(), connection_id, kept, back
    )
    waiting = dict(list(session.get(SESSION_KEY, {}).items())[-(MOST_PENDING - 1) :])
    session[SESSION_KEY] = {**waiting, state: asdict(pending)}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": client["id"], "redirect_uri": redirect_uri,
        "scope": " ".join((*provider.scopes, *provider.also_asked)), "state": state,
        "code_challenge": challenge, "code_challenge_method": "S256", **provider.extra_params,
    }
    return f"{provider.sign_in_at(kept)[0]}?{urlencode(query)}"


def claim(session: MutableMapping[str, Any], state: str) -> Pending:
    """The sign-in this answer belongs to. Each can be claimed once, from the session that began it, for ten minutes."""
    waiting = dict(session.get(SESSION_KEY, {}))
    found = waiting.pop(state, None)
    if found is None:
        raise OAuthFailed(_("This sign-in was not begun here, or was finished already. Start again."))
    session[SESSION_KEY] = waiting
    pending = Pending(**found)
    if time.time() - pending.began > PENDING_SECONDS:
        raise OAuthFailed(_("This sign-in took too long. Start again."))
    return pending


def exchange(pending: Pending, code: str) -> dict[str, Any]:
    """The tokens for a code; raises ProviderError."""
    return _ask(
        pending.vendor,
        {
            "grant_type": "authorization_code", "code": code,
            "redirect_uri": pending.redirect_uri, "code_verifier": pending.verifier,
        },
        pending.values,
    )


def ensure_fresh(connection: Connection) -> None:
    """Make sure that the connection's access token lasts; does nothing for vendors without OAuth."""
    vendor = kinds[connection.kind].get(connection.provider)
    if issubclass(vendor, OAuthProvider) and _stale(connection):
        refresh(connection)


def refresh(connection: Connection, *, force: bool = False) -> None:
    """Get a new access token, once over all processes, and put it into `connection`.

    `force`: the token was refused although its time is not up. Must not run inside a transaction, since a rollback
    would lose a rotated refresh token. Raises AccessWithdrawn or ProviderError.
    """
    vendor = kinds[connection.kind].get(connection.provider)
    used = connection.secrets.get("access_token")
    with transaction.atomic(durable=True):
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.secrets.get("access_token") == used and (force or _stale(row)):
            token = row.secrets.get("refresh_token")
            if not token:
                raise AccessWithdrawn(vendor.label)
            fresh = _ask(vendor, {"grant_type": "refresh_token", "refresh_token": token}, row.config)
            row.secrets = {**row.secrets, **fresh}
            row.save(update_fields=["secrets"])
    connection.secrets = row.secrets


def _stale(connection: Connection) -> bool:
    expires = connection.secrets.get("expires_at")
    return expires is not None and expires - REFRESH_EARLY_SECONDS <= time.time()


def _ask(vendor: type[OAuthProvider], form: dict[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        client = vendor.client()
    except OAuthFailed as error:
        raise ProviderError(str(error), permanent=True) from error
    auth = None
    if vendor.client_auth == "basic":
        auth = httpx.BasicAuth(quote_plus(client["id"]), quote_plus(client["secret"]))
    else:
        form = {**form, "client_id": client["id"], "client_secret": client["secret"]}
    try:
        answer = httpx.post(
            vendor.sign_in_at(values)[1], data=form, headers={"Accept": "application/json"}, timeout=TIMEOUT_SECONDS,
            **({"auth": auth} if auth else {}),
        )
    except httpx.HTTPError as error:
        raise ProviderError(_("%(vendor)s could not be reached.") % {"vendor": vendor.label}) from error
    return _tokens(vendor, answer)


def _tokens(vendor: type[OAuthProvider], answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code == 429 or answer.status_code >= 500:
        wait = answer.headers.get("retry-after", "")
        raise ProviderError(
            _("%(vendor)s is busy.") % {"vendor": vendor.label}, retry_after=float(wait) if wait.isdigit() else None
        )
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    if answer.status_code >= 400 or "access_token" not in body:
        if body.get("error") == "invalid_grant":
            raise AccessWithdrawn(vendor.label)
        reason = str(body.get("error_description") or body.get("error") or answer.status_code)[:200]
        raise ProviderError(
            _("%(vendor)s refused: %(reason)s") % {"vendor": vendor.label, "reason": reason}, permanent=True
        )
    kept = ("access_token", "refresh_token", "scope", "token_type", *vendor.kept_answers)
    found = {key: body[key] for key in kept if body.get(key)}
    if grant := vendor.grant_of(body):
        found["grant"] = grant
    if body.get("expires_in") is not None:
        found["expires_at"] = time.time() + float(body["expires_in"])
    return found
