"""Uploads of history, piece by piece, as the page's script sends them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from apps.analytics.forms_imports import UploadForm
from apps.analytics.models import Import
from apps.analytics.services.import_upload import PIECE_BYTES, Elsewhere, upload_add, upload_begin
from apps.analytics.views.base import SiteView
from apps.analytics.views.imports import OneImport


class UploadBegin(SiteView):
    """`…/history/upload/`: POST with `kind`, `name`, `size` and `changed`; where the pieces go, and from which byte."""

    action = "site.edit"

    def post(self, request: HttpRequest, slug: str, script_id: str) -> JsonResponse:
        """Make room for the file, or find what is here of it."""
        form = UploadForm(request.POST)
        if not form.is_valid():
            return _refusal(ValidationError(dict(form.errors.as_data())))
        try:
            row = upload_begin(actor=request.user, site=self.site, **form.cleaned_data)
        except ValidationError as error:
            return _refusal(error)
        at = [slug, script_id, row.pk]
        return JsonResponse({
            "at": row.size, "piece": PIECE_BYTES, "pieces": reverse("analytics:import-piece", args=at),
            "cancel": reverse("analytics:import-action", args=at), "page": reverse("analytics:import", args=at),
        }, status=201)


class UploadPiece(OneImport):
    """`…/history/<id>/piece/?at=<byte>`: POST with nothing but the bytes."""

    def post(self, request: HttpRequest, slug: str, script_id: str, pk: int) -> JsonResponse:
        """Add them; answers with the byte to go on from, with 409 where these did not begin there."""
        at = request.GET.get("at", "")
        row: Import = self.row
        try:
            row = upload_add(
                actor=request.user, row=row, at=int(at) if at.isdecimal() else -1, piece=request.read(PIECE_BYTES)
            )
        except Elsewhere as elsewhere:
            return JsonResponse({"at": elsewhere.at}, status=409)
        except ValidationError as error:
            return _refusal(error)
        return JsonResponse({"at": row.size})


def _refusal(error: ValidationError) -> JsonResponse:
    return JsonResponse({"error": " ".join(error.messages)}, status=422)
