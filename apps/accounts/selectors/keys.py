"""Keys and their use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import ApiKey, ApiKeyUsage
from apps.accounts.scopes import all_scopes

DAYS = 30


@dataclass
class KeyRow:
    """One line: the key, its scopes in words, calls of each of the last 30 days (UTC), oldest first."""

    key: ApiKey
    scopes: list[str]
    calls: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Calls in 30 days."""
        return sum(self.calls)


def keys_of(user: Any, *, everybody: bool) -> QuerySet[ApiKey]:
    """The keys a person may see: all of the organization, or their own."""
    found = ApiKey.objects.select_related("user", "created_by").order_by("-created_at", "-id")
    return found if everybody else found.filter(user=user)


def key_rows(user: Any, *, everybody: bool) -> list[KeyRow]:
    """Working keys first, then ended ones. Two queries however many keys there are."""
    keys = list(keys_of(user, everybody=everybody))
    days = [timezone.now().date() - timedelta(days=back) for back in reversed(range(DAYS))]
    counts = _counts(keys, days[0])
    names = {scope.key: str(scope.label) for scope in all_scopes()}
    rows = [
        KeyRow(key, [names.get(scope, scope) for scope in key.scopes], [counts[key.pk][day] for day in days])
        for key in keys
    ]
    return sorted(rows, key=lambda row: not row.key.is_usable)


def _counts(keys: Sequence[ApiKey], since: date) -> dict[int, dict[date, int]]:
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    used = ApiKeyUsage.objects.filter(key__in=keys, day__gte=since)
    for key_id, day, calls in used.values_list("key_id", "day", "calls"):
        found[key_id][day] = calls
    return found
