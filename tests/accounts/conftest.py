"""What the tests of the accounts floor share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from apps.accounts import assignables
from apps.accounts.assignables import Assignable
from apps.accounts.models import ApiKey, Membership, Organization, User
from apps.core.tenancy import tenant


@pytest.fixture
def keys_assignable() -> Iterator[Assignable]:
    """A kind of object that can be assigned; API keys stand in for the sites and stores of other apps."""
    kind = Assignable("key", "Keys", ("accounts.view_apikey",), lambda: ApiKey.objects.order_by("name"))
    others = dict(assignables._kinds)
    assignables._kinds.clear()
    assignables.register_assignable(kind)
    yield kind
    assignables._kinds.clear()
    assignables._kinds.update(others)


@pytest.fixture
def membership_of() -> Callable[[User, Organization], Membership]:
    """The membership of a person in an organization, fresh from the database."""

    def find(user: User, organization: Organization) -> Membership:
        with tenant(organization.id):
            return Membership.objects.select_related("user").get(user=user)

    return find
