"""Pages by cursor: the place in the order, not a number of rows, so that new rows neither repeat nor hide others."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.problems import Problem

_SCALARS = (str, int, float, bool)


class CursorPage(pagination.BasePagination):
    """Rows after a cursor in a total order: the view's declared field, then the primary key.

    A view declares `ordering` (its own order) and `ordering_fields` (what callers may choose); the fields must not
    be null. Cursors are opaque to callers and carry the order they belong to.
    """

    page_size = 50
    max_page_size = 200

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        """The rows of this page."""
        self.request = request
        self.order = self._order(request, view)
        self.limit = self._limit(request)
        field, descending = self.order.lstrip("-"), self.order.startswith("-")
        after, backwards = self._read_cursor(request, descending)
        rows = queryset
        if after is not None:
            rows = rows.filter(self._beyond(field, after, descending != backwards))
        down = descending != backwards
        rows = rows.order_by(*self._terms(field, down))
        try:
            found = list(rows[: self.limit + 1])
        except (ValueError, ValidationError, FieldError) as error:
            raise Problem(400, "bad-request", _("This cursor cannot be read.")) from error
        more, found = len(found) > self.limit, found[: self.limit]
        if backwards:
            found.reverse()
        self.has_next = backwards or more
        self.has_previous = more if backwards else after is not None
        self.page: Sequence[Any] = found
        return found

    def get_paginated_response(self, data: Any) -> Response:
        """The page with the addresses of its neighbours."""
        return Response({"next": self._link(last=True), "previous": self._link(last=False), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The shape of a page, for the schema."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """What callers may say."""
        fields = list(getattr(view, "ordering_fields", ()))
        choices = [sign + name for name in fields for sign in ("", "-")]
        found: list[dict[str, Any]] = [
            _parameter("cursor", {"type": "string"}, "Where to go on: taken from `next` or `previous`."),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": self.max_page_size,
                                 "default": self.page_size}, "Rows on a page."),
        ]  # fmt: skip
        if choices:
            found.append(_parameter("ordering", {"type": "string", "enum": choices}, "`-` means largest first."))
        return found

    def _order(self, request: Request, view: Any) -> str:
        wanted = request.query_params.get("ordering")
        if wanted is None:
            return getattr(view, "ordering", "-pk")
        if wanted.lstrip("-") not in getattr(view, "ordering_fields", ()):
            raise Problem(400, "bad-request", _("This list cannot be put in that order."))
        return wanted

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit", str(self.page_size))
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= self.max_page_size:
            raise Problem(400, "bad-request", _("limit takes a number from 1 to %d.") % self.max_page_size)
        return int(text)

    def _read_cursor(self, request: Request, descending: bool) -> tuple[list[Any] | None, bool]:
        token = request.query_params.get("cursor")
        if not token:
            return None, False
        try:
            padded = token + "=" * (-len(token) % 4)
            order, backwards, *place = json.loads(base64.urlsafe_b64decode(padded))
        except (ValueError, TypeError, binascii.Error) as error:
            raise Problem(400, "bad-request", _("This cursor cannot be read.")) from error
        if order != self.order or [type(part) in _SCALARS for part in place] != [True, True]:
            raise Problem(400, "bad-request", _("This cursor belongs to another order."))
        return place, bool(backwards)

    @staticmethod
    def _terms(field: str, down: bool) -> list[str]:
        sign = "-" if down else ""
        return [f"{sign}pk"] if field in {"pk", "id"} else [f"{sign}{field}", f"{sign}pk"]

    @staticmethod
    def _beyond(field: str, place: list[Any], down: bool) -> Q:
        way = "lt" if down else "gt"
        value, key = place
        if field in {"pk", "id"}:
            return Q(**{f"pk__{way}": key})
        return Q(**{f"{field}__{way}": value}) | Q(**{field: value, f"pk__{way}": key})

    def _link(self, *, last: bool) -> str | None:
        if not self.page or not (self.has_next if last else self.has_previous):
            return None
        row = self.page[-1 if last else 0]
        field = self.order.lstrip("-")
        place = [self.order, int(not last), _plain(row, field), row.pk]
        token = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
        query = {**self.request.query_params.dict(), "cursor": token}
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(query)}")


def _plain(row: Model, path: str) -> Any:
    value: Any = row
    for step in path.split("__"):
        value = getattr(value, step)
    return value if isinstance(value, (int, float, str, bool)) else str(value)


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
