"""What happened lately at an agency's clients, and at the agency itself, in one list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from apps.accounts.enums import Role
from apps.accounts.roles import Reach, get_action
from apps.core.models import OutboxEvent
from apps.core.tenancy import tenants
from apps.dashboards.selectors import MOST_NEWS, told
from apps.metrics import home
from apps.metrics.home import May


def feed(agency: Any, clients: Sequence[Any], roles: Mapping[int, Role], may: May) -> list[dict[str, Any]]:
    """The latest events that the person may hear of in each: in a client by the role they act in there."""
    activities = home.activities()
    by_id = {client.id: client for client in clients if client.id in roles} | {agency.id: agency}
    of_role: defaultdict[Role, list[int]] = defaultdict(list)
    for client in clients:
        if client.id in roles:
            of_role[roles[client.id]].append(client.id)
    wanted = Q(organization_id=agency.id, name__in=[name for name, item in activities.items() if may(item.action)])
    for role, ids in of_role.items():
        names = [name for name, item in activities.items() if get_action(item.action).reach.get(role) is Reach.ALL]
        wanted |= Q(organization_id__in=ids, name__in=names)
    with tenants(list(by_id)):
        rows = list(OutboxEvent.objects.filter(wanted).order_by("-created_at", "-id")[:MOST_NEWS])
        return [
            {**told(by_id[row.organization_id], row, activities[row.name]), "whose": by_id[row.organization_id].name}
            for row in rows
        ]
