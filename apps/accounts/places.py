"""Places, settings pages, onboarding steps and audit words of the accounts floor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts import onboarding, settings_pages
from apps.accounts.audit import register_audit_actions
from apps.accounts.enums import InvitationKind, OrganizationKind
from apps.accounts.models import Invitation, Membership, Organization
from apps.accounts.selectors.clients import clients_of
from apps.accounts.settings_pages import SettingsPage
from apps.core import navigation, palette


def _is_agency(request: Any) -> bool:
    return request.organization.kind == OrganizationKind.AGENCY


def _has_company(organization: Organization) -> bool:
    return Membership.objects.count() > 1 or Invitation.objects.exists()


def _has_client(organization: Organization) -> bool:
    asked = Invitation.objects.filter(kind=InvitationKind.CLIENT)
    return Organization.objects.filter(agency=organization, delete_after=None).exists() or asked.exists()


navigation.add(
    navigation.Place(
        "clients", _("Clients"), icon="briefcase", url_name="accounts:clients", action="client.view", shown=_is_agency
    )
)
navigation.add(
    navigation.Place(
        "settings", _("Settings"), icon="settings", url_name="accounts:settings", action="organization.view"
    )
)

settings_pages.add(
    SettingsPage(
        "general", _("General"), icon="building-2", url_name="accounts:settings", action="organization.view", order=10
    )
)
settings_pages.add(
    SettingsPage("team", _("Team"), icon="users", url_name="accounts:team", action="team.view", order=20)
)
settings_pages.add(
    SettingsPage("keys", _("API keys"), icon="key", url_name="accounts:keys", action="key.own", order=60)
)
settings_pages.add(
    SettingsPage(
        "security", _("Security"), icon="shield-check", url_name="accounts:security", action="security.edit", order=70
    )
)
settings_pages.add(
    SettingsPage("audit", _("Audit log"), icon="scroll-text", url_name="accounts:audit", action="audit.view", order=80)
)

onboarding.register(
    onboarding.Step(
        "client", _("Add a client"), _("A new business, or one that has Mainstay already."), "accounts:client-new",
        _has_client, button=_("Add client"), action="client.manage", order=10, kinds=(OrganizationKind.AGENCY,),
    )
)
onboarding.register(
    onboarding.Step(
        "team", _("Invite a colleague"), _("Everybody sees what their role allows, and nothing else."),
        "accounts:team", _has_company, button=_("Invite"), action="team.manage", order=80,
    )
)



def _people(request: Any, words: str, most: int) -> Iterator[palette.Entry]:
    """The team by name or address."""
    rows = Membership.objects.filter(is_active=True).select_related("user").order_by("user__name", "user__email")
    slug = request.organization.slug
    for row in rows.filter(Q(user__name__icontains=words) | Q(user__email__icontains=words))[:most]:
        url = reverse("accounts:member", args=[slug, row.pk])
        hint = row.user.email if row.user.name else row.get_role_display()
        yield palette.Entry(row.user.get_full_name(), icon="user", url=url, hint=hint)


def _clients(request: Any, words: str, most: int) -> Iterator[palette.Entry]:
    """An agency's clients by name; each leads to its own home page."""
    for client in clients_of(request.membership).filter(name__icontains=words).order_by("name", "id")[:most]:
        yield palette.Entry(client.name, icon="briefcase", url=reverse("dashboards:home", args=[client.slug]),
                            hint=_("Client"))


palette.add_finder(palette.Finder("people", "team.manage", _people, order=20))
palette.add_finder(palette.Finder("clients", "client.view", _clients, order=30))
palette.add_deed(palette.Deed(
    "invite", _("Invite a colleague"), icon="user-plus", action="team.manage", order=20, also=_("person team member"),
    address=lambda slug: reverse("accounts:team", args=[slug]) + "#invite",
))
palette.add_deed(palette.Deed(
    "client", _("New client"), icon="briefcase", action="client.manage", order=30, shown=_is_agency,
    address=lambda slug: reverse("accounts:client-new", args=[slug]),
))
palette.add_deed(palette.Deed(
    "key", _("New API key"), icon="key", action="key.own", order=40,
    address=lambda slug: reverse("accounts:keys", args=[slug]) + "#new-key",
))
palette.add_deed(palette.Deed(
    "audit", _("Export the audit log"), icon="download", action="audit.view", order=60, also="CSV",
    address=lambda slug: reverse("accounts:audit-csv", args=[slug]),
))

register_audit_actions(
    {
        "organization.created": _("Made the organization"),
        "organization.changed": _("Changed settings"),
        "organization.logo_changed": _("Changed the logo"),
        "organization.agency_changed": _("Changed the agency"),
        "client.added": _("Added a client"),
        "client.removed": _("Let a client go"),
        "invitation.sent": _("Invited"),
        "invitation.resent": _("Invited again"),
        "invitation.revoked": _("Withdrew an invitation"),
        "member.joined": _("Joined"),
        "member.left": _("Left"),
        "member.role_changed": _("Changed a role"),
        "member.assigned": _("Changed what somebody looks after"),
        "member.deactivated": _("Deactivated a member"),
        "member.reactivated": _("Reactivated a member"),
        "ownership.transferred": _("Handed over ownership"),
        "key.created": _("Made an API key"),
        "key.revoked": _("Revoked an API key"),
        "sso.changed": _("Changed single sign-on"),
        "sso.removed": _("Removed single sign-on"),
        "audit.exported": _("Exported the audit log"),
        "person.signed_in": _("Signed in"),
        "person.sign_in_failed": _("Failed to sign in"),
        "person.password_changed": _("Changed their password"),
        "person.email_changed": _("Changed their e-mail address"),
        "person.factor_added": _("Added a second factor"),
        "person.factor_removed": _("Removed a second factor"),
        "person.recovery_codes_made": _("Made new recovery codes"),
        "person.login_connected": _("Connected a sign-in"),
        "person.login_disconnected": _("Disconnected a sign-in"),
        "session.ended": _("Signed out a device"),
        "session.ended_others": _("Signed out all other devices"),
    }
)
