"""Umami's export: one row for each event, with what was found out about the visitor."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from apps.analytics.history import days
from apps.analytics.history.files import Upload
from apps.analytics.history.outcomes import Broken, Parsed, Refused, Seen
from apps.analytics.history.values import moment_ms

NEEDED = ("session_id", "url_path", "created_at")
MOST_UNSORTED = 2_000_000
_VIEW, _CUSTOM = "1", "2"
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def parsed(upload: Upload, host: str, *, ordered: bool) -> Iterator[tuple[str, Parsed | Broken]]:
    """Every event; `ordered` tells that the file is in order of time, else it is brought into it. Raises Refused."""
    found = False
    for member in upload.members():
        if upload.is_zip and not member.lower().endswith(".csv"):
            continue
        rows = upload.table(member)
        head = [name.strip().lower() for name in next(rows, [])]
        if any(name not in head for name in NEEDED) or "data_key" in head:  # properties of events, one a row
            continue
        found = True
        for cells in rows if ordered else _sorted(rows, head.index("created_at")):
            yield "website_event", _safe(head, cells, host)
    if not found:
        raise Refused("columns")


def _sorted(rows: Iterator[list[str]], column: int) -> list[list[str]]:
    held = []
    for cells in rows:
        held.append(cells)
        if len(held) > MOST_UNSORTED:
            raise Refused("unsorted")
    return sorted(held, key=lambda cells: cells[column] if len(cells) > column else "")


def _safe(head: list[str], cells: list[str], host: str) -> Parsed | Broken:
    if len(cells) != len(head):
        return Broken("cells")
    try:
        return _event(dict(zip(head, ("" if cell == "\\N" else cell for cell in cells), strict=True)), host)
    except Broken as broken:
        return broken


def _event(cells: dict[str, str], host: str) -> Seen | str:
    get, kind = cells.get, cells.get("event_type") or (_CUSTOM if cells.get("event_name") else _VIEW)
    if kind not in {_VIEW, _CUSTOM}:
        return "kind"
    name = "pageview" if kind == _VIEW else (get("event_name") or "").strip()
    session = cells["session_id"].strip()
    if not name or not session:
        raise Broken("cells")
    event = {
        "name": name, "url": _address(cells, host), "vid": session, "title": get("page_title") or "",
        "id": get("event_id") or blake2b("\0".join(cells.values()).encode(), digest_size=12).hexdigest(),
    }
    if from_host := (get("referrer_domain") or "").strip():
        event["ref"] = f"https://{from_host}{get('referrer_path') or ''}"
    tech = (days.device(get("device") or ""), days.browser(get("browser") or ""), days.system(get("os") or ""),
            (get("screen") or "").replace("x", "×")[:12], (get("language") or "").split("-")[0].lower()[:3])
    place = (days.country(get("country") or ""), "", (get("city") or "")[:100])
    return Seen(moment_ms(cells["created_at"]), event, server=True, place=place, tech=tech)


def _address(cells: dict[str, str], host: str) -> str:
    path, query = cells["url_path"] or "/", (cells.get("url_query") or "").lstrip("?")
    if "utm_" not in query:
        told = "&".join(f"{name}={cells[name]}" for name in _UTM if cells.get(name))
        query = "&".join(part for part in (query, told) if part)
    where = f"https://{(cells.get('hostname') or host).strip()}{path if path.startswith('/') else '/' + path}"
    return f"{where}?{query}" if query else where
