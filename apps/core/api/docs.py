"""`/api/docs/`: the schema as a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Open to everyone, as the schema is."""
    return render(request, "api/docs.html")
