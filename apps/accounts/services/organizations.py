"""Making, changing and erasing organizations."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.actors import Actor, person_of
from apps.accounts.audit import audit
from apps.accounts.contracts import CurrencyChanged, OrganizationCreated, TimeZoneChanged
from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import FormerAddress, Membership, Organization, User
from apps.core.connections.services import connections_revoke
from apps.core.outbox import publish
from apps.core.tenancy import tenant

EDITABLE = ("name", "slug", "kind", "industry", "time_zone", "currency", "country", "accent")
SECURITY = ("require_second_factor", "idle_timeout_minutes")


@transaction.atomic
def organization_create(*, user: User, **facts: Any) -> Organization:
    """A new organization owned by this person, at a free address made from its name."""
    organization = organization_add(actor=user, **facts)
    with tenant(organization.id):
        Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
    User.objects.filter(pk=user.pk).update(last_organization=organization)
    return organization


@transaction.atomic
def organization_add(*, actor: Actor | None, agency: Organization | None = None, **facts: Any) -> Organization:
    """An organization nobody belongs to yet: an agency's new client, or the demo."""
    facts.setdefault("slug", free_slug(facts["name"]))
    organization = Organization.objects.create(agency=agency, **facts)
    with tenant(organization.id):
        audit(actor, "organization.created", organization, after=_facts(organization))
        person = person_of(actor) if actor else None
        publish(OrganizationCreated(organization.id, person.pk if person else None))
    return organization


@transaction.atomic
def organization_update(*, actor: Actor, organization: Organization, **changes: Any) -> Organization:
    """Change settings. An old address keeps leading here; a new time zone or currency is told to everyone."""
    row = Organization.objects.select_for_update().get(pk=organization.pk)
    before = _facts(row)
    for name, value in changes.items():
        if name not in (*EDITABLE, *SECURITY):
            raise ValueError(f"{name} cannot be changed here")
        setattr(row, name, value)
    _check_kind(row)
    row.save(update_fields=[*changes])
    after = _facts(row)
    if before == after:
        return row
    _move(row, before["slug"])
    audit(actor, "organization.changed", row, before=before, after=after)
    if before["time_zone"] != row.time_zone:
        publish(TimeZoneChanged(row.id, before["time_zone"], row.time_zone))
    if before["currency"] != row.currency:
        publish(CurrencyChanged(row.id, before["currency"], row.currency))
    return row


def _facts(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization, name) for name in (*EDITABLE, *SECURITY)}


def _check_kind(organization: Organization) -> None:
    if organization.kind == OrganizationKind.AGENCY and organization.agency_id:
        raise ValidationError({"kind": _("A client of an agency cannot be an agency itself.")})
    if organization.kind == OrganizationKind.BUSINESS and organization.clients.exists():
        raise ValidationError({"kind": _("Let your clients go first, then this can be switched off.")})


def _move(organization: Organization, old: str) -> None:
    if old == organization.slug:
        return
    FormerAddress.objects.filter(slug=organization.slug, organization=organization).delete()
    FormerAddress.objects.update_or_create(slug=old, defaults={"organization": organization})


def slug_is_free(slug: str, organization: Organization | None = None) -> bool:
    """Whether an address is neither taken nor another's old one."""
    taken = Organization.objects.filter(slug=slug)
    former = FormerAddress.objects.filter(slug=slug)
    if organization is not None:
        taken, former = taken.exclude(pk=organization.pk), former.exclude(organization=organization)
    return not (taken.exists() or former.exists())


def free_slug(name: str) -> str:
    """An address made from a name, with a number when it is taken."""
    base = slugify(name)[:50].strip("-_") or "business"
    slug, number = base, 1
    while not slug_is_free(slug):
        number += 1
        slug = f"{base}-{number}"
    return slug


@transaction.atomic
def logo_change(*, actor: User, organization: Organization, picture: ContentFile[bytes] | None) -> None:
    """Put up a new logo, or take it down; the old file goes when the change is certain."""
    old = organization.logo.name
    storage = organization.logo.storage
    if picture is None:
        organization.logo = ""
    else:
        organization.logo.save(picture.name, picture, save=False)
    organization.save(update_fields=["logo"])
    audit(actor, "organization.logo_changed", organization)
    if old:
        transaction.on_commit(lambda: storage.delete(old))


@transaction.atomic
def onboarding_hide(*, actor: User, organization: Organization) -> None:
    """Put the first steps away for everyone in the organization."""
    Organization.objects.filter(pk=organization.pk).update(onboarding_hidden_at=timezone.now())


@transaction.atomic
def organization_erase(*, organization: Organization) -> None:
    """Remove an organization with everything it owns, its audit log too. The only way the log can go."""
    with tenant(organization.id), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('mainstay.erasing', %s, true)", [str(organization.id)])
        if organization.logo:
            organization.logo.delete(save=False)
        connections_revoke()
        organization.delete()
        cursor.execute("SELECT set_config('mainstay.erasing', '', true)")
