"""History of a site: uploads, what was recognised in one, its start, progress and end."""

from __future__ import annotations

from functools import cached_property

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.forms_imports import ColumnsForm, ImportForm
from apps.analytics.models import Import
from apps.analytics.services import imports as services
from apps.analytics.services.import_upload import import_upload, most_bytes
from apps.analytics.views.base import SiteView
from apps.analytics.views.import_rows import facts


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
            row = import_upload(actor=request.user, site=self.site, kind=data["kind"], upload=data["file"])
        except ValidationError as error:
            form.add_error(None, error)
            return self._page(form, status=422)
        return redirect("analytics:import", slug, script_id, row.pk)

    def _page(self, form: ImportForm, status: int = 200) -> HttpResponse:
        found = Import.objects.filter(site=self.site).select_related("site", "connection")[:100]
        rows = [facts(row, self.organization) for row in found]
        return render(self.request, "analytics/imports/list.html", {
            "site": self.site, "title": _("Import history"), "form": form, "rows": rows,
            "question": _("What happened before this site was measured here?"),
            "upload_href": reverse("analytics:import-upload", args=[self.organization.slug, self.site.script_id]),
            "most_bytes": most_bytes(),
            "fetch_href": reverse("analytics:import-fetch", args=[self.organization.slug, self.site.script_id]),
        }, status=status)


class OneImport(SiteView):
    """A page of one import."""

    action = "site.edit"

    @cached_property
    def row(self) -> Import:
        """The import in the address; 404 for one that is none of this site's."""
        return get_object_or_404(Import.objects, pk=self.kwargs["pk"], site=self.site)


class ImportPage(OneImport):
    """`…/history/<id>/`."""

    def get(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """What was recognised, how far it is, what came of it; asked again while that changes."""
        return self._page(self._columns())

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> HttpResponse:
        """What the columns mean."""
        form = self._columns(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            services.import_name_columns(actor=request.user, row=self.row, named=form.named)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        return redirect("analytics:import", slug, script_id, pk)

    def _columns(self, *given: QueryDict) -> ColumnsForm:
        preview = self.row.preview
        return ColumnsForm(preview.get("unclear") or (), preview.get("named") or {}, *given)

    def _page(self, form: ColumnsForm, status: int = 200) -> HttpResponse:
        here = [self.organization.slug, self.site.script_id]
        return render(self.request, "analytics/imports/detail.html", {
            "site": self.site, "title": self.row.name, "item": facts(self.row, self.organization),
            "form": form, "columns": [{"field": field, "example": _example(form, field.name)} for field in form],
            "list_href": reverse("analytics:site-history", args=here),
            "here_href": reverse("analytics:import", args=[*here, self.row.pk]),
            "action_href": reverse("analytics:import-action", args=[*here, self.row.pk]),
        }, status=status)


def _example(form: ColumnsForm, name: str) -> str:
    text = form.examples[name]
    return _("For example: %(text)s") % {"text": text} if text else ""


class ImportAction(OneImport):
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
