"""What a socket follows: a topic, checked against the person's rights, and the group that shares its messages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from apps.accounts.access import can
from apps.accounts.models import Membership, Organization
from apps.metrics import live, ranges, registry
from apps.metrics.frame import SYSTEM, Frame, Viewer
from apps.metrics.live import Topic

SPARK_MINUTES = 30


@dataclass(frozen=True)
class Follow:
    """One topic as one audience gets it. Everybody with the same `group` gets the same messages."""

    name: str
    topic: Topic
    organization: Organization
    subject: int
    params: tuple[tuple[str, str], ...]
    keys: tuple[str, ...]
    viewer: Viewer
    group: str

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The sources whose change makes a new message, in order."""
        found = {source for key in self.keys for source, _ in registry.needs(registry.get(key))}
        return tuple(sorted(found | set(self.topic.signals)))

    def frame(self, now: datetime | None = None) -> Frame:
        """The numbers' frame at this instant."""
        period = ranges.parse(dict(self.params), self.organization.tz, now=now)
        return self._framed(period)

    def spark_frame(self, now: datetime | None = None) -> Frame:
        """The frame of the small lines: the last half hour by the minute."""
        return self._framed(ranges.last_minutes(SPARK_MINUTES, self.organization.tz, now=now))

    def _framed(self, period: ranges.Range) -> Frame:
        return Frame(
            period=period,
            organization_ids=(self.organization.id,),
            currency=self.organization.currency,
            viewer=self.viewer,
            subjects=(self.subject,) if self.subject else (),
        )


def resolve(name: str, organization: Organization, user: Any, membership: Membership) -> Follow | None:
    """The topic a page asks for, or None when there is no such or the person may not follow it.

    Must run in the organization's scope. People whose right covers only assigned objects get a group of their own.
    """
    parsed = _parsed(name)
    if parsed is None:
        return None
    topic, subject, params = parsed
    obj = topic.subject(subject) if topic.subject and subject else None
    if (subject and obj is None) or not can(user, topic.action, obj, membership=membership):
        return None
    viewer = Viewer(user=user, membership=membership)
    wanted = [registry.get(key) for key in topic.metrics(organization, subject)]
    seen = [metric for metric in wanted if viewer.may(metric.action)]
    limited = any(viewer.limited(metric.action) for metric in seen)
    keys = tuple(metric.key for metric in seen)
    audience = f"{user.id if limited else ''}:{','.join(keys)}"
    mark = hashlib.blake2b(f"{name}:{audience}".encode(), digest_size=10).hexdigest()
    return Follow(
        name=name, topic=topic, organization=organization, subject=subject, params=params, keys=keys,
        viewer=viewer if limited else SYSTEM, group=f"{live.namespace()}.{organization.id}.{mark}",
    )


def _parsed(name: str) -> tuple[Topic, int, tuple[tuple[str, str], ...]] | None:
    key, *rest = name.split(".")
    topic = live.find_topic(key)
    if topic is None or len(rest) > 3:
        return None
    subject = int(rest.pop(0)) if rest and rest[0].isdecimal() else 0
    params = {"range": topic.period, "compare": "previous"}
    for part in rest:
        if part in ranges.PRESETS and part != "custom":
            params["range"] = part
        elif part in ranges.COMPARISONS:
            params["compare"] = part
        else:
            return None
    return (topic, subject, tuple(sorted(params.items()))) if subject < 2**63 else None
