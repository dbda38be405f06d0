"""Two owners who leave at the same moment: one of them stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from apps.accounts.enums import Role
from apps.accounts.models import Membership
from apps.accounts.services import team
from apps.core.tenancy import tenant
from tests.factories.accounts import MembershipFactory, OrganizationFactory


def _attempt(barrier: Barrier, member: Membership, how: str) -> bool:
    try:
        with tenant(member.organization_id):
            barrier.wait(timeout=10)
            common = {"actor": member.user, "acting": member, "membership": member}
            if how == "leave":
                team.member_deactivate(**common)
            else:
                team.member_change_role(**common, role=Role.VIEWER)
    except ValidationError:
        return False
    finally:
        connection.close()
    return True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("first", "second"), [("leave", "leave"), ("leave", "demote"), ("demote", "demote")])
def test_an_owner_is_always_left(first: str, second: str) -> None:
    for _round in range(5):
        organization = OrganizationFactory()
        owners = [MembershipFactory(organization=organization, role=Role.OWNER) for _ in range(2)]
        barrier = Barrier(2)

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(_attempt, [barrier] * 2, owners, [first, second]))

        with tenant(organization.id):
            assert Membership.objects.filter(role=Role.OWNER, is_active=True).count() == 1
        assert sorted(done) == [False, True]
