"""Destinations: added, changed, paused, deleted, tested, and what failed sent again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.audit import audit, register_audit_actions
from apps.analytics.delivery import signed_in
from apps.analytics.delivery.mapping import LONGEST_NAME, allowed, name_over_there
from apps.analytics.delivery.samples import sample
from apps.analytics.enums import BreakerState, ConsentRule, DeliveryState, WhenUnsure
from apps.analytics.models import Delivery, Destination, Site
from apps.analytics.providers.base import EVERY, Exchange, Payload, Result, Skip, destinations
from apps.core.connections.services import connection_check, connection_create, connection_remove, connection_update
from apps.core.providers import ProviderError

MOST_NAMES = 200
WAIT = timedelta(hours=3)
register_audit_actions({
    "destination.added": _("Destination added"),
    "destination.changed": _("Destination changed"),
    "destination.paused": _("Destination paused"),
    "destination.resumed": _("Destination resumed"),
    "destination.removed": _("Destination removed"),
    "destination.replayed": _("Failed events sent again"),
})


@dataclass(frozen=True, slots=True)
class Tried:
    """What a test showed: the request and answer, or why there was no request."""

    ok: bool
    words: str
    exchange: Exchange | None = None


@transaction.atomic
def destination_create(
    *, actor: Any, site: Site, provider: str, name: str, values: Mapping[str, Any],
    events: Mapping[str, str] | None = None, consent: str = "", when_unsure: str = WhenUnsure.AGAIN,
) -> Destination:
    """Send a site's events on to a vendor. `values` answers the vendor's fields; mapping and rule are the vendor's own
    unless given. `when_unsure`: what becomes of events whose answer was lost, where the vendor knows no ids."""
    vendor = destinations.get(provider)
    account = connection_create(kind=destinations.kind, provider=provider, name=name, values=values)
    row = Destination(
        site=site, connection=account, name=name, events=events_of(vendor.events if events is None else events),
        consent=_rule(consent or vendor.consent), when_unsure=_unsure(when_unsure),
    )
    row.save()
    audit(actor, "destination.added", row, after={"site": site.name, "provider": provider, **account.config})
    return row


@transaction.atomic
def destination_update(*, actor: Any, destination: Destination, **facts: Any) -> Destination:
    """Change any of name, events, consent, when_unsure, and `values`, the answers to the vendor's fields: a secret left
    blank stays. Changed answers end a hold, for what was wrong may not be any more."""
    row = Destination.objects.select_for_update(of=("self",)).select_related("connection").get(pk=destination.pk)
    before = _told(row)
    if "events" in facts:
        row.events = events_of(facts["events"])
    row.consent = _rule(facts.get("consent", row.consent))
    row.when_unsure = _unsure(facts.get("when_unsure", row.when_unsure))
    row.name = str(facts.get("name", row.name)).strip()[:120] or row.name
    if "values" in facts:
        values = {**row.connection.config, **facts["values"]}
        row.connection = connection_update(row.connection, name=row.name, values=values)
        _end_hold(row)
    row.save()
    audit(actor, "destination.changed", row, before=before, after=_told(row))
    _wake()
    return row


@transaction.atomic
def destination_pause(*, actor: Any, destination: Destination) -> None:
    """Send nothing and collect nothing; what waits already goes on waiting."""
    Destination.objects.filter(pk=destination.pk).update(is_enabled=False)
    audit(actor, "destination.paused", destination)


@transaction.atomic
def destination_resume(*, actor: Any, destination: Destination) -> None:
    """Go on, as new. What waited gets its whole time again."""
    waiting = Delivery.objects.filter(destination=destination, state=DeliveryState.WAITING)
    waiting.update(expires_at=timezone.now() + WAIT)  # before the destination, as whoever writes down an answer does
    row = Destination.objects.select_for_update().get(pk=destination.pk)
    row.is_enabled = True
    _end_hold(row)
    row.save()
    audit(actor, "destination.resumed", row)
    _wake()


@transaction.atomic
def destination_delete(*, actor: Any, destination: Destination) -> None:
    """Remove it with its credentials and everything that waits for it."""
    audit(actor, "destination.removed", destination, before={"name": destination.name})
    connection_remove(destination.connection)


def destination_check(destination: Destination) -> bool:
    """Ask the vendor whether the credentials work; the answer stands at its connection."""
    return connection_check(destination.connection)


@transaction.atomic
def deliveries_replay(*, actor: Any, destination: Destination, ids: Iterable[int] | None = None) -> int:
    """Send failed events again: those named, or all; returns how many. The id under which they count stays."""
    rows = Delivery.objects.filter(destination=destination, state=DeliveryState.DEAD)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    now = timezone.now()
    count = rows.exclude(payload={}).update(
        state=DeliveryState.WAITING, next_at=now, expires_at=now + WAIT, attempts=0, finished_at=None
    )
    if count:
        audit(actor, "destination.replayed", destination, after={"events": count})
        _wake()
    return count


def destination_try(
    *, destination: Destination, event: str = "purchase", delivery: Delivery | None = None
) -> Tried:
    """Send one event in the vendor's test mode and show request and answer: a sample, or one that was delivered."""
    try:
        vendor = destinations.open(destination.connection)
        payload = _payload_of(delivery) if delivery else _sample(destination, event)
        report = signed_in.send(destination.connection, vendor, [payload], test=True)
    except Skip as skip:
        return Tried(False, str(skip))
    except ProviderError as error:
        return Tried(False, str(error), getattr(error, "exchange", None))
    result = next(iter(report.results), Result("", False, str(_("The answer says nothing about this event."))))
    return Tried(result.ok, result.words, report.exchange)


def events_of(given: Mapping[str, str]) -> dict[str, str]:
    """A mapping as it is stored; raises ValidationError for names that are too long or too many."""
    if len(given) > MOST_NAMES:
        raise ValidationError({"events": _("At most %(number)d events can be named.") % {"number": MOST_NAMES}})
    found = {}
    for name, target in given.items():
        name, target = str(name).strip(), str(target).strip()
        if not name:
            continue
        if len(name) > 64 or len(target) > LONGEST_NAME:
            raise ValidationError({"events": _("“%(name)s” is too long.") % {"name": name[:70]}})
        found[name] = target
    return found


def _rule(rule: str) -> str:
    if rule not in ConsentRule.values:
        raise ValidationError({"consent": _("There is no such rule.")})
    return str(rule)


def _unsure(choice: str) -> str:
    if choice not in WhenUnsure.values:
        raise ValidationError({"when_unsure": _("There is no such rule.")})
    return str(choice)


def _told(row: Destination) -> dict[str, Any]:
    return {
        "name": row.name, "events": row.events, "consent": row.consent, "when_unsure": row.when_unsure,
        **row.connection.config,
    }


def _sample(destination: Destination, event: str) -> Payload:
    vendor = destinations.open(destination.connection)
    name = name_over_there(destination.events, event)
    if not name:
        raise Skip(_("This destination does not get the event “%(name)s”.") % {"name": event})
    made = sample(destination, event)
    body = vendor.prepare(allowed(made, destination.consent, vendor), event if name == EVERY else name)
    return Payload(made.event_id, event, made.at, body)


def _payload_of(delivery: Delivery) -> Payload:
    if not delivery.payload:
        raise Skip(_("Nothing was sent for this event: %(reason)s") % {"reason": delivery.words})
    return Payload(delivery.event_id, delivery.name, delivery.at, delivery.payload)


def _end_hold(row: Destination) -> None:
    row.breaker, row.failures = BreakerState.CLOSED, 0
    row.hold_until = row.failing_since = None


def _wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY analytics_deliveries")
