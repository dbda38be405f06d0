"""What django-allauth tells: sign-ins and changes of how a person signs in go into the audit log."""

from __future__ import annotations

import ipaddress
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, password_changed, password_reset, password_set, user_logged_in
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.socialaccount.signals import social_account_added, social_account_removed
from allauth.usersessions.models import UserSession
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.adapters import organization_of_provider
from apps.accounts.audit import audit_person
from apps.accounts.containment import SSO_KEY
from apps.accounts.models import User
from apps.accounts.services.people import sessions_end_others


def network_of(address: str) -> str:
    """An address with the part that names a household cut off: /24 and /48."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    prefix = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network(f"{found}/{prefix}", strict=False).network_address)


@receiver(pre_save, sender=UserSession)
def _keep_network_only(sender: Any, instance: UserSession, **kwargs: Any) -> None:
    instance.ip = network_of(instance.ip)


@receiver(user_logged_in)
def _signed_in(sender: Any, request: HttpRequest, user: User, sociallogin: Any = None, **kwargs: Any) -> None:
    provider = sociallogin.account.provider if sociallogin else ""
    organization = organization_of_provider(provider)
    if organization is not None:
        request.session[SSO_KEY] = organization.pk
    audit_person(user, "person.signed_in", after={"through": provider} if provider else None, request=request)


@receiver([password_changed, password_set, password_reset])
def _password_changed(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    audit_person(user, "person.password_changed", request=request)
    sessions_end_others(user=user, current=request.session)


@receiver(email_changed)
def _email_changed(
    sender: Any, request: HttpRequest, user: User, from_email_address: EmailAddress | None,
    to_email_address: EmailAddress, **kwargs: Any,
) -> None:
    before = {"email": from_email_address.email} if from_email_address else None
    audit_person(user, "person.email_changed", before=before, after={"email": to_email_address.email}, request=request)


@receiver(authenticator_added)
def _factor_added(sender: Any, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    audit_person(user, "person.factor_added", after={"kind": str(authenticator.type)}, request=request)


@receiver(authenticator_removed)
def _factor_removed(sender: Any, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    audit_person(user, "person.factor_removed", before={"kind": str(authenticator.type)}, request=request)


@receiver(authenticator_reset)
def _factor_reset(sender: Any, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    audit_person(user, "person.recovery_codes_made", request=request)


@receiver(social_account_added)
def _account_connected(sender: Any, request: HttpRequest, sociallogin: Any, **kwargs: Any) -> None:
    audit_person(
        sociallogin.user, "person.login_connected", after={"with": sociallogin.account.provider}, request=request
    )


@receiver(social_account_removed)
def _account_disconnected(sender: Any, request: HttpRequest, socialaccount: Any, **kwargs: Any) -> None:
    audit_person(
        socialaccount.user, "person.login_disconnected", before={"with": socialaccount.provider}, request=request
    )
