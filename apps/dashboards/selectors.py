"""What stands on the home page, for the person who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.analytics.models import Site
from apps.core import events
from apps.core.models import OutboxEvent
from apps.dashboards import standout
from apps.dashboards.usual import Usual, usual_days
from apps.metrics import home, present, read, registry
from apps.metrics.answers import Page
from apps.metrics.frame import Frame
from apps.metrics.home import May
from apps.metrics.registry import Metric, Tone, Unit

MOST_CARDS = 8
WATCHED = 3  # metrics that the sentence on top looks at
MOST_NEEDS = 8
MOST_NEWS = 12
MOST_RANKED = 6
LIVE_RANGES = ("today", "7d", "28d", "30d", "90d", "month", "quarter", "year", "12m")


@dataclass(frozen=True)
class Figures:
    """The numbers of the page, read once."""

    frame: Frame
    metrics: tuple[Metric, ...]
    page: Page
    usual: dict[str, Usual]

    @property
    def is_today(self) -> bool:
        """Whether the page shows today, which is held against a usual day."""
        return self.frame.period.key == "today"

    @property
    def hours(self) -> float:
        """How much of today has passed on the clock."""
        now = self.frame.period.now.astimezone(self.frame.period.zone)
        return now.hour + now.minute / 60

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show, neither now nor in the comparison."""
        answers = self.page.answers.values()
        return not any(answer.value or answer.previous for answer in answers) and not any(
            any(map(any, past.days)) for past in self.usual.values()
        )


def card_metrics(organization: Any, frame: Frame) -> tuple[Metric, ...]:
    """The metrics of the cards that the person may see, in the order for this kind of business."""
    found = [registry.find(card.metric) for card in home.cards(organization.industry)]
    seen = [metric for metric in found if metric is not None and frame.viewer.may(metric.action)]
    return tuple(seen[:MOST_CARDS])


def figures(organization: Any, frame: Frame) -> Figures | None:
    """Everything the cards, the chart and the sentence need; None when the person may see no figures."""
    metrics = card_metrics(organization, frame)
    if not metrics:
        return None
    page = read.page([metric.key for metric in metrics], frame)
    watched = [metric.key for metric in metrics if metric.unit in {Unit.COUNT, Unit.MONEY}][:WATCHED]
    usual = usual_days(watched, frame) if watched and frame.period.key == "today" else {}
    return Figures(frame, metrics, page, usual)


def headline(found: Figures) -> tuple[str, Tone]:
    """The one thing that matters, and whether it is good."""
    if not found.is_today:
        watched = {metric.key: found.page.answers[metric.key] for metric in chart_metrics(found)}
        return standout.period_sentence(watched, found.frame), Tone.NEUTRAL
    off = standout.differences(found.page.answers, found.usual, found.hours)
    text = standout.sentence(off, found.usual, found.hours, found.frame) if found.usual else ""
    good = standout.is_good(off[0]) if off else None
    return text, Tone.NEUTRAL if good is None else Tone.GOOD if good else Tone.BAD


def topic(frame: Frame) -> str:
    """The live topic of the period shown; empty for one that does not move."""
    period = frame.period
    if period.key not in LIVE_RANGES:
        return ""
    parts = ["home", *([period.key] if period.key != "today" else [])]
    return ".".join(parts + ([period.compare] if period.compare != "previous" else []))


def cards(organization: Any, found: Figures) -> list[dict[str, Any]]:
    """The KPI cards."""
    live = topic(found.frame)
    return [
        present.kpi(
            found.page.answers[metric.key], found.frame, series=found.page.series[metric.key],
            href=drill(organization, metric, found.frame), live=f"{live}:{metric.key}" if live else "",
        )
        for metric in found.metrics
    ]


def drill(organization: Any, metric: Metric, frame: Frame) -> str:
    """The page behind a metric, over the same period."""
    if not metric.drill:
        return ""
    try:
        path = reverse(metric.drill, kwargs={"slug": organization.slug})
    except NoReverseMatch:
        return ""
    return f"{path}?{urlencode(frame.period.query())}"


def chart(organization: Any, found: Figures, wanted: str) -> dict[str, Any]:
    """The chart: today hour by hour against a usual day, or the period against its comparison."""
    query = found.frame.period.query()
    shown = chart_metrics(found)
    metric = next((metric for metric in shown if metric.key == wanted), shown[0])
    series = found.page.series[metric.key]
    past = found.usual.get(metric.key)
    facts: dict[str, Any] = {
        "metric": metric,
        "choices": [
            {"label": item.label, "href": f"?{urlencode({**query, 'show': item.key})}", "active": item is metric}
            for item in shown
        ],
        "csv_href": f"{reverse('metrics:csv', args=[organization.slug, metric.key])}?{urlencode(query)}",
        "insight": "",
        "freshness": present.freshness(found.page.answers[metric.key].until, found.frame),
        "title": metric.label,
        "data": present.chart([series], kind="area", comparison_name=found.frame.period.compare_label),
    }
    if found.is_today:
        facts["title"] = _("%(metric)s today, hour by hour") % {"metric": metric.label}
    if past and past.is_known:
        _hold_against_usual(facts, found, metric, past)
    values = [value for value in (*series.values, *series.comparison) if value]
    facts["state"] = "ok" if values or (past and past.is_known) else "empty"
    return facts


def chart_metrics(found: Figures) -> list[Metric]:
    """What the chart can be switched between."""
    additive = [metric for metric in found.metrics if metric.unit in {Unit.COUNT, Unit.MONEY}]
    return (additive or list(found.metrics))[:WATCHED]


def rankings(organization: Any, frame: Frame) -> list[dict[str, Any]]:
    """What is largest over the period, as share lists; those with nothing in them are left out."""
    found = []
    for ranking in home.rankings():
        metric = registry.find(ranking.metric)
        if metric is None or not frame.viewer.may(metric.action):
            continue
        table = read.breakdown([ranking.metric], frame, by=ranking.by, limit=MOST_RANKED)
        links = ranking.links(organization, frame, [line.value for line in table.lines])
        if table.lines:
            found.append({
                "ranking": ranking, "metric": metric,
                "rows": [
                    row | {"label": ranking.words(row["title"]), "href": link}
                    for row, link in zip(present.share_rows(table), links, strict=True)
                ],
            })
    return found


def _hold_against_usual(facts: dict[str, Any], found: Figures, metric: Metric, past: Usual) -> None:
    weekday = standout.weekday_name(found.frame)
    hours, times = past.hours(), found.page.series[metric.key].times
    facts["data"]["series"][0]["comparison"] = [hours[moment.hour] for moment in times]
    facts["data"]["comparison_times"] = facts["data"]["times"]
    facts["data"]["comparison_name"] = _("A usual %(weekday)s") % {"weekday": weekday}
    usual = sorted(past.so_far(found.hours))[len(past.days) // 2]
    answer = found.page.answers[metric.key]
    facts["insight"] = _("%(value)s so far; a usual %(weekday)s has %(usual)s by now.") % {
        "value": present.short(answer.value, metric, answer.currency),
        "usual": present.short(round(usual, 2), metric, answer.currency),
        "weekday": weekday,
    }


def needs(organization: Any, may: May) -> list[home.Need]:
    """What waits for this person, what is bad first."""
    found = [
        need for finder in home.finders() if may(finder.action) for need in finder.find(organization)
    ]
    return sorted(found, key=lambda need: need.tone is not Tone.BAD)[:MOST_NEEDS]


def feed(organization: Any, may: May) -> list[dict[str, Any]]:
    """The latest events that the person may hear of, in words."""
    known = {name: item for name, item in home.activities().items() if may(item.action)}
    rows: Sequence[OutboxEvent] = OutboxEvent.objects.filter(name__in=known).order_by("-created_at", "-id")[:MOST_NEWS]
    return [told(organization, row, known[row.name]) for row in rows]


def told(organization: Any, row: OutboxEvent, activity: home.Activity) -> dict[str, Any]:
    """An event as the feed shows it."""
    kind = events.catalogue().get(row.name)
    label = kind.event_meta.label if kind else row.name  # type: ignore[attr-defined]
    return {
        "text": activity.words(row.payload) if activity.words else label,
        "meta": "" if activity.words else row.payload.get("name", ""),
        "icon": activity.icon,
        "tone": "" if activity.tone is Tone.NEUTRAL else activity.tone.value,
        "href": activity.href(organization, row.payload) if activity.href else "",
        "at": row.created_at,
    }


def has_started(organization: Any) -> bool:
    """Whether the business has anything that can bring figures."""
    return Site.objects.exists()
