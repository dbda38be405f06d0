"""Nonsense at every door: whatever is sent, the answer is the schema's, and never a crash."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.test import APIClient

from apps.accounts.models import User
from tests.contracts.test_api_schema import SCHEMA

OPERATIONS = [result.ok() for result in schemathesis.openapi.from_dict(SCHEMA).get_all_operations()]
EXAMPLES = 25


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_nonsense(operation: Any, alice: User, settings: Any) -> None:
    settings.API_RATES = dict.fromkeys(settings.API_RATES, "1000000/m")
    caller = APIClient()
    caller.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    hammer(operation, caller)


def hammer(operation: Any, caller: APIClient) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate], derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def one(case: Any) -> None:
        with transaction.atomic():
            response = send(case, caller)
            transaction.set_rollback(True)
        assert response.status_code < 500 or response.status_code == 503
        assert str(response.status_code) in {*operation.definition.raw["responses"], "400", "404"}
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"

    one()


def send(case: Any, caller: APIClient) -> Any:
    values = {**(case.path_parameters or {}), "slug": "bakery"}
    path = operation_path(case, values)
    body = case.body if isinstance(case.body, (dict, list, str, int, float, bool)) or case.body is None else None
    headers = {f"HTTP_{name.upper().replace('-', '_')}": clean(value) for name, value in (case.headers or {}).items()}
    if case.method.upper() == "GET":
        return caller.get(path, case.query or {}, **headers)
    return getattr(caller, case.method.lower())(path, body, format="json", **headers)


def operation_path(case: Any, values: dict[str, Any]) -> str:
    from urllib.parse import quote

    return case.path.format(**{name: quote(str(value), safe="") for name, value in values.items()})


def clean(value: Any) -> str:
    """Header values as a server lets them through."""
    shown = "".join(letter for letter in str(value) if letter.isprintable())
    return shown.encode("latin-1", "ignore").decode("latin-1")
