"""The audit log: page and CSV."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from apps.accounts.audit import audit, audit_actions
from apps.accounts.audit_words import sentence
from apps.accounts.forms.team import AuditForm
from apps.accounts.pages import OrganizationView
from apps.accounts.selectors import audit as log
from apps.core.csv_answers import CsvResponse


def _filter(request: HttpRequest) -> log.AuditFilter:
    form = AuditForm({key: value.replace("\x00", "") for key, value in request.GET.items()})
    form.is_valid()
    data = form.cleaned_data
    return log.AuditFilter(
        action=data.get("action") or "", actor_id=data.get("actor"), since=data.get("since"), until=data.get("until"),
        text=data.get("q") or "",
    )


class AuditView(OrganizationView):
    """Who did what, when, from where."""

    action, template = "audit.view", "accounts/settings/audit.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page of the log, newest first."""
        chosen = _filter(request)
        rows = chosen.rows(self.organization.tz)
        cursor = request.GET.get("cursor", "")
        if cursor.isdigit() and len(cursor) < 19:
            rows = log.before_entry(rows, int(cursor))
        found = list(rows[: log.PAGE + 1])
        more = found[log.PAGE - 1].pk if len(found) > log.PAGE else None
        params = {key: value for key, value in request.GET.items() if key != "cursor" and value}
        return self.page(
            lines=[_line(row) for row in found[: log.PAGE]], chosen=chosen, actors=log.actors(),
            actions=[(key, str(label)) for key, label in audit_actions().items()],
            next_href="?" + urlencode({**params, "cursor": more}) if more else "",
            first_href="?" + urlencode(params) if cursor else "", query=urlencode(params),
        )


def _line(row: Any) -> dict[str, Any]:
    return {
        "entry": row, "label": log.label_of(row.action),
        "before": sentence(row.before, row.object_kind), "after": sentence(row.after, row.object_kind),
    }


class AuditCsvView(OrganizationView):
    """The same as a table for a spreadsheet."""

    action = "audit.view"

    def get(self, request: HttpRequest) -> CsvResponse:
        """Up to 100,000 entries; the export is itself written into the log."""
        audit(request.user, "audit.exported")
        zone = self.organization.tz
        rows = list(_filter(request).rows(zone)[: log.CSV_LIMIT])
        return CsvResponse(log.csv_lines(rows, zone), f"audit-{self.organization.slug}.csv")
