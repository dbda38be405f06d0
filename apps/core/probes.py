"""What can be wrong on the ground floor: the outbox, the task queues, connections to third parties, Redis."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from apps.core.cache import ask, breaker
from apps.core.models import Connection
from apps.core.ops.probes import Probe, Reading, queue_reading, register_probe
from apps.core.tenancy import every_tenant

OUTBOX_LATE_SECONDS = 60
QUEUE_FULL = 5000
_COUNTED_UP_TO = 100_000


def _outbox() -> Reading:
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), extract(epoch FROM now() - min(created_at)) FROM (SELECT created_at FROM core_outboxevent"
            " WHERE dispatched_at IS NULL AND failed_at IS NULL ORDER BY id LIMIT %s) AS waiting",
            [_COUNTED_UP_TO],
        )
        return queue_reading(cursor.fetchone(), late_after_seconds=OUTBOX_LATE_SECONDS)


def _outbox_failed() -> Reading:
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM core_outboxevent WHERE failed_at > now() - interval '1 day'"
            " LIMIT 1000) AS failed"
        )
        failed = cursor.fetchone()[0]
    words = _("Nothing given up.") if not failed else _("Events were given up in the last day; see the outbox.")
    return Reading(failed == 0, words, failed)


def _queue(name: str) -> Reading:
    length = ask(lambda redis: redis.llen(name), None)
    if length is None:
        return Reading(False, _("Redis does not answer."))
    full = length > QUEUE_FULL
    return Reading(not full, _("Tasks pile up: start more workers.") if full else _("Up to date."), int(length))


def _connections() -> Reading:
    with every_tenant():
        broken = Connection.objects.filter(status=Connection.Status.ERROR).count()
    words = ngettext_lazy("%d connection needs attention.", "%d connections need attention.", broken) % broken
    return Reading(True, words if broken else _("All connections work."), broken)


def _redis() -> Reading:
    answers = ask(lambda redis: bool(redis.ping()), False)
    if answers and not breaker.is_down:
        return Reading(True, _("Answers."))
    return Reading(False, _("Does not answer: live updates and background work are paused."))


def _queue_probe(name: str) -> Probe:
    return Probe(f"queue-{name}", _("Task queue: %s") % name, lambda: _queue(name))


register_probe(Probe("redis", _("Redis"), _redis))
register_probe(Probe("outbox", _("Outbox"), _outbox))
register_probe(Probe("outbox-failed", _("Events given up"), _outbox_failed))
for _name in settings.TASK_QUEUES:
    register_probe(_queue_probe(_name))
register_probe(Probe("connections", _("Connections"), _connections))
