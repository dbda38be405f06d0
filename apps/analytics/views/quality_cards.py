"""The cards of data quality: the score, its parts, hosts, robots, gaps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from babel.dates import format_date, format_datetime, format_time
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.analytics.enrichment.hosts import imitated, readable
from apps.analytics.enums import Doubt, Drop, SiteStatus
from apps.analytics.models import Site
from apps.analytics.quality_words import PARTS, field_words, reason_words
from apps.analytics.scoring import LEAST_EVENTS, Part, score_of
from apps.analytics.selectors import scores
from apps.analytics.selectors.quality import Facts
from apps.analytics.views.monitoring_cards import columns
from apps.metrics import present
from apps.metrics.words import NOTHING, locale, say, say_percent

MOST_HOSTS = 30


def tone_of(score: int | None) -> tuple[str, str]:
    """The tone of a score and its word."""
    if score is None:
        return "neutral", _("No score yet")
    if score >= 90:
        return "good", _("Good")
    return ("attention", _("Could be better")) if score >= 60 else ("bad", _("Needs work"))


def facts(organization: Any, found: Facts) -> dict[str, Any]:
    """Everything about one site."""
    score = score_of(found)
    tone, word = tone_of(score.value)
    until = found.until.astimezone(organization.tz)
    return {
        "score": score.value, "score_tone": tone, "score_word": word, "least": LEAST_EVENTS,
        "period": _("%(first)s to %(until)s, %(time)s") % {
            "first": format_date(found.first, "medium", locale=locale()),
            "until": format_date(until.date(), "medium", locale=locale()),
            "time": format_time(until, "short", tzinfo=until.tzinfo, locale=locale()),
        },
        "received": say(found.flow.received, "count"), "received_number": found.flow.received,
        "parts": [_part(organization, found, part) for part in score.parts],
        "course": _course(organization, found),
        "hosts": _hosts(found), "refused": [_host(host, 0, found) for host in found.site.options.refused_hosts],
        "bots": _bots(found), "bot_share": _share(found.flow.bots, found.flow.received),
        "gaps": [_gap(gap) for gap in reversed(found.gaps.gaps)],
        "reasons": _reasons(found),
        "consent": _share(found.doubt(Doubt.CONSENTED), found.doubt(Doubt.BROWSER)),
        "bot_columns": columns(_("Family"), _("Events"), _("Share")),
        "reason_columns": columns(_("What"), _("Events")),
        "gap_columns": columns(_("From"), _("Until"), _("Hours"), _("Usual visits")),
    }


def _share(count: int, of: int) -> str:
    return say_percent(count / of) if of else ""


def _part(organization: Any, found: Facts, part: Part) -> dict[str, Any]:
    words = PARTS[part.key]
    href = reverse(f"analytics:{words.page}", args=[organization.slug, found.site.script_id]) + words.anchor
    return {
        "key": part.key, "label": words.label, "counts": words.counts, "todo": words.todo, "button": words.button,
        "href": href, "points": say(round(part.points / 100, 1), "ratio").removesuffix(".0"), "most": part.most // 100,
        "is_full": part.points == part.most, "share": present.percent(part.share) if part.share else "",
        "of": words.said(part.count, part.of), "filled": part.points, "whole": part.most,
        "tone": "good" if part.points == part.most else "bad" if part.points * 2 < part.most else "attention",
    }


def _course(organization: Any, found: Facts) -> dict[str, Any] | None:
    rows = scores.course(found.site, found.last)
    if len(rows) < 2:
        return None
    return {
        "kind": "line", "unit": "count", "grain": "day", "times": [row.day.isoformat() for row in rows],
        "series": [{"key": "score", "name": _("Score"), "values": [row.score for row in rows]}], "open": False,
    }


def _hosts(found: Facts) -> list[dict[str, Any]]:
    return [_host(host, count, found) for host, count in found.unknown_hosts[:MOST_HOSTS]]


def _host(host: str, count: int, found: Facts) -> dict[str, Any]:
    shown = readable(host)
    return {
        "host": host, "name": _("Other hosts") if host == "*" else shown, "code": host if shown != host else "",
        "count": say(count, "count"), "number": count,
        "like": readable(imitated(host, found.own_hosts)), "is_rest": host == "*",
    }


def _bots(found: Facts) -> list[dict[str, Any]]:
    labels = {
        "search": _("Search engines"), "ai": _("AI assistants and crawlers"), "monitoring": _("Monitoring"),
        "headless": _("Automated browsers"), "preview": _("Link previews"), "tool": _("Programs and scripts"),
        "other": _("Others"),
    }
    total = sum(count for rows in found.bots.values() for _name, count in rows)
    return [
        {"cells": [
            {"text": labels[family], "sub": ", ".join(f"{name} {say(count, 'count')}" for name, count in rows[:6])},
            {"text": say(sum(count for _name, count in rows), "count")},
            {"text": say_percent(sum(count for _name, count in rows) / total)},
        ]}
        for family, rows in found.bots.items()
    ]


def _gap(gap: Any) -> dict[str, Any]:
    return {"cells": [
        {"text": format_datetime(gap.start, "medium", tzinfo=gap.start.tzinfo, locale=locale())},
        {"text": format_datetime(gap.end, "medium", tzinfo=gap.end.tzinfo, locale=locale())},
        {"text": say(gap.hours, "count")}, {"text": say(gap.expected, "count")},
    ]}


def _reasons(found: Facts) -> list[dict[str, Any]]:
    rows = []
    for (reason, detail), count in sorted(found.drops.items(), key=lambda row: (-row[1], row[0])):
        if reason != Drop.BOT:
            rows.append((reason_words(reason), field_words(reason, detail), count))
    for detail, count in found.details(Doubt.MISSING):
        rows.append((_("Counted, but incomplete"), field_words(Doubt.MISSING, detail), count))
    for kind in (Doubt.UPPERCASE, Doubt.PERSONAL):
        rows += [(_("Counted, with a fault in the address"), field_words(kind, detail), count)
                 for detail, count in found.details(kind)]
    rows += [(_("Counted, with a fault in the address"), field_words(kind, ""), count)
             for kind in (Doubt.UPPERCASE, Doubt.PARAMETERS) if (count := found.doubts[(kind, "")])]
    if count := found.doubt(Doubt.CLOCK):
        rows.append((_("Counted, with the time put right"), field_words(Doubt.CLOCK, ""), count))
    return [{"cells": [{"text": what, "sub": why}, {"text": say(count, "count")}]} for what, why, count in rows[:50]]


def done_words(do: str, host: str) -> str:
    """What was done with a host."""
    words = {
        "add": _("%(host)s is one of this site's addresses now."),
        "refuse": _("Nothing from %(host)s is counted any more."),
        "allow": _("What comes from %(host)s is counted again."),
    }
    return words[do] % {"host": readable(host)}


def list_facts(organization: Any, now: datetime) -> dict[str, Any]:
    """Every site that counts, the worst first."""
    today = now.astimezone(organization.tz).date()
    sites = list(Site.objects.filter(status=SiteStatus.ACTIVE).order_by("name"))
    rows = []
    for row in scores.scored(sites, today):
        score = row.latest.score if row.latest else None
        tone, word = tone_of(score)
        change = score - row.before.score if score is not None and row.before else 0
        rows.append({
            "href": reverse("analytics:site-quality", args=[organization.slug, row.site.script_id]),
            "cells": [
                {"text": row.site.name, "sub": ", ".join(row.site.domains[:3])},
                {"text": NOTHING if score is None else str(score)}, {"badge": word, "tone": tone},
                {"text": f"{change:+d}" if change else NOTHING},
                {"text": PARTS[row.worst].label if row.worst else NOTHING},
            ],
        })
    columns = [
        {"key": "site", "label": _("Site")}, {"key": "score", "label": _("Score"), "align": "end"},
        {"key": "word", "label": _("Status")},
        {"key": "change", "label": _("Against a week ago"), "align": "end"},
        {"key": "worst", "label": _("What costs most")},
    ]
    return {"rows": rows, "columns": columns}
