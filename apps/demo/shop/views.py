"""The demo business's own web site. It is a real site: Mainstay learns of it only through the tracker on its pages."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View

from apps.demo import catalogue
from apps.demo.selectors import demo_site_script_id


@method_decorator(
    csp_update({"script-src": [settings.COLLECTOR_URL], "connect-src": [settings.COLLECTOR_URL]}), name="dispatch"
)
class ShopPage(View):
    """A page of the shop: the template named by the address, with the catalogue and the tracker of the demo site."""

    template = "home"

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """Render; 404 where there is no demo."""
        if not settings.DEMO:
            raise Http404
        return self.page(request, self.template, self.facts(**kwargs))

    def facts(self, **kwargs: str) -> dict[str, Any]:
        """What the page shows beyond the catalogue."""
        return {}

    def page(self, request: HttpRequest, template: str, facts: dict[str, Any], status: int = 200) -> HttpResponse:
        """The page in the shop's own frame."""
        frame = {
            "tracker": f"{settings.COLLECTOR_URL}/t/{demo_site_script_id()}.js",
            "categories": catalogue.CATEGORIES,
            "products": catalogue.PRODUCTS,
            "services": catalogue.SERVICES,
            "articles": catalogue.ARTICLES,
            "currency": catalogue.CURRENCY,
        }
        return render(request, f"demo/shop/{template}.html", frame | facts, status=status)


class CategoryPage(ShopPage):
    """The products of one category."""

    template = "category"

    def facts(self, **kwargs: str) -> dict[str, Any]:
        """Its products; 404 for another word."""
        key = kwargs["category"]
        if key not in catalogue.CATEGORIES:
            raise Http404
        listed = [item for item in catalogue.PRODUCTS if item.category == key]
        return {"heading": catalogue.CATEGORIES[key], "listed": listed}


class ProductPage(ShopPage):
    """One product."""

    template = "product"

    def facts(self, **kwargs: str) -> dict[str, Any]:
        """The product; 404 when it is not sold."""
        found = catalogue.product(kwargs["product"])
        if found is None:
            raise Http404
        return {"item": found}


class ArticlePage(ShopPage):
    """One page of the journal."""

    template = "article"

    def facts(self, **kwargs: str) -> dict[str, Any]:
        """The article; 404 when it was never written."""
        found = catalogue.article(kwargs["article"])
        if found is None:
            raise Http404
        return {"item": found}


class MissingPage(ShopPage):
    """The shop's own 404 page, which the tracker counts."""

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        """A page that says so, with status 404."""
        if not settings.DEMO:
            raise Http404
        return self.page(request, "missing", {}, status=404)
