"""The data behind a chart, as CSV to take away and as JSON for the page."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import View

from apps.accounts.access import require
from apps.metrics import frame as frames
from apps.metrics import present, ranges, read, registry
from apps.metrics.answers import Series
from apps.metrics.filtering import BadFilter, parse_filters, parse_subjects
from apps.metrics.frame import Frame
from apps.metrics.registry import Metric

MOST_ROWS = 10_000


class MetricView(View):
    """One metric over the period and filters of the address; `by=<dimension>` gives its breakdown instead.

    Beside the metric's own right, which `read` asks for, the right to see figures at all is needed.
    """

    action = "metrics.view"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """404 for a metric nobody declared, 400 for a period or filter that cannot be read."""
        require(request.user, self.action, membership=request.membership)  # type: ignore[attr-defined]
        metric = registry.find(kwargs["key"])
        if metric is None:
            raise Http404
        self.metric: Metric = metric
        try:
            self.frame = self._frame(request)
        except (ranges.BadRange, BadFilter) as error:
            raise BadRequest(str(error)) from error
        self.by = request.GET.get("by", "")
        if self.by and self.by not in metric.by:
            raise BadRequest(self.by[:40])
        return super().dispatch(request, *args, **kwargs)

    def _frame(self, request: Any) -> Frame:
        period = ranges.parse(request.GET, request.organization.tz)
        return frames.of_request(
            request, period, subjects=parse_subjects(request.GET.getlist("subject")),
            filters=parse_filters(request.GET.getlist("f"), self.metric.by),
        )

    @property
    def name(self) -> str:
        """What the file is called."""
        period = self.frame.period
        return f"{self.metric.key.replace('.', '-')}_{period.start}_{period.end}"


class MetricCsv(MetricView):
    """`/o/<slug>/metrics/<key>.csv`"""

    def get(self, request: HttpRequest, slug: str, key: str) -> HttpResponse:
        """Plain numbers, times on the organization's clock."""
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.name}.csv"'
        response.write("\ufeff")  # spreadsheets read UTF-8 only with it
        writer = csv.writer(response)
        for row in self._table() if self.by else _rows(read.series(key, self.frame)):
            writer.writerow([_safe(cell) for cell in row])
        return response

    def _table(self) -> list[list[Any]]:
        found = read.breakdown([self.metric.key], self.frame, by=self.by, limit=MOST_ROWS)
        head = [self.by, str(self.metric.label)]
        return [head, *([line.value, line.values[self.metric.key]] for line in found.lines)]


class MetricJson(MetricView):
    """`/o/<slug>/metrics/<key>.json`"""

    def get(self, request: HttpRequest, slug: str, key: str) -> JsonResponse:
        """The chart's data as `<c-chart>` takes it."""
        if not self.by:
            name = self.frame.period.compare_label
            return JsonResponse(present.chart([read.series(key, self.frame)], comparison_name=name))
        found = read.breakdown([key], self.frame, by=self.by, limit=100)
        numbers = present.numbers([line.values[key] for line in found.lines])
        return JsonResponse({
            "kind": "bar", "horizontal": True, "unit": self.metric.unit.value, "currency": found.currency,
            "categories": [line.value for line in found.lines],
            "series": [{"name": str(self.metric.label), "key": key, "values": numbers}],
        })


def _rows(series: Series) -> list[list[Any]]:
    compared = bool(series.comparison)
    head = [series.grain.value, str(series.metric.label)] + (["compared_with", "before"] if compared else [])
    rows: list[list[Any]] = [head]
    for index, (moment, value) in enumerate(zip(series.times, series.values, strict=True)):
        row = [present.local_text(moment, series.grain), value]
        if compared and index < len(series.comparison):
            row += [present.local_text(series.comparison_times[index], series.grain), series.comparison[index]]
        rows.append(row)
    return rows


def _safe(cell: Any) -> Any:
    """Amounts without trailing zeros; text that a spreadsheet would run as a formula made harmless."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell
