"""Every page there is, read from the table of addresses, with somebody who may open it.

A new page is walked by itself; one that names something new, as soon as `world_of` makes that. One that is no page, or
that only somebody in the middle of something sees, needs its line below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from apps.accounts.audit import audit
from apps.accounts.enums import OrganizationKind, Role
from apps.accounts.models import Organization, User
from apps.analytics.models import Site
from apps.core.models import Connection
from apps.core.tenancy import tenant
from tests.contracts.doors import Door, all_doors
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
    r"^/admin/|^/api/v|^/media/|\.(csv|json|css)$|/csv/$|/(unread|palette|callback|token|download)/$|\.\+"
)
# Seen only by somebody in the middle of something, or by nobody: the same templates are walked at another address.
MIDWAY = re.compile(
    r"^/accounts/(google|microsoft|social|oidc)/|^/accounts/(confirm-email|logout)/|/3rdparty/(signup|login)/"
    r"|^/accounts/(login/code/confirm|password/reset/key|2fa/(authenticate|totp/deactivate|recovery-codes/$|webauthn/"
    r"(login|reauthenticate|keys)))|^/account/second-factor/|^/connect/oauth/|/demo/|^/styleguide/|^/accounts/sessions/"
)
ANONYMOUS = re.compile(r"^/accounts/(login|signup|inactive|password/reset)|^/help/|^/invitations/")
AGENCY = re.compile(r"/clients/")


@dataclass(frozen=True)
class Somewhere:
    """An address and who opens it: nobody, the owner of a business, or the owner of an agency."""

    path: str
    who: str


@dataclass
class World:
    """One of everything that addresses name."""

    owner: User
    agent: User
    business: Organization
    agency: Organization
    values: dict[str, Any]

    def places(self) -> list[Somewhere]:
        """Where the walk goes."""
        found = []
        for door in pages():
            if set(door.parameters) - self.values.keys() - {"slug"} or _other(door):
                continue
            who = "nobody" if ANONYMOUS.match(door.path) else "agent" if AGENCY.search(door.path) else "owner"
            slug = self.agency.slug if who == "agent" else self.business.slug
            found.append(Somewhere(door.at(**self.values | {"slug": slug}), who))
        found += [Somewhere("/nothing/here/", "nobody"), Somewhere(f"/o/{self.agency.slug}/", "agent")]
        return [*dict.fromkeys(found), Somewhere(f"/o/{self.agency.slug}/traffic/", "agent")]


def pages() -> list[Door]:
    """The addresses of pages."""
    return [
        door for door in all_doors()
        if "get" in door.methods and not NO_PAGE.search(door.path) and not MIDWAY.search(door.path)
    ]


def _other(door: Door) -> bool:
    """Whether its number is that of something other than a connection."""
    return "pk" in door.parameters and "/settings/connections/" not in door.path


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
    with tenant(business.pk):
        connection = Connection.objects.create(kind="notification_transport", provider="fake", name="Mail")
        audit(owner, "site.changed", site.name, before={"name": "Old"}, after={"name": site.name})
    values = {
        "member_id": other.pk, "token": invitation.token, "page": "team", "script_id": site.script_id, "by": "page",
        "kind": "notification_transport", "provider": "smtp", "pk": connection.pk,
    }
    return World(owner, agent, business, agency, values)
