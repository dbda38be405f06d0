"""The base of every API view: limits, idempotency, ETags, and a scope around the whole answer."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import etags, idempotency
from apps.core.api.idempotency import Replay
from apps.core.api.problems import Problem
from apps.core.client_ip import client_ip
from apps.core.limits import Allowance, Rate, spend


class Frame:
    """Mixin for APIView and view sets. `rate` is the route's own limit a caller, such as `"10/m"`."""

    rate: ClassVar[str] = ""
    http_method_names = ("get", "post", "put", "patch", "delete", "head")
    in_transaction = False
    _allowance: Allowance | None = None
    _claim: Any = None
    request: Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer within one scope, rendering included: serializers may still read."""
        with ExitStack() as self.scope:
            with ExitStack() as self.work:
                response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if self._claim is not None:
                idempotency.finish(self._claim, response)
            return response.render() if isinstance(response, Response) else response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who, where, how often; then whether this write was done before."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        self.enter(request, *args, **kwargs)
        self._claim = idempotency.begin(request, self.caller(request))
        if request.headers.get("If-Match") and request.method not in etags.SAFE:
            self.work.enter_context(transaction.atomic())
            self.in_transaction = True

    def enter(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Enter the scope and check the right; views outside any organization have nothing to do here."""

    def caller(self, request: Request) -> str:
        """Who is counted and remembered: a key, a person, or an address."""
        key = getattr(request.auth, "pk", None)
        if key is not None:
            return f"key:{key}"
        if request.user and request.user.is_authenticated:
            return f"user:{request.user.pk}"
        return f"ip:{client_ip(request._request)}"

    def check_throttles(self, request: Request) -> None:
        """Count the request for its caller, and for the route where that has its own limit."""
        caller = self.caller(request)
        buckets = [(f"api:{caller}", Rate.parse(settings.API_RATES[caller.split(":")[0]]))]
        if self.rate:
            buckets.append((f"route:{type(self).__name__}:{caller}", Rate.parse(self.rate)))
        self._spend(buckets)

    def _spend(self, buckets: list[tuple[str, Rate]]) -> None:
        self._allowance = spend(buckets)
        if self._allowance and not self._allowance.allowed:
            raise Throttled(self._allowance.reset_seconds)

    def handle_exception(self, error: Exception) -> Response:
        """A known answer is given again; a failed sign-in is counted for its address."""
        if isinstance(error, Replay):
            return error.response
        if isinstance(error, (NotAuthenticated, AuthenticationFailed)) and self._allowance is None:
            try:
                self._spend([(f"api:ip:{client_ip(self.request._request)}", Rate.parse(settings.API_RATES["ip"]))])
            except Throttled as throttled:
                error = throttled
        return super().handle_exception(error)  # type: ignore[misc]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Limits into the headers, the mark of a read, the memory of a write."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if self._allowance:
            for name, value in self._allowance.headers().items():
                response[name] = value
        return etags.stamp(request, response) if isinstance(response, Response) else response


class ApiView(Frame, APIView):
    """A door outside any organization."""


__all__ = ["ApiView", "Frame", "Problem"]
