"""The secrets of the days. A visitor without a cookie is a keyed hash of the day; when the key is gone, so is the link.

Salts of today and its neighbours are shared through the database, so that a restart does not split visitors. Those of
other days (history that is loaded with the clock set back) live in this process only.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any

KEEP_DAYS = 2


class Salts:
    """Salts by the ordinal of their local day."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._known: dict[int, bytes] = {}
        self._lent = b""

    def lend(self, secret: bytes) -> bool:
        """Make the salts of days that are long gone from this secret until another is lent, so that an import that is
        interrupted goes on with the same; returns whether the secret is another one than before."""
        if secret == self._lent:
            return False
        self._lent = secret
        self._known.clear()
        return True

    def of(self, ordinal: int) -> bytes:
        """The salt of a day."""
        found = self._known.get(ordinal)
        if found is None:
            found = self._known[ordinal] = self._stored(ordinal)
        return found

    def _stored(self, ordinal: int) -> bytes:
        fresh = secrets.token_bytes(16)
        if abs(datetime.now(UTC).date().toordinal() - ordinal) > KEEP_DAYS:
            return blake2b(str(ordinal).encode(), key=self._lent, digest_size=16).digest() if self._lent else fresh
        day = date.fromordinal(ordinal)
        self._connection.execute(
            "INSERT INTO analytics_dailysalt (day, salt) VALUES (%s, %s) ON CONFLICT DO NOTHING", [day, fresh]
        )
        row = self._connection.execute("SELECT salt FROM analytics_dailysalt WHERE day = %s", [day]).fetchone()
        return bytes(row[0])

    def forget(self) -> None:
        """Drop what is older than two days, here and in the database."""
        oldest = datetime.now(UTC).date().toordinal() - KEEP_DAYS
        self._known = {ordinal: salt for ordinal, salt in self._known.items() if ordinal >= oldest}
        self._connection.execute("DELETE FROM analytics_dailysalt WHERE day < %s", [date.fromordinal(oldest)])

    def reset(self) -> None:
        """Read again what is stored: what was made in a transaction that rolled back is not."""
        today = datetime.now(UTC).date().toordinal()
        self._known = {o: s for o, s in self._known.items() if abs(today - o) > KEEP_DAYS}
