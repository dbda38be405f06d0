"""A person's own account: name, language, devices, and what stands in the way of an organization."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from apps.accounts.access import membership_in
from apps.accounts.containment import SSO_KEY, needs_second_factor
from apps.accounts.forms.person import PersonForm
from apps.accounts.models import Organization
from apps.accounts.selectors.people import devices_of, has_confirmed_address
from apps.accounts.services.people import person_update, session_end, sessions_end_others


class ProfileView(LoginRequiredMixin, View):
    """Name, language, appearance."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return render(request, "accounts/person/profile.html", {"form": PersonForm(instance=request.user)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Save; the page comes back in the language chosen."""
        form = PersonForm(request.POST, instance=request.user)
        if not form.is_valid():
            return render(request, "accounts/person/profile.html", {"form": form}, status=422)
        person_update(user=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("accounts:profile")


class DevicesView(LoginRequiredMixin, View):
    """Where the person is signed in. POST signs out everywhere else."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        devices = devices_of(request.user, request.session.session_key)
        return render(request, "usersessions/usersession_list.html", {"devices": devices})

    def post(self, request: HttpRequest) -> HttpResponse:
        """All others."""
        sessions_end_others(user=request.user, current=request.session)
        messages.success(request, _("You are signed out everywhere else."))
        return redirect("accounts:devices")


class DeviceEndView(LoginRequiredMixin, View):
    """Sign out one device."""

    def post(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """End its session; one's own by signing out instead."""
        session = get_object_or_404(UserSession, pk=session_id, user=request.user)
        if session.session_key == request.session.session_key:
            return redirect("account_logout")
        session_end(user=request.user, session=session)
        messages.success(request, _("That device is signed out."))
        return redirect("accounts:devices")


class SecondFactorRequiredView(LoginRequiredMixin, View):
    """Where an organization's rule sends its admins until they have a second factor."""

    def get(self, request: HttpRequest, organization_id: int) -> HttpResponse:
        """What is asked for and how to get it; straight on when it is there already."""
        organization = get_object_or_404(Organization, pk=organization_id, delete_after=None)
        membership = membership_in(request.user, organization)
        if membership is None or not needs_second_factor(request, organization, membership):
            return redirect("/")
        facts = {"asking": organization, "confirmed": has_confirmed_address(request.user)}
        return render(request, "accounts/second_factor_required.html", facts)


class OtherSignInView(LoginRequiredMixin, View):
    """A session of one organization's own sign-in came to a door it cannot open."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Why, and the way on."""
        through = Organization.objects.filter(pk=request.session.get(SSO_KEY)).first()
        if through is None:
            return redirect("/")
        return render(request, "accounts/other_sign_in.html", {"through": through}, status=403)
