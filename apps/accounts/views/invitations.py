"""The page an invitation's link opens."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from apps.accounts import pending
from apps.accounts.enums import InvitationKind, InvitationState
from apps.accounts.models import Invitation
from apps.accounts.selectors.invitations import adoptable_organizations, invited_person, sign_in_of
from apps.accounts.services.clients import client_adopt
from apps.accounts.services.invitations import NOT_OPEN, invitation_accept


class InvitationView(View):
    """Who invites you to what; accept as the person signed in, or sign in or up first."""

    def setup(self, request: HttpRequest, *args: object, **kwargs: object) -> None:
        """Find it; an unknown link is a page that is not there."""
        super().setup(request, *args, **kwargs)
        found = Invitation.by_token(str(kwargs["token"]))
        if found is None:
            raise Http404
        self.invitation = found

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The offer, or why there is none any more."""
        if self.invitation.state != InvitationState.OPEN:
            pending.forget(request)
            facts = {"words": NOT_OPEN[self.invitation.state], "invitation": self.invitation}
            return render(request, "accounts/invitation_over.html", facts, status=410)
        if not request.user.is_authenticated:
            pending.remember(request, token)
            get_adapter(request).stash_verified_email(request, self.invitation.email)
        return render(request, "accounts/invitation.html", self._facts(request))

    def _facts(self, request: HttpRequest) -> dict[str, object]:
        is_client = self.invitation.kind == InvitationKind.CLIENT
        return {
            "invitation": self.invitation,
            "invited": self.invitation.organization,
            "is_client": is_client,
            "known": invited_person(self.invitation),
            "sign_in": sign_in_of(self.invitation),
            "offers": adoptable_organizations(request.user) if is_client and request.user.is_authenticated else [],
        }

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Accept."""
        if not request.user.is_authenticated:
            return redirect("accounts:invitation", token=token)
        pending.forget(request)
        try:
            slug = self._accept(request)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("accounts:invitation", token=token)
        messages.success(request, _("Welcome!"))
        return redirect(f"/o/{slug}/")

    def _accept(self, request: HttpRequest) -> str:
        if self.invitation.kind == InvitationKind.MEMBER:
            invitation_accept(invitation=self.invitation, user=request.user)
            return self.invitation.organization.slug
        offers = adoptable_organizations(request.user)
        chosen = get_object_or_404(offers, pk=request.POST.get("organization") or 0)
        client_adopt(invitation=self.invitation, user=request.user, organization=chosen)
        return chosen.slug
