"""Callers of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey, Organization, User
from apps.core.models import Connection
from apps.core.tenancy import tenant

HERE = "/api/v1/organizations/bakery/test/connections/"


@pytest.fixture
def doors(settings: Any) -> str:
    """The test doors are mounted; their address in `organization`."""
    settings.ROOT_URLCONF = "tests.api.doors"
    return HERE


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """A caller: `api(alice)`, `api(key="msk_…")`, `api()`."""

    def caller(user: User | None = None, *, key: str = "", token: str = "") -> APIClient:
        client = APIClient()
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        if key or token:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {key or token}")
        return client

    return caller


@pytest.fixture
def make_key() -> Callable[..., str]:
    """A whole key of an organization."""

    def made(organization: Organization, *scopes: str, user: User | None = None, **extra: Any) -> str:
        key = ApiKey(organization=organization, name="Test", scopes=list(scopes), user=user, **extra)
        raw = key.generate()
        with tenant(organization.pk):
            key.save()
        return raw

    return made


@pytest.fixture
def connections(organization: Organization) -> list[Connection]:
    """Seven connections of `organization`."""
    with tenant(organization.pk):
        return [
            Connection.objects.create(kind="mail" if n % 2 else "push", provider="fake", name=f"Number {n}")
            for n in range(7)
        ]
