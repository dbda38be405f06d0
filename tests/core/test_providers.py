"""Registries of vendors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.core.models import Connection
from apps.core.providers import Provider, ProviderError, ProviderField, Registry, kinds


@pytest.fixture
def registry() -> Iterator[Registry[Provider]]:
    yield Registry("tea", "Tea shops")
    del kinds["tea"]


class Shop(Provider):
    key = "shop"
    label = "Shop"
    fields = (ProviderField("leaf", "Leaf"), ProviderField("token", "Token", kind="secret"))


def test_a_vendor_is_found_by_key_and_only_once(registry: Registry[Provider]) -> None:
    registry.register(Shop)

    assert registry.get("shop") is Shop
    assert list(registry) == [Shop]
    with pytest.raises(ValueError, match="tea shop is registered twice"):
        registry.register(Shop)
    with pytest.raises(KeyError):
        registry.get("nobody")


def test_open_gives_the_vendor_its_answers(registry: Registry[Provider]) -> None:
    registry.register(Shop)

    shop = registry.open(Connection(kind="tea", provider="shop", config={"leaf": "oolong"}, secrets={"token": "t"}))

    assert (shop.config["leaf"], shop.secrets["token"]) == ("oolong", "t")
    with pytest.raises(ProviderError) as refused:
        shop.check()
    assert refused.value.permanent


def test_only_secret_fields_are_secret() -> None:
    assert [field.secret for field in Shop.fields] == [False, True]


def test_every_kind_has_a_stand_in_for_the_demo() -> None:
    assert all("fake" in {vendor.key for vendor in registry} for registry in kinds.values())
