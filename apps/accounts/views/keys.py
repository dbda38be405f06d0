"""API keys."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.accounts.forms.team import KeyForm
from apps.accounts.pages import OrganizationView
from apps.accounts.selectors.keys import key_rows, keys_of
from apps.accounts.services.keys import key_create, key_revoke


@method_decorator(never_cache, name="dispatch")
class KeysView(OrganizationView):
    """Keys with what they may do and how much they are used; a new key's secret is on the page that answers once."""

    action, template = "key.own", "accounts/settings/keys.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        return self._page(KeyForm(may_manage=self.may("key.manage")))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a key and show its secret."""
        may_manage = self.may("key.manage")
        form = KeyForm(request.POST, may_manage=may_manage)
        if not form.is_valid():
            return self._page(form, status=422)
        data = form.cleaned_data
        key, raw = key_create(
            actor=request.user, organization=self.organization, name=data["name"], scopes=data["scopes"],
            expires_at=form.expires_at(), personal=not may_manage or data["personal"],
        )
        return self._page(KeyForm(may_manage=may_manage), status=201, fresh=key, raw=raw)

    def _page(self, form: KeyForm, status: int = 200, **more: object) -> HttpResponse:
        rows = key_rows(self.request.user, everybody=self.may("key.manage"))
        return self.page(form=form, rows=rows, may_manage=self.may("key.manage"), status=status, **more)


class KeyRevokeView(OrganizationView):
    """End a key."""

    action = "key.own"

    def post(self, request: HttpRequest, key_id: int) -> HttpResponse:
        """At once."""
        keys = keys_of(request.user, everybody=self.may("key.manage"))
        key_revoke(actor=request.user, key=get_object_or_404(keys, pk=key_id))
        messages.success(request, _("The key no longer works."))
        return redirect("accounts:keys", slug=self.organization.slug)
