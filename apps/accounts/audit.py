"""`audit(actor, action, obj)`: one line of the audit log, written in the transaction that does the thing.

From where it was done is read from the request being served (`acting`), so that services need not carry it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.functional import Promise

from apps.accounts.models import ApiKey, AuditEntry, Membership, Organization
from apps.core.client_ip import client_ip
from apps.core.events import subscribe
from apps.core.tenancy import current_org_id, every_tenant, tenant

MASK = "•••"
_SECRET = re.compile(r"secret|password|token|credential|private|nonce|authorization|api_?key|hash", re.IGNORECASE)
_request: ContextVar[HttpRequest | None] = ContextVar("mainstay_request", default=None)
_labels: dict[str, str | Promise] = {}


def register_audit_actions(labels: Mapping[str, str | Promise]) -> None:
    """Say in words what actions are called in the log; each app declares its own beside its services."""
    for action, label in labels.items():
        if action in _labels:
            raise ValueError(f"audit action {action} is declared twice")
        _labels[action] = label


def audit_actions() -> dict[str, str | Promise]:
    """Every declared action with its words, for the filter of the log."""
    return dict(sorted(_labels.items()))


@contextmanager
def acting(request: HttpRequest | None) -> Iterator[None]:
    """While a request is served, audit entries know its address, device and id."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def audit(
    actor: Any,
    action: str,
    obj: Any = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
) -> AuditEntry:
    """Write who did what to what into the log of the organization in scope. Only what changed is kept.

    `actor` is a person, an API key, or None for the system. Values of secret names are masked, never stored.
    """
    old, new = _difference(dict(before or {}), dict(after or {}))
    entry = AuditEntry(
        organization_id=current_org_id(),
        action=action,
        **_who(actor),
        object_kind=obj._meta.model_name if isinstance(obj, models.Model) else "",
        object_id=str(obj.pk or "") if isinstance(obj, models.Model) else "",
        object_name=_name(obj)[:200],
        before=old,
        after=new,
        **_where(request or _request.get()),
    )
    entry.save()
    return entry


def audit_person(user: Any, action: str, obj: Any = None, **details: Any) -> None:
    """Write something a person did to their own account into the log of every organization they belong to."""
    with every_tenant():
        ids = list(Membership.objects.filter(user=user, is_active=True).values_list("organization_id", flat=True))
    for organization_id in ids:
        with tenant(organization_id):
            audit(user, action, obj, **details)


def audit_event(event_type: type, *, action: str, label: str | Promise) -> None:
    """Let committed events of a type be written into the log as well; their scalar fields become the details.

    For features whose services do not audit themselves. An `actor_id` field, when there is one, names the person.
    """
    register_audit_actions({action: label})
    subscribe(event_type)(_writer(action))


def _writer(action: str) -> Callable[[Any], None]:
    def write(item: Any) -> None:
        from apps.accounts.models import User  # noqa: PLC0415 -- only when an event arrives

        details = {key: value for key, value in vars(item).items() if key not in {"organization_id", "actor_id"}}
        actor = User.objects.filter(pk=getattr(item, "actor_id", None)).first()
        audit(actor, action, details.pop("name", None), after=details)

    write.__qualname__ = f"audit_event.{action}"
    return write


def _who(actor: Any) -> dict[str, Any]:
    if isinstance(actor, ApiKey):
        return {"actor_id": actor.user_id, "actor_name": str(actor)}
    if actor is None or not getattr(actor, "is_authenticated", False):
        return {"actor_name": ""}
    return {"actor_id": actor.pk, "actor_name": f"{actor.name} <{actor.email}>" if actor.name else actor.email}


def _where(request: HttpRequest | None) -> dict[str, Any]:
    if request is None:
        return {}
    return {
        "ip": client_ip(request),
        "device": request.headers.get("User-Agent", "").replace("\x00", "")[:200],
        "request_id": getattr(request, "id", ""),
    }


def _name(obj: Any) -> str:
    if isinstance(obj, Membership):
        return obj.user.get_full_name()
    if isinstance(obj, Organization):
        return obj.name
    return "" if obj is None else str(obj)


def _difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not before or not after:
        return _masked(before), _masked(after)
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return (
        _masked({key: before[key] for key in changed if key in before}),
        _masked({key: after[key] for key in changed if key in after}),
    )


def _masked(value: Any, name: str = "") -> Any:
    if _SECRET.search(name) and value not in ("", None, [], {}):
        return MASK
    if isinstance(value, Mapping):
        return {str(key): _masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_masked(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
