"""What a question about numbers is put to: whose, when, compared with what, under which filters, asked by whom."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from apps.accounts.access import can
from apps.accounts.roles import Reach, get_action
from apps.core.tenancy import tenant
from apps.metrics.contracts import Filter, Query, Window
from apps.metrics.ranges import Range


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `SYSTEM` asks for work that no person watches; what it gets is shown only after a check."""

    user: Any = None
    membership: Any = None
    trusted: bool = False

    def may(self, action: str) -> bool:
        """Whether figures under this action may be shown, be it only for some subjects."""
        if self.trusted:
            return True
        if self.membership is None:
            return can(self.user, action)
        with tenant(self.membership.organization_id):
            return can(self.user, action, membership=self.membership)

    def limited(self, action: str) -> bool:
        """Whether the right covers only objects assigned to the person."""
        if self.trusted or self.membership is None:
            return False
        return get_action(action).reach.get(self.membership.role) is not Reach.ALL


SYSTEM = Viewer(trusted=True)


@dataclass(frozen=True, slots=True)
class Frame:
    """One view of the numbers. Make it with `of_request` in pages; tasks and the ticker name every part."""

    period: Range
    organization_ids: tuple[int, ...]
    currency: str
    viewer: Viewer
    subjects: tuple[int, ...] = ()
    filters: tuple[Filter, ...] = ()

    def query(self, measures: tuple[str, ...], window: Window, subjects: tuple[int, ...] | None = None) -> Query:
        """The question for one source."""
        return Query(
            measures=measures,
            window=window,
            organization_ids=self.organization_ids,
            subjects=self.subjects if subjects is None else subjects,
            filters=self.filters,
        )

    def over(self, period: Range) -> Frame:
        """The same view of another period."""
        return dataclasses.replace(self, period=period)


def of_request(
    request: Any, period: Range, *, subjects: tuple[int, ...] = (), filters: tuple[Filter, ...] = ()
) -> Frame:
    """The view a page of `/o/<slug>/…` shows, to the person who asks for it."""
    organization = request.organization
    return Frame(
        period=period,
        organization_ids=(organization.id,),
        currency=organization.currency,
        viewer=Viewer(user=request.user, membership=request.membership),
        subjects=subjects,
        filters=filters,
    )
