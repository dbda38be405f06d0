"""The component page: staff only, made of sample data, so that it needs no organization."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.styleguide import charts, samples
from apps.core.styleguide.forms import SampleForm

PARTS = {
    "foundations": ("Foundations", "palette"),
    "page": ("Page and actions", "layout-dashboard"),
    "figures": ("Figures", "trending-up"),
    "charts": ("Charts", "chart-line"),
    "tables": ("Lists and tables", "table"),
    "forms": ("Forms", "pencil"),
    "states": ("States", "circle-check"),
    "parts": ("Larger parts", "puzzle"),
    "edges": ("Long text, dark, right to left", "languages"),
}


@staff_member_required
def styleguide(request: HttpRequest, part: str = "foundations") -> HttpResponse:
    """One part of the component page; `?dir=rtl` turns it round."""
    if part not in PARTS:
        raise Http404
    context = {
        "part": part,
        "part_label": PARTS[part][0],
        "section": f"styleguide/parts/{part}.html",
        "page_direction": "rtl" if request.GET.get("dir") == "rtl" else "",
        **_frame(part),
        **samples.everything(),
        "charts": charts.everything(),
        "form": SampleForm(initial={"name": "Harbour Bakery", "zone": "Europe/Berlin", "plan": "team"}),
        "bad_form": _refused(),
    }
    return render(request, "styleguide/page.html", context)


def _frame(part: str) -> dict[str, Any]:
    places = [
        SimpleNamespace(
            key=key,
            label=label,
            icon=icon,
            url=reverse("styleguide-part", args=[key]),
            active=key == part,
            badge="3" if key == "states" else "",
        )
        for key, (label, icon) in PARTS.items()
    ]
    names = ["Harbour Bakery", "Lindqvist Physio", "Nordlicht Studio", "Oak & Iron", "Café Paloma", "Bike Hub", "Vela"]
    organizations = [SimpleNamespace(pk=n, name=name, slug=f"sample-{n}") for n, name in enumerate([*names, "Zest"])]
    organization = SimpleNamespace(pk=0, name=names[0], slug="sample-0", logo=None, accent="", is_demo=True)
    return {"navigation": places, "organization": organization, "organizations": organizations}


def _refused() -> SampleForm:
    form = SampleForm({"name": "", "email": "not-an-address", "zone": "", "plan": ""})
    form.is_valid()
    return form
