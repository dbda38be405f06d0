"""How often each key is used: counted in Redis with every call, written to the database once a minute."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone
from redis import Redis

from apps.accounts.models import ApiKey
from apps.core.cache import ask
from apps.core.tenancy import every_tenant

COUNTS = "api:key-usage"


def count(key: ApiKey) -> None:
    """Count one call; without Redis it is written at once."""
    field = f"{key.pk}:{timezone.now():%Y-%m-%d}"
    if ask(lambda redis: redis.hincrby(COUNTS, field, 1), None) is None:
        key.record_use()


def write_counts() -> int:
    """Move what was counted into the database; returns for how many keys and days."""
    counts = ask(_take, {})
    moments: dict[int, list[tuple[datetime, int]]] = {}
    for field, amount in counts.items():
        pk, _, day = field.decode().partition(":")
        at = datetime.fromisoformat(day).replace(tzinfo=UTC)
        moments.setdefault(int(pk), []).append((max(at, _start_of_today(at)), int(amount)))
    with every_tenant():
        for key in ApiKey.objects.filter(pk__in=moments):
            for at, amount in sorted(moments[key.pk]):
                key.record_use(amount, at=at)
    return len(counts)


def _start_of_today(at: datetime) -> datetime:
    now = timezone.now()
    return now if now.date() == at.date() else at


def _take(redis: Redis) -> dict[bytes, bytes]:
    pipe = redis.pipeline(transaction=True)
    pipe.hgetall(COUNTS)
    pipe.delete(COUNTS)
    return pipe.execute()[0]
