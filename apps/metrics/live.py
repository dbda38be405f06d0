"""Live numbers: what changed is marked in Redis, and each page follows topics that a feature declares here.

`mark_dirty` is all that a writer has to do. It raises the version of an organization's source; the version is part
of the key that answers are cached under, and the ticker (`apps.metrics.ticker`) sends fresh answers to open pages
when it sees it move.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections

from apps.core import cache as store

_KEEP_SECONDS = 7 * 24 * 3600
ACTIVITY = "activity"  # the source that moves with every event of the outbox


def mark_dirty(org_ids: Iterable[int], source_key: str) -> None:
    """Answers of this source may have changed for these organizations. One round trip; never raises."""
    wanted = set(org_ids)

    def raise_versions(client: Any) -> None:
        with client.pipeline(transaction=False) as pipe:
            for org_id in wanted:
                name = versions_key(org_id)
                pipe.hincrby(name, source_key, 1)
                pipe.expire(name, _KEEP_SECONDS)
                pipe.publish(news_channel(), f"{org_id}:{source_key}")
            pipe.execute()

    if wanted:
        store.ask(raise_versions, None)


def version(org_ids: Sequence[int], source_key: str) -> str:
    """A mark that moves with every `mark_dirty`; empty while Redis is gone."""

    def read(client: Any) -> list[bytes | None]:
        with client.pipeline(transaction=False) as pipe:
            for org_id in org_ids:
                pipe.hget(versions_key(org_id), source_key)
            return pipe.execute()

    return ".".join((value or b"0").decode() for value in store.ask(read, []))


def versions_key(org_id: int) -> str:
    """Where the versions of an organization's sources stand: a hash by source."""
    return f"{namespace()}:versions:{org_id}"


def news_channel() -> str:
    """Where `mark_dirty` tells tickers "organization:source"."""
    return f"{namespace()}:news"


def namespace() -> str:
    """Keeps installations and test runs apart that share one Redis, whose channels know no database numbers."""
    facts = connections["default"].settings_dict
    name = f"{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
    return f"live-{hashlib.blake2b(name.encode(), digest_size=5).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Topic:
    """Something a page can follow.

    `metrics(organization, subject)` lists the keys that are sent, `sparks` those of them that come with the last
    half hour by the minute. `signals` are sources whose change is only told: the page then asks for what it shows.
    `subject(subject id)` gives the object that `action` is checked on, None when there is no such; `period` is the
    range followed when a page names none.
    """

    key: str
    metrics: Callable[[Any, int], Sequence[str]]
    action: str
    subject: Callable[[int], Any] | None = None
    sparks: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    period: str = "today"


_topics: dict[str, Topic] = {}


def register_topic(
    key: str, *, metrics: Callable[[Any, int], Sequence[str]], action: str, **more: Any
) -> Topic:
    """Declare a topic; `more` are the other fields of Topic. Pages follow it as `key`, `key.<subject>`, `key.28d`,
    `key.<subject>.28d.year`: subject, range and comparison, each where it differs from the topic's own."""
    if not key.isalpha() or key in _topics:
        raise ValueError(f"{key!r} is no word, or a topic already")
    _topics[key] = Topic(key, metrics, action, **more)
    return _topics[key]


def find_topic(key: str) -> Topic | None:
    """A topic by a key that comes from outside."""
    return _topics.get(key)
