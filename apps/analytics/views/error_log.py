"""The error log as it is shown and asked for: lines in words, its filter in the address, what was chosen in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.analytics.error_words import words_of
from apps.analytics.models import Site
from apps.analytics.selectors import errors
from apps.analytics.selectors.errors import Asked, Entry
from apps.analytics.views.destination_table import ago, until

ALL = "all"
LONGEST = 12


def asked_of(params: QueryDict, sites: Mapping[int, Site]) -> Asked:
    """The filter in an address; what waits for a decision, where it names no state."""
    state, kind = params.get("state", errors.OPEN), params.get("kind", "")
    site = next((row.id for row in sites.values() if row.script_id == params.get("site")), None)
    return Asked(
        kind if kind in errors.KINDS else "", "" if state == ALL else state if state in errors.STATES else errors.OPEN,
        site,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be tried again; None stands for all of a kind."""

    letters: list[int] | None
    deliveries: list[int] | None


def chosen_in(posted: QueryDict, asked: Asked) -> Chosen:
    """One (`only`), all that the filter shows (`all`), or those that are ticked (`error`), as kind and id."""
    if ALL in posted:
        kinds = (asked.kind,) if asked.kind else errors.KINDS
        return Chosen(*(None if kind in kinds else [] for kind in errors.KINDS))
    named = [posted["only"]] if "only" in posted else posted.getlist("error")
    found: dict[str, list[int]] = {kind: [] for kind in errors.KINDS}
    for text in named:
        kind, _colon, number = text.partition(":")
        if kind in found and number.isdigit() and len(number) <= LONGEST:
            found[kind].append(int(number))
    return Chosen(found[errors.COUNTING], found[errors.SENDING])


def facts(slug: str, sites: dict[int, Site], params: QueryDict, offset: int, *, may_replay: bool) -> dict[str, Any]:
    """A page of the log with its filter."""
    asked = asked_of(params, sites)
    found, more = errors.log(sites, asked, offset)
    ids = [asked.site_id] if asked.site_id is not None else list(sites)
    waiting = errors.errors_open(ids, asked.kind).total if may_replay else 0
    return {
        "rows": [_row(slug, entry, may_replay=may_replay) for entry in found], "columns": _columns(),
        "any_open": may_replay and any(entry.can_replay for entry in found),
        "all_words": ngettext("Try %(n)s event again", "Try all %(n)s events again", waiting) % {"n": waiting},
        "states": _states(asked, params), "kinds": _kinds(asked), "sites": _sites(asked, sites),
        "query": _query(params), "state": params.get("state", ""), "is_filtered": bool(asked.kind or asked.site_id),
        "pager": {
            "prev_href": f"?{_query(params, offset=max(0, offset - errors.PAGE))}" if offset else "",
            "next_href": f"?{_query(params, offset=offset + errors.PAGE)}" if more else "", "summary": "",
        },
    }


def _columns() -> list[dict[str, Any]]:
    return [
        {"key": "what", "label": _("What happened")}, {"key": "kind", "label": _("Kind")},
        {"key": "site", "label": _("Site")}, {"key": "state", "label": _("Status")},
        {"key": "at", "label": _("When"), "align": "end"}, {"key": "do", "label": "", "align": "end"},
    ]


def _row(slug: str, entry: Entry, *, may_replay: bool) -> dict[str, Any]:
    value = f"{entry.kind}:{entry.id}"
    can_replay = may_replay and entry.can_replay
    told = _of_letter(entry) if entry.letter else _of_delivery(slug, entry)
    button = {"button": told["button"], "name": "only", "value": value, "of": told["text"]}
    return {
        "href": told["href"], "choose": value if can_replay else "",
        "cells": [
            {"text": told["text"], "sub": told["sub"]}, {"text": told["kind"], "sub": told["where"]},
            {"text": entry.site.name}, {"status": told["state"], "tone": _TONES[entry.state]},
            {"text": ago(entry.at)}, button if can_replay else {"text": ""},
        ],
    }


_TONES = {errors.OPEN: "attention", errors.RETRYING: "info", errors.SETTLED: "good"}


def _of_letter(entry: Entry) -> dict[str, str]:
    words = words_of(entry.letter)
    states = {errors.OPEN: _("Waits for you"), errors.RETRYING: _("Is being taken in"),
              errors.SETTLED: _("Taken in again")}
    return {
        "text": words["text"], "sub": words["detail"], "kind": _("Not counted"), "where": "", "href": "",
        "state": states[entry.state], "button": _("Take in again"),
    }


def _of_delivery(slug: str, entry: Entry) -> dict[str, str]:
    row: Any = entry.delivery
    again = until(row.next_at)
    tried = ngettext("%(n)s attempt", "%(n)s attempts", row.attempts) % {"n": row.attempts}
    states = {
        errors.OPEN: _("Waits for you"), errors.SETTLED: _("Delivered in the end"),
        errors.RETRYING: _("Next attempt in %(time)s") % {"time": again} if again else _("Is being sent again"),
    }
    reason = row.words or (row.log[-1]["words"] if row.log else "") or _("It was not taken.")
    return {
        "text": reason[:200], "sub": f"{row.sent_as} · {tried}", "kind": _("Not sent on"),
        "where": row.destination.name, "state": states[entry.state], "button": _("Send again"),
        "href": reverse("analytics:delivery", args=[
            slug, entry.site.script_id, row.destination_id, row.pk
        ]),
    }


def _states(asked: Asked, params: QueryDict) -> list[dict[str, Any]]:
    words = ((errors.OPEN, _("Waiting for you")), (errors.RETRYING, _("Being tried again")),
             (errors.SETTLED, _("Settled")), (ALL, _("All")))
    return [{"label": label, "href": f"?{_query(params, state=key)}", "active": (asked.state or ALL) == key}
            for key, label in words]


def _kinds(asked: Asked) -> list[dict[str, Any]]:
    words = (("", _("All kinds")), (errors.COUNTING, _("Could not be counted")),
             (errors.SENDING, _("Could not be sent on")))
    return [{"value": key, "label": label, "chosen": asked.kind == key} for key, label in words]


def _sites(asked: Asked, sites: Mapping[int, Site]) -> list[dict[str, Any]]:
    rows = sorted(sites.values(), key=lambda site: site.name.lower())
    return [{"value": "", "label": _("All sites"), "chosen": asked.site_id is None},
            *({"value": site.script_id, "label": site.name, "chosen": asked.site_id == site.id} for site in rows)]


def _query(params: QueryDict, **changes: Any) -> str:
    """The filter as it stands in an address, with changes; another state begins at the newest again."""
    kept = {key: params[key] for key in ("kind", "site", "state") if params.get(key)}
    return urlencode({**kept, **{key: value for key, value in changes.items() if value}})
