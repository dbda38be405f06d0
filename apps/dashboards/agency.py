"""An agency's home: its clients as rows, the same figures for each, read for all of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.access import organizations_of
from apps.core.tenancy import tenants
from apps.dashboards.selectors import card_metrics
from apps.metrics import home, present, ranges, read
from apps.metrics.answers import Comparison
from apps.metrics.frame import SYSTEM, Frame, Viewer
from apps.metrics.ranges import Range
from apps.metrics.registry import Metric, Tone
from apps.metrics.words import say_change

COLUMNS = 4
MOST_CLIENTS = 500
_WORST = {Tone.BAD: 0, Tone.ATTENTION: 1, Tone.NEUTRAL: 2, Tone.GOOD: 3}


def clients_of(agency: Any, user: Any) -> list[Any]:
    """The clients this person looks after."""
    return list(organizations_of(user).filter(agency_id=agency.id, delete_after=None)[:MOST_CLIENTS])


def overview(clients: Sequence[Any], agency: Any, viewer: Viewer, period: Range) -> dict[str, Any]:
    """Columns and rows of these clients; those in trouble first, then by the first figure."""
    frame = Frame(period=period, organization_ids=(agency.id,), currency="", viewer=viewer)
    metrics = card_metrics(agency, frame)[:COLUMNS]
    figures = _figures(clients, metrics, period)
    states = _states([client.id for client in clients])
    rows = [
        {
            "name": client.name,
            "logo": client.logo,
            "href": f"/o/{client.slug}/",
            "state": states[client.id][0].value,
            "state_label": states[client.id][1],
            "cells": [_cell(metric, figures[client.id][metric.key]) for metric in metrics],
            "order": (_WORST[states[client.id][0]], -float(figures[client.id][metrics[0].key].value or 0))
            if metrics else (0, 0),
        }
        for client in clients
    ]
    rows.sort(key=lambda row: row["order"])
    return {"columns": [{"label": metric.label, "help": metric.help} for metric in metrics], "rows": rows}


def _figures(
    clients: Sequence[Any], metrics: Sequence[Metric], period: Range
) -> dict[int, dict[str, Comparison]]:
    """One query a source for all clients of one time zone: "today" is each client's own."""
    zones = defaultdict(list)
    for client in clients:
        zones[client.time_zone].append(client)
    found: dict[int, dict[str, Comparison]] = {}
    for group in zones.values():
        ids = tuple(client.id for client in group)
        # Whoever is listed here acts in the client as manager or more, or as its viewer: all see its figures.
        local = ranges.parse(period.query(), group[0].tz, now=period.now)
        frame = Frame(period=local, organization_ids=ids, currency="", viewer=SYSTEM)
        with tenants(ids):
            currencies = {client.id: client.currency for client in group}
            found |= read.by_organization([metric.key for metric in metrics], frame, currencies) if metrics else {}
    return found


def _states(ids: Sequence[int]) -> dict[int, tuple[Tone, Any]]:
    """The worst that any feature has to say of each client."""
    found: dict[int, tuple[Tone, Any]] = {org_id: (Tone.GOOD, _("All well")) for org_id in ids}
    with tenants(ids):
        for health in home.healths() if ids else ():
            for org_id, state in health.look(ids).items():
                if _WORST[state[0]] < _WORST[found[org_id][0]]:
                    found[org_id] = state
    return found


def _cell(metric: Metric, answer: Comparison) -> dict[str, Any]:
    return {
        "label": metric.label,
        "value": present.short(answer.value, metric, answer.currency),
        "change": say_change(answer.change, metric.unit),
        "direction": answer.direction,
        "better": metric.better.value,
    }
