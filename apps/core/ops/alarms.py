"""Alarms that do not flutter: raised after several looks in a row above one line, cleared after as many below another,
lower one. In between everything stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from apps.core.models import Alarm

STRIKES = 2


class Change(StrEnum):
    """What a look has changed."""

    NONE = "none"
    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Line:
    """From where on a reading is wrong, and from where down it is well again."""

    key: str
    wrong: float
    well: float


@transaction.atomic
def look(line: Line, reading: float, now: datetime) -> tuple[Alarm, Change]:
    """Hold a reading against its lines. A second look within the same minute changes nothing."""
    alarm, _new = Alarm.objects.select_for_update().get_or_create(key=line.key)
    minute = now.replace(second=0, microsecond=0)
    if alarm.looked_at == minute:
        return alarm, Change.NONE
    alarm.looked_at, alarm.reading = minute, reading
    against = reading <= line.well if alarm.raised_at else reading >= line.wrong
    alarm.strikes = alarm.strikes + 1 if against else 0
    change = Change.NONE
    if alarm.strikes >= STRIKES:
        change = Change.CLEARED if alarm.raised_at else Change.RAISED
        alarm.raised_at = None if alarm.raised_at else now
        alarm.strikes = 0
    alarm.save()
    return alarm, change
