"""Settings: the organization itself, its look, and rules for signing in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.accounts.colour import accent, stylesheet
from apps.accounts.forms.organization import BrandForm, OrganizationForm, SecurityForm, SingleSignOnForm
from apps.accounts.geography import time_zones
from apps.accounts.models import SingleSignOn
from apps.accounts.pages import OrganizationView
from apps.accounts.services.clients import client_release
from apps.accounts.services.organizations import logo_change, onboarding_hide, organization_update
from apps.accounts.services.sso import sso_remove, sso_save


class GeneralView(OrganizationView):
    """Name, address, place, money."""

    action, post_action, template = "organization.view", "organization.edit", "accounts/settings/general.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form; those who may not change it read it."""
        return self._page(OrganizationForm(organization=self.organization))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save, and stay on the page under its possibly new address."""
        form = OrganizationForm(request.POST, organization=self.organization)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            changed = organization_update(actor=request.user, organization=self.organization, **form.facts())
        except ValidationError as error:
            form.add_error("is_agency", error.messages)
            return self._page(form, status=422)
        messages.success(request, _("Saved."))
        return redirect("accounts:settings", slug=changed.slug)

    def _page(self, form: OrganizationForm, status: int = 200) -> HttpResponse:
        brand = BrandForm(initial={"accent": self.organization.accent})
        may_edit = self.may("organization.edit")
        if not may_edit:
            for field in [*form.fields.values(), *brand.fields.values()]:
                field.disabled = True
        return self.page(form=form, brand=brand, may_edit=may_edit, zones=time_zones(), status=status)


class BrandView(OrganizationView):
    """Logo and accent colour."""

    action, template = "organization.edit", "accounts/settings/general.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save both; say when the colour is shown in another shade than asked for."""
        form = BrandForm(request.POST, request.FILES)
        if not form.is_valid():
            general = OrganizationForm(organization=self.organization)
            return self.page(form=general, brand=form, may_edit=True, zones=time_zones(), status=422)
        data = form.cleaned_data
        organization_update(actor=request.user, organization=self.organization, accent=data["accent"].lower())
        if data["logo"] or data["remove_logo"]:
            logo_change(actor=request.user, organization=self.organization, picture=data["logo"])
        messages.success(request, _saved_colour(data["accent"]))
        return redirect("accounts:settings", slug=self.organization.slug)


def _saved_colour(colour: str) -> str:
    if colour and accent(colour).light != colour.lower():
        return _("Saved. Your colour is shown a little darker, so that it can be read.")
    return _("Saved.")


class AccentView(OrganizationView):
    """The organization's colour as a stylesheet; its address changes with the colour."""

    action = "organization.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        """CSS for both themes."""
        css = stylesheet(self.organization.accent) if self.organization.accent else ""
        return HttpResponse(css, content_type="text/css", headers={"Cache-Control": "private, max-age=604800"})


class SecurityView(OrganizationView):
    """Second factor, idle time-out, single sign-on."""

    action, template = "security.edit", "accounts/settings/security.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Both forms."""
        return self.security_page()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save the rules."""
        form = SecurityForm(request.POST)
        if not form.is_valid():
            return self.security_page(form=form, status=422)
        organization_update(actor=request.user, organization=self.organization, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("accounts:security", slug=self.organization.slug)

    def security_page(self, status: int = 200, **forms: Any) -> HttpResponse:
        """The page, with the forms given and fresh ones for the rest."""
        row = SingleSignOn.objects.first()
        fresh = SecurityForm(
            initial={
                "require_second_factor": self.organization.require_second_factor,
                "idle_timeout_minutes": self.organization.idle_timeout_minutes,
            }
        )
        facts = {name: getattr(row, name) for name in ("name", "issuer", "client_id", "is_enabled")} if row else {}
        single = SingleSignOnForm(initial=facts, has_secret=row is not None)
        callback = self.request.build_absolute_uri(f"/accounts/oidc/org-{self.organization.pk}/login/callback/")
        facts = {"form": fresh, "sso_form": single, "sso": row, "callback": callback, **forms}
        return self.page(status=status, **facts)


class SingleSignOnView(SecurityView):
    """Save the organization's own sign-in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page it stands on."""
        return redirect("accounts:security", slug=self.organization.slug)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save it."""
        form = SingleSignOnForm(request.POST, has_secret=SingleSignOn.objects.exists())
        if not form.is_valid():
            return self.security_page(sso_form=form, status=422)
        sso_save(actor=request.user, organization=self.organization, **form.cleaned_data)
        messages.success(request, _("Saved. Sign out and try it before you tell everybody."))
        return redirect("accounts:security", slug=self.organization.slug)


class SingleSignOnRemoveView(OrganizationView):
    """Take single sign-on away."""

    action = "security.edit"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Remove it."""
        sso_remove(actor=request.user)
        messages.success(request, _("Single sign-on is removed."))
        return redirect("accounts:security", slug=self.organization.slug)


class AgencyLeaveView(OrganizationView):
    """A client's owner takes the organization back from the agency."""

    action = "organization.delete"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Leave."""
        try:
            client_release(actor=request.user, client=self.organization)
            messages.success(request, _("The agency no longer sees this organization."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("accounts:settings", slug=self.organization.slug)


class OnboardingHideView(OrganizationView):
    """Put the first steps away."""

    action = "organization.edit"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Hide them for everyone."""
        onboarding_hide(actor=request.user, organization=self.organization)
        if request.headers.get("HX-Request"):
            return HttpResponse("")
        return redirect(f"/o/{self.organization.slug}/")


