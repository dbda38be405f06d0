"""Inviting and changing members, and API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts import assignables
from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Membership, Organization
from apps.accounts.scopes import all_scopes
from apps.accounts.selectors.clients import clients_of

ROLE_HELP = {
    Role.OWNER: _("Everything, and hands over ownership"),
    Role.ADMIN: _("Everything but handing over ownership"),
    Role.MANAGER: _("Sees all figures, changes what is assigned"),
    Role.AGENT: _("Inbox, customers and own figures"),
    Role.BILLING: _("Plans and invoices only"),
    Role.VIEWER: _("Reads figures and reports"),
    Role.CLIENT: _("Reads only what is assigned"),
}
LIFETIMES = [("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("", _("Never expires"))]


def role_choices(acting: Membership) -> list[tuple[str, str]]:
    """The roles this member may give, each with what it means."""
    roles = [role for role in Role if role != Role.OWNER or acting.role == Role.OWNER or not _has_owner()]
    return [(role.value, f"{role.label}: {ROLE_HELP[role]}") for role in roles]


def _has_owner() -> bool:
    return Membership.objects.filter(role=Role.OWNER, is_active=True).exists()


class _AssignmentFields(forms.Form):
    objects = forms.MultipleChoiceField(label=_("Looks after"), required=False, widget=forms.CheckboxSelectMultiple)
    clients = forms.TypedMultipleChoiceField(
        label=_("Clients"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, acting: Membership, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [pair for _group, pairs in assignables.choices() for pair in pairs]
        self._offer("objects", found)
        is_agency = organization.kind == OrganizationKind.AGENCY
        clients = clients_of(acting).order_by("name") if is_agency else []
        self._offer("clients", [(client.pk, client.name) for client in clients])

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        if choices:
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields[name]


class InviteForm(_AssignmentFields):
    """Invite by e-mail."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.com"}),
    )
    role = forms.ChoiceField(label=_("Role"), initial=Role.VIEWER)
    field_order = ["email", "role", "objects", "clients"]

    def __init__(self, *args: Any, acting: Membership, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, acting=acting, organization=organization, **kwargs)
        self.fields["role"].choices = role_choices(acting)  # type: ignore[attr-defined]


class MemberForm(_AssignmentFields):
    """Change a member's role and assignments."""

    role = forms.ChoiceField(label=_("Role"))
    field_order = ["role", "objects", "clients"]

    def __init__(self, *args: Any, acting: Membership, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, acting=acting, **kwargs)
        choices = role_choices(acting)
        if member.role not in dict(choices):
            choices = [(member.role, str(Role(member.role).label)), *choices]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


class ClientInviteForm(forms.Form):
    """Ask the owner of an existing organization."""

    email = forms.EmailField(label=_("Owner's e-mail address"), max_length=254)


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Where it is used, such as “Shop server”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(label=_("May"), widget=forms.CheckboxSelectMultiple)
    lifetime = forms.ChoiceField(label=_("Expires after"), choices=LIFETIMES, initial="365", required=False)
    personal = forms.BooleanField(
        label=_("Only for me"), required=False, help_text=_("Ends when I leave, and can do no more than my role."),
    )

    def __init__(self, *args: Any, may_manage: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [scope for scope in all_scopes() if may_manage or scope.key != "admin"]
        self.fields["scopes"].choices = [(s.key, f"{s.label}: {s.help}") for s in offered]  # type: ignore[attr-defined]
        if not may_manage:
            del self.fields["personal"]

    def expires_at(self) -> datetime | None:
        """When the key ends, if it does."""
        days = self.cleaned_data.get("lifetime")
        return timezone.now() + timedelta(days=int(days)) if days else None


class AuditForm(forms.Form):
    """Narrow the audit log; every field may be empty, and nonsense counts as empty."""

    action = forms.CharField(required=False, max_length=60)
    actor = forms.IntegerField(required=False)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    q = forms.CharField(required=False, max_length=100)
