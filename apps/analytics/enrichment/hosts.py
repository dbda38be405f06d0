"""Hosts as people read them, and hosts made to be mistaken for others."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from apps.analytics.enrichment.addresses import root_of

# Letters of other alphabets that look like Latin ones.
_ALIKE = str.maketrans("аеорсухіјѕԁԛԝһӏνοαρτκιυｗ01", "aeopcyxijsdqwhlvoaptkiuwol")
_ENDINGS = frozenset({
    "com", "net", "org", "info", "biz", "io", "co", "app", "dev", "shop", "eu", "de", "at", "ch", "uk", "fr", "es",
    "it", "nl", "be", "pl", "se", "no", "dk", "fi", "us", "ca", "au", "jp", "cn", "in", "br", "ru", "me", "tv",
})
_SHORTEST = 5


@lru_cache(maxsize=10_000)
def readable(host: str) -> str:
    """A host in its own letters: xn--bcher-kva.example is bücher.example. One that cannot be decoded stays."""
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def imitated(host: str, own: Iterable[str]) -> str:
    """Whose name a host seems to borrow: a domain that stands in front of its real one (google.com.evil.example), or
    one of the site's own, one letter or one alphabet away. Empty for an ordinary host."""
    root = root_of(host)
    front = host[: -len(root)].strip(".").split(".") if host.endswith(root) else []
    if len(front) > 1 and front[-1] in _ENDINGS:
        return ".".join(front[-2:])
    label = _skeleton(readable(root).partition(".")[0])
    for other in {root_of(name) for name in own}:
        if root == other:
            continue
        theirs = _skeleton(readable(other).partition(".")[0])
        if label == theirs and readable(root) != root:
            return other
        if len(theirs) >= _SHORTEST and label != theirs and _one_apart(label, theirs):
            return other
    return ""


def _skeleton(label: str) -> str:
    """Letters without what hangs on them, alphabets that look alike as one."""
    plain = unicodedata.normalize("NFKD", label.lower()).translate(_ALIKE)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter was changed, added, left out, or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]
