"""Every page there is, read from the table of addresses, with somebody who may open it.

A new page is walked by itself; one that names something new, as soon as `world_of` makes that. One that is no page, or
that only somebody in the middle of something sees, needs its line below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Organization, User
from apps.analytics.models import Site
from tests.contracts.doors import Door, all_doors
from tests.e2e.one_of_each import one_of_each
from tests.factories.accounts import (
    ApiKeyFactory,
    ClientAssignmentFactory,
    InvitationFactory,
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)
from tests.factories.analytics import SiteFactory

NO_PAGE = re.compile(
    r"^/admin/|^/api/(v\d|analytics|monitoring)/|^/media/|\.(csv|json|css)$|/csv/$|\.\+|/segments/|/live/event/"
    r"|/(unread|palette|callback|token|download)/$"
)
# Seen only by somebody in the middle of something, or by nobody: the same templates are walked at another address.
MIDWAY = re.compile(
    r"^/accounts/(google|microsoft|social|oidc)/|^/accounts/(confirm-email|logout)/|/3rdparty/(signup|login)/"
    r"|^/accounts/(login/code/confirm|password/reset/key|2fa/(authenticate|totp/deactivate|recovery-codes/$|webauthn/"
    r"(login|reauthenticate|keys)))|^/account/second-factor/|^/connect/oauth/|/demo/|^/styleguide/|^/accounts/sessions/"
)
ANONYMOUS = re.compile(r"^/accounts/(login|signup|inactive|password/reset)|^/help/|^/invitations/|^/shared/")
AGENCY = re.compile(r"/clients/")
INSTALLATION = re.compile(r"/monitoring/installation/$")
# What `{pk}` is the number of.
NUMBERED = {
    "/settings/connections/": "connection", "/companies/": "company", "/destinations/": "destination",
    "/goals/": "goal", "/funnels/": "funnel", "/history/": "history",
}


@dataclass(frozen=True)
class Somewhere:
    """An address and who opens it: nobody, the owner of a business or of an agency, or who runs the installation."""

    path: str
    who: str


@dataclass
class World:
    """One of everything that addresses name."""

    owner: User
    agent: User
    keeper: User
    business: Organization
    agency: Organization
    values: dict[str, Any]

    def places(self) -> list[Somewhere]:
        """Where the walk goes."""
        found = []
        for door in pages():
            who = _who(door)
            slug = self.agency.slug if who == "agent" else self.business.slug
            found.append(Somewhere(door.at(**self.values | {"slug": slug} | self._named(door)), who))
        found += [Somewhere("/nothing/here/", "nobody"), Somewhere(f"/o/{self.agency.slug}/", "agent")]
        return [*dict.fromkeys(found), Somewhere(f"/o/{self.agency.slug}/traffic/", "agent")]

    def _named(self, door: Door) -> dict[str, Any]:
        """What words mean in this address alone."""
        what = next((what for part, what in NUMBERED.items() if part in door.path), "")
        named = {"pk": self.values[what]} if what else {}
        if door.path.startswith("/shared/"):
            named["token"] = self.values["shared"]
        return named | ({"provider": "slack"} if what == "destination" else {})


def pages() -> list[Door]:
    """The addresses of pages."""
    return [
        door for door in all_doors()
        if "get" in door.methods and not NO_PAGE.search(door.path) and not MIDWAY.search(door.path)
    ]


def _who(door: Door) -> str:
    kinds = (("nobody", ANONYMOUS), ("agent", AGENCY), ("keeper", INSTALLATION))
    return next((who for who, kind in kinds if kind.search(door.path)), "owner")


def world_of(business: Organization, owner: User, site: Site, word: str) -> World:
    """Fill a business with one of everything, beside it an agency with a client."""
    agency = OrganizationFactory(name=f"Studio {word}", slug=f"studio-{word}", kind=OrganizationKind.AGENCY)
    agent = UserFactory(email=f"agent-{word}@example.com", name="Dora Quill")
    seat = MembershipFactory(organization=agency, user=agent, role=Role.OWNER)
    client = OrganizationFactory(name=f"Client of {word}", slug=f"client-{word}", agency=agency)
    ClientAssignmentFactory(membership=seat, client=client)
    SiteFactory(organization=client)
    other = MembershipFactory(organization=business, user=UserFactory(email=f"other-{word}@example.com"))
    invitation = InvitationFactory(organization=business, email=f"invited-{word}@example.com", invited_by=owner)
    ApiKeyFactory(organization=business, user=owner)
    keeper = UserFactory(email=f"keeper-{word}@example.com", is_superuser=True, is_staff=True)
    MembershipFactory(organization=business, user=keeper, role=Role.OWNER)
    values = {
        "member_id": other.pk, "token": invitation.token, "page": "team", "script_id": site.script_id, "by": "page",
        "kind": "notification_transport", "provider": "smtp", **one_of_each(owner, site),
    }
    return World(owner, agent, keeper, business, agency, values)
