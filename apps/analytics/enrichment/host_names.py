"""What the name of an address gives away. Whoever owns an address may write any name beside it, so a name counts only
when it leads back to the address (the caller has checked that), and only its registrable domain is believed.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import cache
from typing import Any

# Names that providers make by machine: of the address itself, or of the kind of line.
_LINES = re.compile(
    r"(?:^|[.\-_\d])(?:dyn(?:amic)?|dyn-?ip|dhcp|pools?|dsl|[avx]dsl|ppp(?:oe)?|dial(?:in|up)?|cable|catv|docsis|broadband"
    r"|bb|fttx|ftth|fib(?:er|re)|cust(?:omers?)?|clients?|cpe|res(?:idential)?|user|subs?|mobile|wireless|wlan|lte|[345]g"
    r"|nat|cgn(?:at)?|static|unused|unassigned|reverse|rev|ip|host|hsi\d*|adsl\d*|dip\d*)(?=[.\-_\d])",
)
_HOSTED = re.compile(
    r"(?:^|[.\-_\d])(?:ec2|compute|vps|vm|cloud|server|srv|hosting|dedicated|colo|node|vpn|proxy|exit|tor)(?=[.\-_\d])"
)
_HOST = re.compile(r"^(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$")
_FILLERS = frozenset({
    "gmbh", "ag", "se", "kg", "co", "ohg", "mbh", "inc", "llc", "ltd", "limited", "plc", "corp", "corporation",
    "company", "group", "holding", "holdings", "bv", "nv", "sa", "sas", "sarl", "srl", "spa", "oy", "oyj", "ab", "as",
    "asa", "the", "of", "and", "de", "la", "international", "technologies", "services", "solutions", "europe",
    "global", "deutschland",
})


def company_domain(name: str, ip: str) -> str:
    """The registrable domain of a checked name, when it looks like a business's own and not like a line of its
    provider; empty otherwise."""
    host = name.strip().rstrip(".").lower()
    if not _HOST.match(host) or _holds_address(host, ip) or _LINES.search(host) or _HOSTED.search(host):
        return ""
    return _suffixes().privatesuffix(host) or ""


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 -- slow import

    return PublicSuffixList()


def is_look_alike(domain: str) -> bool:
    """Whether a domain is written in letters that can be mistaken for others: shown as it is, never believed fully."""
    return any(part.startswith("xn--") for part in domain.split("."))


def matches_name(domain: str, name: str) -> bool:
    """Whether a domain is plainly that of an organization: its first label is a word of the name, or all its words."""
    label = domain.split(".")[0].replace("-", "")
    words = [word for word in re.split(r"[^a-z0-9]+", _plain(name)) if word and word not in _FILLERS]
    if len(label) < 3 or not words:
        return False
    initials = "".join(word[0] for word in words)
    return label in words or label == "".join(words) or "".join(words[:2]) == label or (
        len(label) >= 3 and label == initials and len(words) >= 3
    )


def _holds_address(host: str, ip: str) -> bool:
    """Whether the address stands in the name: at least two of its numbers, in decimal or as hexadecimal digits."""
    address = ipaddress.ip_address(ip)
    if address.version == 6:
        groups = {part.lstrip("0") for part in address.exploded.split(":")} - {""}
        return sum(len(part) > 2 and part in host for part in groups) >= 2
    octets = ip.split(".")
    hexadecimal = "".join(f"{int(octet):02x}" for octet in octets)
    numbers = re.findall(r"\d+", host)
    return hexadecimal in host.replace("-", "") or sum(
        octet in [number.lstrip("0") or "0" for number in numbers] for octet in set(octets)
    ) >= 2 or "".join(octet.zfill(3) for octet in octets) in host


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in text if not unicodedata.combining(sign))
