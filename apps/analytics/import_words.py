"""What became of an import's lines, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

LEFT: dict[str, Any] = {
    "robot": _("Robots"), "bot": _("Robots"), "asset": _("Pictures, styles, scripts and other files"),
    "error": _("Pages that failed or were not found"), "redirect": _("Redirects"),
    "method": _("No page was asked for (forms sent, checks)"), "duplicate": _("Already there from an earlier import"),
    "measured": _("From the first day on that this site counts itself"),
    "earlier": _("From before the first day whose visits are kept"),
    "counted": _("Days that have figures already"), "empty": _("Rows that say nothing (not set)"),
    "sum": _("Rows of sums"), "blank": _("Empty lines"),
    "kind": _("Of a kind that is not known"), "spam": _("Referrer spam"),
    "hostname": _("From hosts that are refused"),
}
BROKEN: dict[str, Any] = {
    "shape": _("It does not look like a line of such a file."), "long": _("The line is too long."),
    "address": _("There is no IP address."), "request": _("The request cannot be read."),
    "date": _("The date cannot be read."),
    "date_order": _("It cannot be told which is the day and which the month. Dates such as 2024-05-31 are read."),
    "number": _("A number cannot be read."),
    "cells": _("Cells are missing, or there are too many."), "event": _("The event could not be stored."),
}
COLUMNS: dict[str, Any] = {
    "date": _("The day"), "nth_day": _("The day, counted from the first of the report"),
    "sessions": _("Figure: visits"), "visitors": _("Figure: visitors"), "pageviews": _("Figure: page views"),
    "events": _("Figure: events"), "conversions": _("Figure: conversions"), "orders": _("Figure: orders"),
    "revenue": _("Figure: revenue"), "engaged_sessions": _("Figure: visits with engagement"),
    "each_seconds": _("Figure: seconds of an average visit"), "engaged_s": _("Figure: seconds of attention"),
    "channel": _("Rows by channel"), "source_medium": _("Rows by source / medium"), "source": _("Rows by source"),
    "medium": _("Rows by medium"), "campaign": _("Rows by campaign"), "page": _("Rows by page"),
    "entry_page": _("Rows by entry page"), "country": _("Rows by country"), "city": _("Rows by city"),
    "device": _("Rows by device"), "browser": _("Rows by browser"), "os": _("Rows by operating system"),
    "event": _("Rows by event"),
    "ignore": _("Another figure: leave this column out"),
    "split": _("Rows by something else: leave this table out"),
}
REFUSED: dict[str, Any] = {
    "packing": _("Files are read as they are, or packed with gzip or zip. Unpack this one, or pack it anew."),
    "workbook": _("This is a workbook of a spreadsheet. Save its table as CSV, or take the CSV that was downloaded."),
    "bomb": _("This file unpacks to far more than such a file can hold, so it was not unpacked."),
    "damaged": _("This file is damaged or incomplete. Please download it once more."),
    "locked": _("This zip has a password. Please pack it without one."),
    "encoding": _("The letters of this file cannot be read. Save it as UTF-8."),
    "columns": _("The columns of such an export are not in this file."),
    "plausible": _("This is no export of Plausible: its files are called imported_….csv, packed in one zip."),
    "ga4": _(
        "There is no table by date in this file. In Google Analytics, add the date as a column, then download it."
    ),
    "no_totals": _("The table by date alone is missing: it holds the totals. Put it into one zip with the others."),
    "twice": _("The same days are in two tables of this file. Leave one of them out."),
    "unsorted": _("This file is too long to be put in order of time here. Sort it by created_at first."),
    "no_figures": _("Google Analytics has no figures of these days."),
    "expired": _("It was not started for 30 days, so its file was deleted. Upload it again."),
    "nothing": _("Nothing in this file can be taken. Is it the right kind?"),
}


def failure(error: str) -> Any:
    """Why an import was refused or failed."""
    kind, _colon, key = error.partition(":")
    if kind == "refused":
        return REFUSED.get(key, error)
    return _("It broke off. What was taken in stays; go on, or take it back.")


def left_out(left: dict[str, int]) -> list[dict[str, Any]]:
    """Reasons with their counts, the largest first; the two lists of robots count as one."""
    sums: dict[str, int] = {}
    for key, count in left.items():
        words = str(LEFT.get(key, key))
        sums[words] = sums.get(words, 0) + count
    return [{"words": words, "count": count} for words, count in sorted(sums.items(), key=lambda row: -row[1])]


_TABLES: dict[str, Any] = {
    "": _("totals"), "sessionDefaultChannelGroup": _("channels"), "sessionSource": _("sources"),
    "sessionMedium": _("media"), "sessionCampaignName": _("campaigns"), "landingPage": _("entry pages"),
    "pagePath": _("pages"), "countryId": _("countries"), "city": _("cities"), "deviceCategory": _("devices"),
    "browser": _("browsers"), "operatingSystem": _("operating systems"), "eventName": _("events"),
}
_NOTES: dict[str, Any] = {
    "other": _("Google keeps the most frequent values only and adds the others up as “(other)” in: %(tables)s."),
    "threshold": _(
        "Google leaves out rows of very few people, so that these add up to less than the totals: %(tables)s."
    ),
    "sampled": _("Google estimated these from a part of what it had counted: %(tables)s."),
}


def notes(source: dict[str, Any], zone: str, currency: str) -> list[str]:
    """What has to be known of figures that were fetched, as the other side told it."""
    found = [
        str(words) % {"tables": ", ".join(str(_TABLES.get(name, name)) for name in source[key])}
        for key, words in _NOTES.items() if source.get(key)
    ]
    if source.get("zone") and source["zone"] != zone:
        found.append(_t("Google counted days by the time of %(zone)s. They stand here as your days.") % source)
    if source.get("currency") and source["currency"] != currency:
        words = _t("Google told revenue in %(theirs)s and not in %(ours)s, so it was left out.")
        found.append(words % {"theirs": source["currency"], "ours": currency})
    return found
