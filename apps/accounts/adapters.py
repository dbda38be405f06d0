"""Where django-allauth asks us: addresses, mail, secrets at rest, and each organization's own sign-in."""

from __future__ import annotations

import re
from typing import Any

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from requests.adapters import BaseAdapter

from apps.accounts import pending
from apps.accounts.access import membership_in
from apps.accounts.audit import audit_person
from apps.accounts.models import Organization, SingleSignOn, User
from apps.accounts.notices import NOTICES, notice_send
from apps.core.client_ip import client_ip
from apps.core.encryption import decrypt, encrypt
from apps.core.http import BlockedAddress, FetchError, Limits, UnknownHost, fetch
from apps.core.tenancy import tenant

PROVIDER_FAILED = (requests.RequestException, ValueError, KeyError, TypeError)
"""What allauth lets through when an identity provider cannot be reached or answers nonsense."""
_ORGANIZATION = re.compile(r"^org-(?P<id>\d{1,18})$")


class AccountAdapter(DefaultAccountAdapter):
    """People: made with a name and a language; their network address as far as proxies can be trusted."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address rate limits count by."""
        return client_ip(request)

    def format_email_subject(self, subject: str) -> str:
        """Subjects stand as they are written."""
        return subject

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep the name given and the language the page was in."""
        user.name = form.cleaned_data.get("name") or user.name
        user.language = get_language() or ""
        return super().save_user(request, user, form, commit)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """What was changed about an account, in our words; what we have none for, in allauth's."""
        to = email or EmailAddress.objects.get_primary_email(user)
        if template_prefix not in NOTICES:
            super().send_notification_mail(template_prefix, user, context, email)
        elif to:
            notice_send(
                user=user, what=template_prefix, to=to, facts=context or {},
                address=client_ip(self.request), agent=self.request.headers.get("User-Agent", ""),
            )

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Failed sign-ins of known people stand in the log of their organizations."""
        super().authentication_failed(request, **credentials)
        known = User.objects.filter(email__iexact=credentials.get("email") or "").first()
        if known:
            audit_person(known, "person.sign_in_failed", request=request)


class MFAAdapter(DefaultMFAAdapter):
    """Keys of second factors are encrypted at rest like any other secret."""

    def encrypt(self, text: str) -> str:
        """Before it is stored."""
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """When it is used."""
        return str(decrypt(encrypted_text))


class _CheckedTransport(BaseAdapter):
    """Lets `requests` speak only to addresses that the whole internet may reach: the issuer's is typed by a user."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """One exchange through `apps.core.http`."""
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        try:
            found = fetch(
                request.url or "",
                method=request.method or "GET",
                headers={key: _text(value) for key, value in request.headers.items()},
                content=bytes(body),
                limits=Limits(seconds=10.0, max_bytes=500_000),
            )
        except (BlockedAddress, FetchError, UnknownHost) as error:
            raise requests.ConnectionError(str(error), request=request) from error
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = found.status, found.url, request
        answer.headers.update(found.headers)
        answer.headers.pop("content-encoding", None)
        answer._content = found.content
        return answer

    def close(self) -> None:
        """Nothing is kept open."""


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Google, Microsoft and each organization's OpenID Connect, whose rows stand in for allauth's apps."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Configured apps; an organization's only when it is asked for by name."""
        if found := organization_of_provider(provider or ""):
            return [app] if (app := _app_of(found)) else []
        return super().list_apps(request, provider=provider, client_id=client_id)

    def get_requests_session(self) -> requests.Session:
        """A session that cannot be led into a private network."""
        session = requests.Session()
        for prefix in ("https://", "http://"):
            session.mount(prefix, _CheckedTransport())
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """An organization's provider vouches for its own members only; see docs/decisions."""
        organization = organization_of_provider(sociallogin.account.provider)
        if organization is None:
            return
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            user = sociallogin.user if sociallogin.is_existing else request.user
            if membership_in(user, organization) is None and not _invited(request, sociallogin, organization):
                _refuse(request, _("You are no longer a member of this organization."))
            return
        if not _invited(request, sociallogin, organization):
            _refuse(request, _("Nobody here is linked to this sign-in yet. Sign in another way once and connect it."))
        _join(request, sociallogin)


def organization_of_provider(provider: str) -> Organization | None:
    """The organization whose sign-in this is; None for Google and the like."""
    found = _ORGANIZATION.match(provider)
    return Organization.objects.filter(pk=int(found["id"]), delete_after=None).first() if found else None


def _app_of(organization: Organization) -> SocialApp | None:
    with tenant(organization.id):
        row = SingleSignOn.objects.filter(is_enabled=True).first()
    if row is None:
        return None
    return SocialApp(
        provider="openid_connect",
        provider_id=row.provider_id,
        name=row.name,
        client_id=row.client_id,
        secret=row.secrets.get("client_secret", ""),
        settings={"server_url": row.issuer, "oauth_pkce_enabled": True},
    )


def _invited(request: HttpRequest, sociallogin: SocialLogin, organization: Organization) -> bool:
    invitation = pending.invitation(request)
    if invitation is None or invitation.organization_id != organization.pk:
        return False
    return any(address.email.lower() == invitation.email for address in sociallogin.email_addresses)


def _join(request: HttpRequest, sociallogin: SocialLogin) -> None:
    # The mailed link proved the address; the provider only repeats it.
    invitation = pending.invitation(request)
    email = invitation.email if invitation else ""
    known = User.objects.filter(email__iexact=email).first()
    if known:
        sociallogin.connect(request, known)
        return
    sociallogin.email_addresses = [EmailAddress(email=email, verified=True, primary=True)]
    sociallogin.user.email = email


def _refuse(request: HttpRequest, words: Any) -> None:
    messages.error(request, words)
    raise ImmediateHttpResponse(redirect("account_login"))
