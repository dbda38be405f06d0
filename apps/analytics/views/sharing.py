"""Links to a site's page for people without an account: the list, a new one, the end of one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.analytics.forms_sharing import ShareForm
from apps.analytics.models import SharedLink
from apps.analytics.selectors.goals import segments_for
from apps.analytics.services.sharing import shared_link_create, shared_link_revoke
from apps.analytics.views import filters
from apps.analytics.views.base import SiteView

LOOKS = (("system", _lazy("As the visitor's device")), ("light", _lazy("Light")), ("dark", _lazy("Dark")))


class SharingPage(SiteView):
    """`…/sharing/`. The address of a link is a key, so only those who may make one see them."""

    action = "site.edit"

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The links there are, and the form for another."""
        return self._page(ShareForm(segments=self._segments()))

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Make one."""
        form = ShareForm(request.POST, segments=self._segments())
        if form.is_valid():
            try:
                shared_link_create(actor=request.user, site=self.site, **form.facts(self.organization.tz))
                messages.success(request, _("The link is made. Copy it and send it to those it is for."))
                return redirect("analytics:site-sharing", slug, script_id)
            except ValidationError as error:
                form.add_all(error)
        return self._page(form, status=422)

    def _segments(self) -> Any:
        return segments_for(self.site, self.request.user)

    def _page(self, form: ShareForm, status: int = 200) -> HttpResponse:
        links = SharedLink.objects.filter(site=self.site).order_by("revoked_at", "-created_at", "-id")[:100]
        facts = {
            "site": self.site, "title": _("Sharing"), "form": form,
            "question": _("Who may look at this site's figures without an account?"),
            "links": [self._row(link) for link in links],
        }
        return render(self.request, "analytics/sharing.html", facts, status=status)

    def _row(self, link: SharedLink) -> dict[str, Any]:
        url = f"{settings.BASE_URL}{reverse('analytics:shared', args=[link.token])}"
        query = self.request.GET.copy()
        query.setlist("f", link.filters)
        return {
            "link": link, "url": url, "chips": filters.chips(query, filters.parse(query)[0]),
            "snippets": [(label, snippet(url, look)) for look, label in LOOKS] if link.embed_hosts else [],
            "revoke_href": reverse(
                "analytics:shared-link-revoke", args=[self.organization.slug, self.site.script_id, link.pk]
            ),
        }


def snippet(url: str, look: str) -> str:
    """The HTML that shows a link in a frame which grows with what it holds."""
    return (
        f'<iframe data-mainstay src="{url}?embed=1&amp;theme={look}&amp;background=transparent" '
        'loading="lazy" title="Mainstay" style="width: 100%; height: 1600px; border: 0"></iframe>\n'
        f'<script async src="{settings.BASE_URL}{reverse("analytics:shared-embed")}"></script>'
    )


class SharingRevoke(SiteView):
    """`…/sharing/<id>/revoke/`."""

    action = "site.edit"

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Withdraw it."""
        shared_link_revoke(actor=request.user, link=get_object_or_404(SharedLink.objects, pk=pk, site=self.site))
        messages.success(request, _("The link is withdrawn: it leads nowhere any more."))
        return redirect("analytics:site-sharing", slug, script_id)
