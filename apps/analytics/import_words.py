"""What became of an import's lines, in words."""

from __future__ import annotations

from typing import Any

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
        "There is no table by date in this file. In Google Analytics, set the language to English and add Date as a "
        "column, then download it."
    ),
    "no_totals": _("The table by date alone is missing: it holds the totals. Put it into one zip with the others."),
    "twice": _("The same days are in two tables of this file. Leave one of them out."),
    "unsorted": _("This file is too long to be put in order of time here. Sort it by created_at first."),
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
