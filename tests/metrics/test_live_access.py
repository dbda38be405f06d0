"""Who may open a socket, and what they may follow."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from apps.accounts.containment import SSO_KEY
from apps.accounts.models import Membership, Organization, User
from apps.core import personal
from apps.core.tenancy import every_tenant
from apps.metrics import consumers
from tests.metrics.conftest import Shop
from tests.metrics.sockets import Open, follow, heard, mark, settled, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("topics")]


async def test_strangers_the_signed_out_and_the_unknown_are_refused(
    opened: Open, organization: Organization, other_organization: Organization, alice: User, charlie: User
) -> None:
    for user, where in (
        (charlie, organization), (AnonymousUser(), organization), (alice, other_organization),
        (alice, Organization(slug="nowhere")),
    ):
        socket = await opened(user, where)
        assert socket.answer == (False, 4404)


async def test_a_member_follows_only_what_the_role_allows(
    opened: Open, organization: Organization, alice: User, bob: User
) -> None:
    assert (await follow(await opened(bob, organization), "money")) == {"type": "denied", "topic": "money"}
    assert (await follow(await opened(alice, organization), "money"))["type"] == "metrics"


async def test_two_tenants_never_hear_of_each_other(
    opened: Open, shop: Shop, organization: Organization, other_organization: Organization, alice: User, charlie: User
) -> None:
    mine, theirs = await opened(alice, organization), await opened(charlie, other_organization)
    await follow(mine, "shop")
    await follow(theirs, "shop")
    await settled(shop, organization, mine)
    await settled(shop, other_organization, theirs)

    shop.add(organization, timezone.now(), "10")
    await mark(organization)

    assert (await until(mine, 2))[-1]["values"]["shop.orders"]["text"] == "2"
    assert await heard(theirs, 0.3) == []


async def test_who_left_is_put_out(
    opened: Open, organization: Organization, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.3)
    staying, leaving = await opened(alice, organization), await opened(bob, organization)
    await follow(leaving, "shop")

    def leave() -> None:
        with every_tenant():
            Membership.objects.filter(user=bob).delete()

    await sync_to_async(leave)()
    outputs = []
    while not outputs or outputs[-1]["type"] != "websocket.close":
        outputs.append(await leaving.receive_output(timeout=60))

    assert outputs[-1]["code"] == 4404
    assert await staying.receive_nothing(timeout=0.1)


async def test_a_session_of_another_organizations_sign_in_stays_out(
    opened: Open, organization: Organization, other_organization: Organization, alice: User
) -> None:
    class Kept(dict[str, object]):
        session_key = "kept"

        def exists(self, key: str) -> bool:
            return True

    begun_elsewhere = Kept({SSO_KEY: other_organization.pk})
    begun_here = Kept({SSO_KEY: organization.pk})

    assert (await opened(alice, organization, session=begun_elsewhere)).answer == (False, 4404)
    assert (await opened(alice, organization, session=begun_here)).answer[0] is True
    assert (await opened(alice, organization, session=Kept())).answer[0] is True


async def test_a_notice_moves_the_bell_of_its_reader_alone(
    opened: Open, organization: Organization, alice: User, bob: User
) -> None:
    hers, his = await opened(alice, organization), await opened(bob, organization)

    await sync_to_async(personal.tell)(alice.pk, {"type": "notifications", "unread": 3})

    assert await hers.receive_json_from(timeout=60) == {"type": "notifications", "unread": 3}
    assert await heard(his, 0.2) == []
