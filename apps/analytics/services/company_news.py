"""Telling people of companies."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Organization
from apps.core.tenancy import current_org_id
from apps.notifications.enums import Channel
from apps.notifications.kinds import Kind, register_kind
from apps.notifications.lazy import said
from apps.notifications.services import notify_members

HOT = register_kind(
    Kind(
        "companies.hot", _("A company became hot"),
        _("When a business that visits your sites reaches the score you call hot."), _("Traffic"),
        icon="flame", tone="good", defaults=frozenset({Channel.IN_APP}),
    )
)


def tell_hot(*, company_id: int, name: str, score: int) -> int:
    """Tell those who may see companies; returns how many had not been told of it today."""
    organization = Organization.objects.get(pk=current_org_id())
    today = timezone.now().astimezone(organization.tz).date()
    return notify_members(
        HOT, said(_("%(company)s is hot"), company=name), action="company.view",
        body=said(_("Its visits add up to a score of %(score)s of 100."), score=score),
        url=reverse("analytics:company", args=[organization.slug, company_id]), button=_("Look at the company"),
        key=f"{company_id}/{today.isoformat()}",
    )
