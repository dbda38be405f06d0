"""Every address of the web process, found in the resolver, with what its view says about itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
PAGE_METHODS = ("get", "post")
# Views that ask for a right in their own way.
ASKED_INSIDE = {
    "/o/{slug}/": "home.view",
    "/o/{slug}/metrics/{key}.csv": "metrics.view",
    "/o/{slug}/metrics/{key}.json": "metrics.view",
}


@dataclass(frozen=True)
class Door:
    """One address: `rights` says per method which action it needs, as far as the view says so."""

    path: str
    parameters: tuple[str, ...]
    view: Any
    methods: tuple[str, ...]
    rights: dict[str, str]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def is_tenant(self) -> bool:
        return self.path.startswith(("/o/{slug}/", "/api/v1/organizations/{slug}/"))

    def at(self, **values: Any) -> str:
        """The address with its parameters filled in."""
        return self.path.format(**values)

    def __str__(self) -> str:
        return self.path


def all_doors() -> list[Door]:
    """All of them, once each."""
    found: dict[str, Door] = {}
    for path, entry in _walk(get_resolver(), "/"):
        found.setdefault(path, _door(path, entry))
    return list(found.values())


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        text = str(entry.pattern).removeprefix("^").removesuffix("$").replace("\\Z", "")
        here = prefix + _PARAMETER.sub(lambda match: "{" + (match[1] or match[2]) + "}", text)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, here)
        else:
            yield here, entry


def _door(path: str, entry: URLPattern) -> Door:
    callback = entry.callback
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    parameters = tuple(re.findall(r"{(\w+)}", path))
    actions = getattr(callback, "actions", None)
    if actions:
        rights = {method: view.rights.get(name, "") for method, name in actions.items() if method != "head"}
        return Door(path, parameters, view, tuple(rights), rights)
    if hasattr(view, "rights"):
        return Door(path, parameters, view, tuple(view.rights), dict(view.rights))
    methods = tuple(name for name in PAGE_METHODS if hasattr(view, name))
    reading = getattr(view, "action", "") or ASKED_INSIDE.get(path, "")
    writing = getattr(view, "post_action", "") or reading
    rights = {"get": reading, "post": writing} if reading else {}
    return Door(path, parameters, view, methods, {name: right for name, right in rights.items() if name in methods})
