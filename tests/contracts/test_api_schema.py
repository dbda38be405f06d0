"""The committed schema and types are those of the code, and the schema keeps its promises."""

from __future__ import annotations

import pytest
import yaml
from django.core.management import call_command

from tests.contracts.sources import ROOT

SCHEMA = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]


def test_current() -> None:
    call_command("api_types", "--check")


def test_no_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_version() -> None:
    assert SCHEMA["openapi"].startswith("3.1")


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_operations_are_described(path: str, method: str, operation: dict[str, object]) -> None:
    assert operation.get("summary") or operation.get("description")
    assert "429" in operation["responses"]
    if "{" in path:
        assert {"401", "403", "404"} <= set(operation["responses"])
    if method != "get":
        headers = {item["name"] for item in operation["parameters"] if item["in"] == "header"}
        assert "Idempotency-Key" in headers


def test_names_do_not_collide() -> None:
    names = [operation.values[2]["operationId"] for operation in OPERATIONS]

    assert len(names) == len(set(names))
