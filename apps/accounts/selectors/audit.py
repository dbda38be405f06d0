"""Reading the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from apps.accounts.audit import audit_actions
from apps.accounts.audit_words import sentence
from apps.accounts.models import AuditEntry, Membership, User

PAGE = 50
CSV_LIMIT = 100_000
CSV_HEAD = ("time", "who", "what", "object kind", "object id", "object", "before", "after", "ip", "device", "request")


@dataclass(frozen=True)
class AuditFilter:
    """What the log is narrowed to; days are days of the organization."""

    action: str = ""
    actor_id: int | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""

    def rows(self, zone: ZoneInfo) -> QuerySet[AuditEntry]:
        """Entries, newest first."""
        found = AuditEntry.objects.order_by("-at", "-id")
        if self.action:
            found = found.filter(Q(action=self.action) | Q(action__startswith=f"{self.action}."))
        if self.actor_id:
            found = found.filter(actor_id=self.actor_id)
        if self.since:
            found = found.filter(at__gte=datetime.combine(self.since, time.min, zone))
        if self.until:
            found = found.filter(at__lt=datetime.combine(self.until + timedelta(days=1), time.min, zone))
        if self.text:
            found = found.filter(Q(object_name__icontains=self.text) | Q(actor_name__icontains=self.text))
        return found


def before_entry(rows: QuerySet[AuditEntry], entry_id: int) -> QuerySet[AuditEntry]:
    """The entries that come after this one on the page."""
    last = AuditEntry.objects.filter(pk=entry_id).values_list("at", "id").first()
    return rows.filter(Q(at__lt=last[0]) | Q(at=last[0], id__lt=last[1])) if last else rows


def label_of(action: str) -> str:
    """An action in words; its key when nobody declared it."""
    return str(audit_actions().get(action, action))


def actors() -> list[User]:
    """People who belong or belonged to the organization, for the filter."""
    ids = Membership.objects.values_list("user_id", flat=True)
    return list(User.objects.filter(id__in=list(ids)).order_by("name", "email"))


def csv_lines(rows: Iterable[AuditEntry], zone: ZoneInfo) -> Iterable[list[Any]]:
    """The log as a table, times in the organization's zone; cells cannot start a formula in a spreadsheet."""
    yield list(CSV_HEAD)
    for row in rows:
        yield [
            row.at.astimezone(zone).isoformat(timespec="seconds"),
            *map(_harmless, (row.actor_name, label_of(row.action), row.object_kind, row.object_id, row.object_name)),
            *(_harmless(sentence(details, row.object_kind)) for details in (row.before, row.after)),
            row.ip or "",
            *map(_harmless, (row.device, row.request_id)),
        ]


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
