"""Access logs of web servers in the common and the combined format, with or without the name of the host in front.

A line becomes a page view when a person's browser asked for a page and got it. Everything else is left out under a
name: robots by the lists the tracker uses, files that pages load, what failed or led elsewhere, other methods.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address

from apps.analytics.enrichment.agents import agent_of
from apps.analytics.history.files import LONGEST_LINE, Upload
from apps.analytics.history.outcomes import Broken, Seen

_LINE = re.compile(
    rb'(?:([^\s"]+) )?(\S+) \S+ [^\[]*?\[([^\]]{20,30})\] "([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}) (?:\d+|-)'
    rb'(?: "([^"\\]*(?:\\.[^"\\]*)*)" "([^"\\]*(?:\\.[^"\\]*)*)")?'
)
_REQUEST = re.compile(r"([A-Z]+) (\S+)(?: HTTP/[\d.]+)?")
_MONTHS = {name: number for number, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)}
PAGES = frozenset({"html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "cfm", "cgi", "pl", "do"})
_MACHINES = ("/wp-json", "/wp-admin", "/wp-cron.php", "/wp-login.php", "/xmlrpc.php", "/.well-known/", "/api/",
             "/graphql", "/feed", "/cgi-bin/", "/server-status", "/cdn-cgi/")
_TAKEN = frozenset({"200", "203", "206", "304"})
NAMES = ("host", "address", "time", "request", "status", "referrer", "agent")


def read(line: bytes, host: str) -> Seen | str:
    """One line; `host` is the site's, for lines that do not name theirs. A text says why it is left out; raises
    Broken."""
    vhost, address, stamp, request, status, referrer, agent = _parts(line)
    asked = _REQUEST.fullmatch(request)
    if asked is None:
        return "method" if status >= "400" else _broken("request")
    if asked[1] != "GET":
        return "method"
    if status not in _TAKEN:
        return "redirect" if status[0] == "3" else "error"
    url = asked[2]
    if not is_page(url):
        return "asset"
    if agent is not None and agent_of(agent).bot:
        return "robot"
    at = moment(stamp[:-9], stamp[-6:]) + _second(stamp[-8:-6]) * 1000
    where = url if "://" in url[:8] else f"https://{vhost or host}{url}"
    event = {"name": "pageview", "url": where, "id": blake2b(line.rstrip(), digest_size=12).hexdigest()}
    if referrer and referrer != "-":
        event["ref"] = referrer
    return Seen(at, event, address, agent or "", server=agent is None)


def _broken(reason: str) -> str:
    raise Broken(reason)


def _parts(line: bytes) -> tuple[str, str, str, str, str, str | None, str | None]:
    found = _LINE.match(line)
    if found is None or len(line) >= LONGEST_LINE:
        raise Broken("long" if len(line) >= LONGEST_LINE else "shape")
    first, address, *rest = [None if part is None else part.decode("utf-8", "replace") for part in found.groups()]
    vhost = ""
    if first is not None and first.endswith(","):  # as proxies hand it on: the visitor's first
        address = first[:-1]
    elif first is not None and address is not None and is_address(address):
        vhost = first.rpartition(":")[0] or first
    elif first is not None and is_address(first):
        address = first
    if address is None or not is_address(address):
        raise Broken("address")
    agent = rest[4]
    return vhost, address, rest[0] or "", rest[1] or "", rest[2] or "", rest[3], "" if agent == "-" else agent


@lru_cache(maxsize=50_000)
def is_address(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=50_000)
def is_page(url: str) -> bool:
    """Whether a person would call it a page: no picture, style, script or data, and nothing that machines ask for."""
    path = url.partition("?")[0].partition("#")[0].lower()
    if path.startswith(_MACHINES) or path.endswith("/feed/"):
        return False
    name = path.rpartition("/")[2]
    ending = name.rpartition(".")[2] if "." in name else ""
    return not ending or ending in PAGES or not (ending.isalnum() and len(ending) <= 11 and not ending.isdigit())


def _second(text: str) -> int:
    if not text.isdigit():
        raise Broken("date")
    return min(int(text), 59)


@lru_cache(maxsize=5_000)
def moment(minute: str, zone: str) -> int:
    """The beginning of a minute, `10/Oct/2024:13:55`, in a zone such as ` +0200`, in milliseconds. Raises Broken."""
    try:
        day, month, rest = minute.split("/")
        year, hour, number = rest.split(":")
        shift = timedelta(hours=int(zone[-5:-2]), minutes=int(zone[-5] + zone[-2:]))
        if not 1995 <= int(year) <= datetime.now(UTC).year + 1:
            raise Broken("date")
        local = datetime(int(year), _MONTHS[month], int(day), int(hour), int(number), tzinfo=UTC)
    except (ValueError, KeyError, IndexError) as error:
        raise Broken("date") from error
    return int((local - shift).timestamp() * 1000)


def lines(upload: Upload) -> Iterator[bytes]:
    """Every line of every log in the file, the logs in order of their first line that can be read."""
    members = upload.members()
    if len(members) > 1:
        members.sort(key=lambda name: (_first(upload, name), name))
    for name in members:
        yield from upload.lines(name)


def _first(upload: Upload, name: str) -> int:
    for number, line in enumerate(upload.lines(name)):
        try:
            stamp = _parts(line)[2]
            return moment(stamp[:-9], stamp[-6:])
        except Broken:
            if number > 200:
                break
    return 0
