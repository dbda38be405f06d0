"""The team page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from apps.accounts import assignables
from apps.accounts.enums import InvitationKind, Role
from apps.accounts.forms.team import InviteForm, MemberForm
from apps.accounts.models import ClientAssignment, Invitation, Membership
from apps.accounts.pages import OrganizationView
from apps.accounts.selectors.team import seats, waiting_invitations
from apps.accounts.services import invitations, team


class TeamView(OrganizationView):
    """Everybody with role, second factor and when they were last here; who is invited."""

    action, post_action, template = "team.view", "team.manage", "accounts/settings/team.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        return self._page(self._form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Invite somebody."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        data = form.cleaned_data
        try:
            sent = invitations.invitation_send(
                actor=request.user, acting=self.membership, email=data["email"], role=data["role"],
                objects=data.get("objects", ()), client_ids=data.get("clients", ()),
            )
        except ValidationError as error:
            form.add_error("email", error.messages)
            return self._page(form, status=422)
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": sent.email})
        return redirect("accounts:team", slug=self.organization.slug)

    def _form(self, data: Any = None) -> InviteForm:
        return InviteForm(data, acting=self.membership, organization=self.organization)

    def _page(self, form: InviteForm, status: int = 200) -> HttpResponse:
        return self.page(
            form=form, seats=seats(), invitations=waiting_invitations(InvitationKind.MEMBER),
            may_manage=self.may("team.manage"), may_transfer=self.may("ownership.transfer"), status=status,
        )


class MemberView(OrganizationView):
    """One member: role and what they look after."""

    action, template = "team.manage", "accounts/settings/member.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the member."""
        super().setup(request, *args, **kwargs)
        self.member = get_object_or_404(Membership.objects.select_related("user"), pk=kwargs["member_id"])

    def get(self, request: HttpRequest, member_id: int) -> HttpResponse:
        """The form."""
        clients = ClientAssignment.objects.filter(membership=self.member).values_list("client_id", flat=True)
        objects = assignables.assigned([self.member.user])[self.member.user_id]
        return self._page(self._form(initial={"role": self.member.role, "objects": objects, "clients": list(clients)}))

    def post(self, request: HttpRequest, member_id: int) -> HttpResponse:
        """Save it."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            self._save(form.cleaned_data)
        except ValidationError as error:
            form.add_error("role", error.messages)
            return self._page(form, status=422)
        messages.success(request, _("Saved."))
        return redirect("accounts:team", slug=self.organization.slug)

    def _save(self, data: dict[str, Any]) -> None:
        common = {"actor": self.request.user, "acting": self.membership, "membership": self.member}
        team.member_change(
            **common, role=data["role"], objects=data.get("objects", ()), client_ids=data.get("clients", ())
        )

    def _form(self, data: Any = None, **kwargs: Any) -> MemberForm:
        return MemberForm(data, acting=self.membership, organization=self.organization, member=self.member, **kwargs)

    def _page(self, form: MemberForm, status: int = 200) -> HttpResponse:
        return self.page(form=form, member=self.member, status=status)


class MemberActView(MemberView):
    """Deactivate or reactivate."""

    act: ClassVar[str] = ""

    def get(self, request: HttpRequest, member_id: int) -> HttpResponse:
        """The page the button stands on."""
        return redirect("accounts:member", slug=self.organization.slug, member_id=self.member.pk)

    def post(self, request: HttpRequest, member_id: int) -> HttpResponse:
        """Do it, or say why not."""
        service = {"deactivate": team.member_deactivate, "reactivate": team.member_reactivate}[self.act]
        try:
            service(actor=request.user, acting=self.membership, membership=self.member)
            messages.success(request, _("Done."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("accounts:team", slug=self.organization.slug)


class LeaveView(OrganizationView):
    """Leave the organization oneself."""

    action = "organization.view"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Leave, unless one is the last owner."""
        try:
            team.member_deactivate(actor=request.user, acting=self.membership, membership=self.membership)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("accounts:settings", slug=self.organization.slug)
        messages.success(request, _("You have left %(name)s.") % {"name": self.organization.name})
        return redirect("/")


class TransferView(OrganizationView):
    """Hand over ownership; asks for the password (or another proof) again."""

    asks_again = True
    action, template = "ownership.transfer", "accounts/settings/transfer.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Whom to."""
        return self.page(heirs=self._heirs())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Hand it over."""
        heir = get_object_or_404(self._heirs(), pk=request.POST.get("member") or 0)
        try:
            team.ownership_transfer(actor=request.user, acting=self.membership, membership=heir)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("accounts:transfer", slug=self.organization.slug)
        messages.success(request, _("%(name)s owns this organization now; you are an admin.") % {"name": heir.user})
        return redirect("accounts:team", slug=self.organization.slug)

    def _heirs(self) -> Any:
        rows = Membership.objects.select_related("user").filter(is_active=True).exclude(role=Role.OWNER)
        return rows.order_by("user__name", "user__email")


class InvitationActView(OrganizationView):
    """Send an invitation again, or withdraw it."""

    action = "team.manage"
    act: ClassVar[str] = ""

    def post(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        """Do it, or say why not."""
        invitation = get_object_or_404(Invitation.objects, pk=invitation_id)
        again = self.act == "resend"
        service = invitations.invitation_resend if again else invitations.invitation_revoke
        try:
            service(actor=request.user, invitation=invitation)
            messages.success(request, _("Sent again.") if again else _("The invitation is withdrawn."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        back = "accounts:clients" if invitation.kind == InvitationKind.CLIENT else "accounts:team"
        return redirect(back, slug=self.organization.slug)
