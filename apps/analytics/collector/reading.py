"""From a request's body to rows of the inbox: parse, check each event, keep the good ones."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from apps.analytics.collector.directory import Directory, KnownSite
from apps.analytics.collector.validation import MOST_EVENTS, Fault, common_fault, fault_of

_NO_SITE = ("site", "site must be the script id of a site that takes events")
_FOREIGN = ("site", "this API key belongs to another organization than the site")
_SERVER_ONLY = ("server_only", "ip and ua may be set only with an API key")
# Every escape of a text in turn: a pair of surrogates, one alone, any other.
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)


class Refused(Exception):
    """The request as a whole cannot be taken."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason


@dataclass(slots=True)
class Reading:
    """What a body holds: per site how many events and the body to store, and what was rejected."""

    accepted: list[tuple[KnownSite, int, bytes]] = field(default_factory=list)
    rejected: list[tuple[int, Fault]] = field(default_factory=list)
    by_site: dict[int, Counter[str]] = field(default_factory=dict)
    unknown_only: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is one good event and nothing else."""
        return not self.rejected and len(self.accepted) == 1 and self.accepted[0][1] == 1

    @property
    def events(self) -> int:
        """How many events are good."""
        return sum(number for _site, number, _body in self.accepted)

    def answer(self) -> bytes:
        """The body of the answer."""
        return orjson.dumps({
            "accepted": self.events,
            "rejected": [{"index": index, "code": code, "reason": reason} for index, (code, reason) in self.rejected],
        })


def read(raw: bytes, directory: Directory, organization_id: int | None) -> Reading:
    """Read a body. `organization_id` is that of the API key the request came with, if any. Raises Refused."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raw, body = _with_whole_letters(raw, error)
    if type(body) is dict and "events" not in body:
        return _single(raw, body, directory, organization_id)
    return _several(raw, body, directory, organization_id)


def _with_whole_letters(raw: bytes, error: orjson.JSONDecodeError) -> tuple[bytes, Any]:
    """The body with a mark in place of every half of a letter, as browsers send it of a text that was cut in the middle
    of an emoji. Raises Refused when that is not what is wrong with it."""
    mended = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], raw)
    try:
        return mended, orjson.loads(mended)
    except orjson.JSONDecodeError:
        raise Refused(400, "malformed", f"the body is not valid JSON in UTF-8: {error}") from error


def _single(raw: bytes, event: dict[str, Any], directory: Directory, organization_id: int | None) -> Reading:
    script_id = event.get("site")
    site = directory.site(script_id) if type(script_id) is str else None
    fault = _fault(event, site, organization_id)
    if fault is None:
        return Reading([(site, 1, raw)])  # type: ignore[list-item]
    reading = Reading()
    _reject(reading, 0, fault, site)
    reading.unknown_only = fault is _NO_SITE
    return reading


def _several(raw: bytes, body: Any, directory: Directory, organization_id: int | None) -> Reading:
    common, events = ({}, body) if type(body) is list else (body, body["events"] if type(body) is dict else None)
    if type(events) is not list:
        raise Refused(400, "malformed", "the body must be an event, a list of events, or an object with events")
    if len(events) > MOST_EVENTS:
        raise Refused(413, "too_many", f"at most {MOST_EVENTS} events fit into one request")
    if not events:
        raise Refused(400, "empty", "there is no event in the request")
    if (fault := common_fault(common)) is not None:
        raise Refused(400, *fault)
    reading, groups, shared = Reading(), {}, common.get("site")
    for index, event in enumerate(events):
        script_id = event.get("site", shared) if type(event) is dict else shared
        site = directory.site(script_id) if type(script_id) is str else None
        fault = _fault(event, site, organization_id)
        if fault is None:
            group = groups.get(script_id)
            if group is None:
                group = groups[script_id] = (site, [])
            group[1].append(event)
        else:
            _reject(reading, index, fault, site)
    whole = len(groups) == 1 and not reading.rejected
    rest = None if whole else {key: value for key, value in common.items() if key != "events"}
    for site, good in groups.values():
        reading.accepted.append((site, len(good), raw if whole else _written({**rest, "events": good})))
    reading.unknown_only = not groups and all(fault is _NO_SITE for _index, fault in reading.rejected)
    return reading


def _written(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:  # more floors than can be written, though they could be read
        raise Refused(400, "malformed", "a field that is not known is nested too deeply") from error


def _fault(event: Any, site: KnownSite | None, organization_id: int | None) -> Fault | None:
    if site is None:
        return fault_of(event) if type(event) is not dict else _NO_SITE
    fault = fault_of(event)
    if fault is not None:
        return fault
    if organization_id is None:
        return _SERVER_ONLY if "ip" in event or "ua" in event else None
    return None if site.organization_id == organization_id else _FOREIGN


def _reject(reading: Reading, index: int, fault: Fault, site: KnownSite | None) -> None:
    reading.rejected.append((index, fault))
    if site is not None:
        reading.by_site.setdefault(site.id, Counter())[fault[0]] += 1
