"""History of a site: uploads, what was recognised in one, its start, progress and end."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.enums import ImportState
from apps.analytics.forms_imports import ImportForm
from apps.analytics.import_words import BROKEN, failure, left_out
from apps.analytics.models import Import
from apps.analytics.services import imports as services
from apps.analytics.views.base import SiteView

TONES = {
    ImportState.CHECKING: "info", ImportState.READY: "attention", ImportState.REFUSED: "bad",
    ImportState.RUNNING: "info", ImportState.STOPPING: "info", ImportState.STOPPED: "attention",
    ImportState.DONE: "good", ImportState.FAILED: "bad", ImportState.UNDOING: "info", ImportState.UNDONE: "neutral",
}
MOVING = frozenset({ImportState.CHECKING, ImportState.RUNNING, ImportState.STOPPING, ImportState.UNDOING})


class ImportList(SiteView):
    """`…/history/`: what was imported, and the form for more."""

    action = "site.edit"

    def get(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """The list and the empty form."""
        return self._page(ImportForm())

    def post(self, request: HttpRequest, slug: str, script_id: str) -> HttpResponse:
        """Keep the file and go on to what is in it."""
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(form, status=422)
        data = form.cleaned_data
        try:
            row = services.import_upload(actor=request.user, site=self.site, kind=data["kind"], upload=data["file"])
        except ValidationError as error:
            form.add_error(None, error)
            return self._page(form, status=422)
        return redirect("analytics:import", slug, script_id, row.pk)

    def _page(self, form: ImportForm, status: int = 200) -> HttpResponse:
        rows = [facts(row) for row in Import.objects.filter(site=self.site)[:100]]
        return render(self.request, "analytics/imports/list.html", {
            "site": self.site, "title": _("Import history"), "form": form, "rows": rows,
            "question": _("What happened before this site was measured here?"),
        }, status=status)


class _OneImport(SiteView):
    action = "site.edit"

    @cached_property
    def row(self) -> Import:
        """The import in the address; 404 for one that is none of this site's."""
        return get_object_or_404(Import.objects, pk=self.kwargs["pk"], site=self.site)


class ImportPage(_OneImport):
    """`…/history/<id>/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """What was recognised, how far it is, what came of it; asked again while that changes."""
        here = [slug, script_id]
        return render(request, "analytics/imports/detail.html", {
            "site": self.site, "title": self.row.name, "item": facts(self.row),
            "list_href": reverse("analytics:site-history", args=here),
            "here_href": reverse("analytics:import", args=[*here, pk]),
            "action_href": reverse("analytics:import-action", args=[*here, pk]),
        })


class ImportAction(_OneImport):
    """`…/history/<id>/do/`: POST with `do` (start, stop, undo, remove)."""

    SERVICES = {
        "start": services.import_start, "stop": services.import_stop, "undo": services.import_undo,
        "remove": services.import_remove,
    }

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """Do it and show the import, or the list when it is gone."""
        service = self.SERVICES.get(request.POST.get("do", ""))
        if service is None:
            return HttpResponse(_("There is no such action."), status=400)
        try:
            service(actor=request.user, row=self.row)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("analytics:import", slug, script_id, pk)
        if request.POST["do"] == "remove":
            return redirect("analytics:site-history", slug, script_id)
        return redirect("analytics:import", slug, script_id, pk)


def facts(row: Import) -> dict[str, Any]:
    """An import as its pages draw it."""
    preview = row.preview
    lines = preview.get("lines", 0)
    return {
        "row": row, "tone": TONES[ImportState(row.state)], "moving": row.state in MOVING, "preview": preview,
        "lines": lines, "share": min(100, row.line * 100 // lines) if lines else 0,
        "span": [preview["first"][:10], preview["last"][:10]] if preview else [],
        "found_left": left_out(preview.get("left", {})), "left": left_out(row.left),
        "faults": [{"line": line, "words": BROKEN.get(key, key)} for line, key in row.faults],
        "failure": failure(row.error) if row.error else "",
        "may_start": row.state in {ImportState.READY, ImportState.STOPPED, ImportState.FAILED},
        "may_undo": row.state in {ImportState.DONE, ImportState.STOPPED, ImportState.FAILED},
        "may_remove": row.state in {ImportState.CHECKING, ImportState.READY, ImportState.REFUSED, ImportState.UNDONE},
        "may_stop": row.state == ImportState.RUNNING, "has_run": bool(row.started_at),
    }
