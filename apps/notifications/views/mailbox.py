"""The mailbox of the demo: what would have been mailed, readable on this installation only."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.clickjacking import xframe_options_sameorigin

from apps.notifications.contracts import Message
from apps.notifications.routes import keeps_mail
from apps.notifications.selectors import kept_mail, kept_mails

_MAIL_POLICY = {
    "default-src": ["'none'"], "img-src": ["'self'", "data:"], "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"], "script-src": ["'none'"],
    "sandbox": ["allow-popups", "allow-top-navigation-by-user-activation"],
}


class MailboxView(View):
    """Shown in the demo and in development; elsewhere there is no such page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """404 unless mails are kept here."""
        if not keeps_mail():
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class MailListView(MailboxView):
    """All kept mails, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        return render(request, "notifications/mailbox.html", {"mails": kept_mails()})


class MailView(MailboxView):
    """One mail: as it would look, and as plain text."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page around it."""
        row = _or_404(pk)
        return render(
            request, "notifications/mail.html", {"mail": row, "message": Message.from_json(row.content)}
        )


@method_decorator([xframe_options_sameorigin, csp_replace(_MAIL_POLICY)], name="dispatch")
class MailBodyView(MailboxView):
    """The mail's HTML as a page of its own, in a frame that may do nothing."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The HTML."""
        return HttpResponse(Message.from_json(_or_404(pk).content).html)


def _or_404(pk: int) -> Any:
    row = kept_mail(pk)
    if row is None:
        raise Http404
    return row
