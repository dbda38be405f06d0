"""Every vendor of every kind declares itself fully; what a kind asks of its vendors is tested beside the kind."""

from __future__ import annotations

import pytest

from apps.core.providers import Provider, ProviderField, kinds
from tests.contracts.sources import ROOT

VENDORS = [pytest.param(kind, vendor, id=f"{kind}.{vendor.key}") for kind, all_ in kinds.items() for vendor in all_]
FIELD_KINDS = {"text", "email", "url", "number", "secret", "choice", "switch"}


def test_there_are_kinds() -> None:
    assert len(kinds) >= 1


@pytest.mark.parametrize("kind", sorted(kinds))
def test_every_kind_has_a_fake_and_its_own_conformance_tests(kind: str) -> None:
    assert "fake" in {vendor.key for vendor in kinds[kind]}
    assert str(kinds[kind].label)
    suites = [path for path in (ROOT / "tests").rglob("test_conformance*.py") if f'"{kind}"' in path.read_text()]
    assert suites != []


@pytest.mark.parametrize(("kind", "vendor"), VENDORS)
def test_vendors_declare_themselves(kind: str, vendor: type[Provider]) -> None:
    assert vendor.key.replace("_", "").isalnum()
    assert vendor.key == vendor.key.lower()
    assert str(vendor.label)
    assert vendor.icon
    names = [field.name for field in vendor.fields]
    assert len(names) == len(set(names))
    for field in vendor.fields:
        assert isinstance(field, ProviderField)
        assert field.kind in FIELD_KINDS
        assert str(field.label)
        assert field.kind != "choice" or field.choices
        looks_secret = any(word in field.name for word in ("password", "secret", "token", "api_key"))
        assert field.secret or not looks_secret


@pytest.mark.parametrize(("kind", "vendor"), VENDORS)
def test_vendors_say_how_they_are_checked(kind: str, vendor: type[Provider]) -> None:
    assert vendor.check is not Provider.check


@pytest.mark.parametrize(("kind", "vendor"), VENDORS)
def test_vendors_stand_in_the_room_for_vendors(kind: str, vendor: type[Provider]) -> None:
    assert ".providers" in vendor.__module__
