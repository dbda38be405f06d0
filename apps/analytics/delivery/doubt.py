"""Events that may have arrived although no answer was read: the connection broke off, or this process was stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.analytics.delivery import ledger, outbox
from apps.analytics.delivery.outbox import Taken
from apps.analytics.enums import WhenUnsure
from apps.analytics.models import Destination
from apps.analytics.providers.base import Destination as Vendor
from apps.core.providers import ProviderError

log = structlog.get_logger(__name__)
LEFT = gettext_lazy("It may have arrived and is not sent again, as this destination is set.")
_BY_A_GATEWAY = frozenset({502, 504})


def answer_lost(error: ProviderError | None, status: int) -> bool:
    """Whether a request that failed may have been taken over there: nothing was read, a machine in between answered for
    the vendor, or the answer is one of success that makes no sense."""
    if error is None:
        return False
    return getattr(error, "unanswered", False) or 200 <= status < 300 or status in _BY_A_GATEWAY


def is_left(row: Destination, vendor: Vendor, one: Taken) -> bool:
    """Whether an event that may have arrived is not to be sent again: it would count twice, and its owner said so."""
    return row.when_unsure == WhenUnsure.LEAVE and not vendor.counts_once(one.payload)


def settled(row: Destination, vendor: Vendor, taken: list[Taken], now: datetime) -> list[Taken]:
    """What of these rows is to be sent. Those that had left when the process before this one was stopped are noted as
    such, and given up where they are not to be sent again."""
    asked = [one for one in taken if one.is_asked]
    if not asked:
        return taken
    left = [one for one in asked if is_left(row, vendor, one)]
    again = [one for one in asked if one not in left]
    twice = sum(not vendor.counts_once(one.payload) for one in again)
    log.warning("delivery.answers_lost", destination=row.pk, events=len(asked), left=len(left), may_count_twice=twice)
    stopped = _("Mainstay was stopped before it had noted the answer.")
    outbox.note_unsure([one.id for one in again], now, stopped)
    if left:
        ledger.give_up(row, left, f"{stopped} {LEFT}", now, unsure=True)
    unsure = {one.id for one in again}
    return [replace(one, is_unsure=True) if one.id in unsure else one for one in taken if one not in left]
