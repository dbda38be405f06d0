"""The details of the audit log in words: a field as its model calls it, what is no field by a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Field
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.enums import Role
from apps.accounts.scopes import all_scopes

_WORDS = {
    "account": gettext_lazy("account"), "active": gettext_lazy("active"), "agency": gettext_lazy("agency"),
    "companies": gettext_lazy("companies"), "company": gettext_lazy("company"), "count": gettext_lazy("number"),
    "email": gettext_lazy("email"), "events": gettext_lazy("events"), "expires": gettext_lazy("ends"),
    "expires_at": gettext_lazy("ends"), "file": gettext_lazy("file"), "filters": gettext_lazy("filters"),
    "into": gettext_lazy("joined with"), "is_active": gettext_lazy("active"), "kind": gettext_lazy("kind"),
    "may_edit": gettext_lazy("may edit"), "name": gettext_lazy("name"), "objects": gettext_lazy("assigned"),
    "owner": gettext_lazy("owner"), "person": gettext_lazy("person"), "personal": gettext_lazy("personal"),
    "property": gettext_lazy("property"), "provider": gettext_lazy("provider"), "role": gettext_lazy("role"),
    "scopes": gettext_lazy("rights"), "site": gettext_lazy("site"), "steps": gettext_lazy("steps"),
    "through": gettext_lazy("through"), "with": gettext_lazy("with"),
}


def sentence(details: Mapping[str, Any], kind: str = "") -> str:
    """Details on one line: `role: Viewer, active: yes`. `kind` is the model they are of. A single empty one shows as a
    dash, several are left out."""
    shown = {key: value for key, value in details.items() if value not in (None, "", [], {})} or details
    return ", ".join(f"{_word(kind, key)}: {_value(kind, key, value)}" for key, value in shown.items())


def _word(kind: str, key: str) -> str:
    field = _fields(kind).get(key)
    if key in _WORDS:
        return str(_WORDS[key])
    return str(field.verbose_name) if field is not None else key.replace("_", " ")


def _value(kind: str, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return f"({sentence(value)})" if value else "–"
    if isinstance(value, list):
        return " + ".join(_value(kind, key, item) for item in value) or "–"
    if value in (None, ""):
        return "–"
    return str(_choices(kind, key).get(value, value))


def _choices(kind: str, key: str) -> Mapping[Any, Any]:
    if key == "scopes":
        return {scope.key: scope.label for scope in all_scopes()}
    field = _fields(kind).get(key)
    if field is not None and field.choices:
        return dict(field.flatchoices)
    return dict(Role.choices) if key == "role" else {}


@cache
def _fields(kind: str) -> dict[str, Field[Any, Any]]:
    """The fields of the model that the log calls by this name; none for what is no model."""
    models: Iterable[Any] = (model for model in apps.get_models() if model._meta.model_name == kind)
    return {field.name: field for model in models for field in model._meta.fields}
