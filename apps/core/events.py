"""Event types and who listens. Plain Python: contracts.py of every app declares its events with `@event`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, get_type_hints

E = TypeVar("E")
Receiver = Callable[[Any], None]

_types: dict[str, type] = {}
_receivers: dict[str, dict[str, Receiver]] = {}


@dataclasses.dataclass(frozen=True)
class EventMeta:
    """What the catalogue knows of an event type: its name, the field events are kept in order by, what it means."""

    name: str
    aggregate: str
    label: Any


def event(name: str, *, aggregate: str, label: Any = "") -> Callable[[type[E]], type[E]]:
    """Declare a frozen dataclass as an event. It must have `organization_id`; values must be JSON-able scalars."""

    def declare(cls: type[E]) -> type[E]:
        if name in _types:
            raise ValueError(f"event {name} is declared twice")
        fields = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        if not {"organization_id", aggregate} <= fields:
            raise ValueError(f"event {name} needs the fields organization_id and {aggregate}")
        cls.event_meta = EventMeta(name, aggregate, label)  # type: ignore[attr-defined]
        _types[name] = cls
        return cls

    return declare


def subscribe(cls: type) -> Callable[[Receiver], Receiver]:
    """Call the function with every committed event of this type, at least once; it must be idempotent."""

    def add(receiver: Receiver) -> Receiver:
        key = f"{receiver.__module__}.{receiver.__qualname__}"
        _receivers.setdefault(cls.event_meta.name, {})[key] = receiver  # type: ignore[attr-defined]
        return receiver

    return add


def receivers_of(name: str) -> dict[str, Receiver]:
    """The receivers of an event type by their dotted path."""
    return _receivers.get(name, {})


def catalogue() -> dict[str, type]:
    """Every declared event type by name."""
    return dict(sorted(_types.items()))


def to_payload(item: Any) -> dict[str, Any]:
    """An event as JSON-able values."""
    return {key: _plain(value) for key, value in dataclasses.asdict(item).items()}


def from_payload(name: str, payload: dict[str, Any]) -> Any:
    """The event again. Fields unknown to today's type are dropped, so old rows survive a changed type."""
    cls = _types[name]
    hints = get_type_hints(cls)
    known = {field.name for field in dataclasses.fields(cls)}
    return cls(**{key: _revived(hints[key], value) for key, value in payload.items() if key in known})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value


def _revived(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    kinds = getattr(hint, "__args__", (hint,))
    if Decimal in kinds:
        return Decimal(value)
    if datetime in kinds:
        return datetime.fromisoformat(value)
    if date in kinds:
        return date.fromisoformat(value)
    return value
