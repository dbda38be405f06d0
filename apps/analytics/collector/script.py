"""The tracker script of a site: the built core with the site's settings written into it, compressed once."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

import brotli
import orjson

from apps.analytics.collector.directory import KnownSite
from apps.analytics.enums import ConsentMode

PLACE = b"__MAINSTAY_CONFIG__"
MOST_SCRIPTS = 1_000


@dataclass(frozen=True, slots=True)
class Script:
    """A script ready to be sent: plain and compressed bodies by encoding, and its mark."""

    etag: bytes
    bodies: dict[bytes, bytes]


class Scripts:
    """Scripts by site and version of its settings."""

    def __init__(self, core: Path, endpoint: str) -> None:
        self._core = core
        self._endpoint = endpoint
        self._made: dict[tuple[str, str, float], Script] = {}

    async def of(self, site: KnownSite) -> Script | None:
        """The script of a site; None when the tracker has not been built."""
        try:
            changed = self._core.stat().st_mtime
        except OSError:
            return None
        key = (site.script_id, site.version, changed)
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST_SCRIPTS:
                self._made.clear()
            found = self._made[key] = await asyncio.to_thread(self._make, site)
        return found

    def _make(self, site: KnownSite) -> Script:
        plain = self._core.read_bytes().replace(PLACE, orjson.dumps(self.settings_of(site)))
        import gzip  # noqa: PLC0415 -- only here

        bodies = {b"": plain, b"br": brotli.compress(plain, mode=brotli.MODE_TEXT), b"gzip": gzip.compress(plain, 9)}
        return Script(b'"%s"' % hashlib.blake2b(plain, digest_size=12).hexdigest().encode(), bodies)

    def settings_of(self, site: KnownSite) -> dict[str, object]:
        """What the tracker is told, as its contract names it."""
        options = site.options
        return {
            "site": site.script_id, "endpoint": self._endpoint, "spa": options.spa, "hash": options.hash,
            "outbound": options.outbound, "downloads": options.downloads, "forms": options.forms,
            "notFound": options.not_found, "scroll": options.scroll, "vitals": options.vitals, "gpc": options.gpc,
            "consent": options.consent == ConsentMode.LOADED_AFTER_CONSENT, "domains": list(site.domains),
            "test": options.test,
        }


def best_encoding(accepted: bytes) -> bytes:
    """The encoding to answer with, from the Accept-Encoding header."""
    offered = set()
    for part in accepted.lower().split(b","):
        name, _, quality = part.replace(b" ", b"").partition(b";q=")
        if quality.strip(b"0.") or not quality:
            offered.add(name)
    return b"br" if b"br" in offered else b"gzip" if b"gzip" in offered else b""
