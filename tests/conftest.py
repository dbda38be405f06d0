"""Shared fixtures: the people every test knows.

alice owns a business, bob works in it, charlie owns another one and must never see theirs. dora owns an agency with
two clients; eve works there and looks after the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import translation

from apps.accounts.enums import Role
from apps.accounts.models import Organization, User
from apps.core.cache import breaker
from tests.factories.accounts import (
    AgencyFactory,
    ClientAssignmentFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)

DRIVE_A_BROWSER = [Path(__file__).parent / folder for folder in ("e2e", "tracker")]


@dataclass
class Agency:
    """An agency with two clients: its owner sees both, its manager only the first."""

    organization: Organization
    clients: list[Organization]
    owner: User
    manager: User


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Transactional tests empty every table between them; the audit log refuses that everywhere else."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER audit_no_truncate")


@pytest.fixture(autouse=True)
def _quiet(settings: Any, tmp_path: Any) -> Iterator[None]:
    """Mail into the outbox, uploads into a temporary folder, an own empty cache, no other test's language."""
    translation.activate(settings.LANGUAGE_CODE)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.COLUMNS_DIR = str(tmp_path / "columns")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.WHITENOISE_AUTOREFRESH = True  # else every test client reads the whole folder of static files
    settings.LIMITS_PREFIX = f"test-{uuid4().hex}"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    breaker.reset()
    yield
    cache.clear()


@pytest.fixture
def organization(db: None) -> Organization:
    """Alice's business, in Berlin."""
    return OrganizationFactory(name="Alice's Bakery", slug="bakery")


@pytest.fixture
def alice(organization: Organization) -> User:
    """Owner of `organization`."""
    user = UserFactory(email="alice@example.com", name="Alice")
    MembershipFactory(organization=organization, user=user, role=Role.OWNER)
    return user


@pytest.fixture
def bob(organization: Organization) -> User:
    """Member of `organization`, role Manager."""
    user = UserFactory(email="bob@example.com", name="Bob")
    MembershipFactory(organization=organization, user=user, role=Role.MANAGER)
    return user


@pytest.fixture
def other_organization(db: None) -> Organization:
    """Charlie's business, in New York."""
    return OrganizationFactory(
        name="Charlie's Garage", slug="garage", time_zone="America/New_York", currency="USD", country="US"
    )


@pytest.fixture
def charlie(other_organization: Organization) -> User:
    """Owner of another business: a stranger in `organization`."""
    user = UserFactory(email="charlie@example.com", name="Charlie")
    MembershipFactory(organization=other_organization, user=user, role=Role.OWNER)
    return user


@pytest.fixture
def agency(db: None) -> Agency:
    """An agency, its two clients, its owner dora and its manager eve."""
    organization = AgencyFactory(name="Studio North", slug="studio-north")
    clients = [
        OrganizationFactory(name="Client One", slug="client-one", agency=organization),
        OrganizationFactory(name="Client Two", slug="client-two", agency=organization),
    ]
    owner = UserFactory(email="dora@example.com", name="Dora")
    MembershipFactory(organization=organization, user=owner, role=Role.OWNER)
    manager = UserFactory(email="eve@example.com", name="Eve")
    membership = MembershipFactory(organization=organization, user=manager, role=Role.MANAGER)
    ClientAssignmentFactory(membership=membership, client=clients[0])
    return Agency(organization, clients, owner, manager)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which a person is signed in: `client_of(alice).get(…)`."""

    def signed_in(user: User) -> Client:
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return signed_in


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that drives a browser is marked, so that it runs apart: Playwright keeps an event loop running."""
    for item in items:
        if item.path.parent in DRIVE_A_BROWSER and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.e2e)
