"""The first page, naming the business, the demo's door, and what can be seen without an organization."""

from __future__ import annotations

from pathlib import PurePosixPath

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import pending
from apps.accounts.access import organizations_of
from apps.accounts.containment import may_enter
from apps.accounts.enums import OrganizationKind
from apps.accounts.forms.organization import OrganizationNewForm
from apps.accounts.geography import guess, time_zones
from apps.accounts.selectors.people import has_confirmed_address
from apps.accounts.selectors.start import demo_door
from apps.accounts.services.organizations import organization_create

LANGUAGES_HEADER = "Accept-Language"


class RootView(View):
    """`/`: a welcome for strangers; everybody else goes where they were last."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The welcome page, or the way home."""
        if not request.user.is_authenticated:
            return render(request, "accounts/welcome.html", {"has_demo": settings.DEMO and demo_door()})
        if token := pending.token(request):
            return redirect("accounts:invitation", token=token)
        reachable = [one for one in organizations_of(request.user) if may_enter(request.session, one)]
        if not reachable:
            return redirect("accounts:organization-new")
        last = next((one for one in reachable if one.pk == request.user.last_organization_id), reachable[0])
        return redirect(f"/o/{last.slug}/")


class OrganizationNewView(LoginRequiredMixin, View):
    """Name the business. Country, time zone and currency come filled in."""

    template = "accounts/organization_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, with what the browser's language suggests; the page's script adds the zone."""
        place = guess(languages=request.headers.get(LANGUAGES_HEADER, ""))
        return self._page(request, OrganizationNewForm.from_guess(place))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make it and go there."""
        form = OrganizationNewForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        organization = organization_create(user=request.user, **form.facts())
        return redirect(f"/o/{organization.slug}/")

    def _page(self, request: HttpRequest, form: OrganizationNewForm, status: int = 200) -> HttpResponse:
        first = not organizations_of(request.user).exists()
        facts = {"first": first, "unconfirmed": first and not has_confirmed_address(request.user)}
        return render(request, self.template, {"form": form, "zones": time_zones(), **facts}, status=status)


@require_safe
def place_fields(request: HttpRequest) -> HttpResponse:
    """Country and currency that go with the browser's time zone, as the fields of the form."""
    zone = request.GET.get("time_zone", "")[:60]
    place = guess(time_zone=zone, languages=request.headers.get(LANGUAGES_HEADER, ""))
    form = OrganizationNewForm.from_guess(place)
    return render(request, "accounts/organization_new.html#place", {"form": form, "zones": time_zones()})


@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Walk into the demo as the owner of the business, or with `as=agency` of the agency that looks after it."""
    kind = OrganizationKind.AGENCY if request.POST.get("as") == "agency" else OrganizationKind.BUSINESS
    door = demo_door(kind) if settings.DEMO else None
    if door is None:
        raise Http404
    login(request, door.user, backend="django.contrib.auth.backends.ModelBackend")
    UserSession.objects.create_from_request(request)
    return redirect(f"/o/{door.organization.slug}/")


@require_safe
def logo(request: HttpRequest, name: str) -> HttpResponse:
    """A logo. Names are random and never used again, so browsers may keep it for good."""
    path = f"logos/{PurePosixPath(name).name}"
    if not default_storage.exists(path):
        raise Http404
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return FileResponse(default_storage.open(path), content_type="image/png", headers=headers)
