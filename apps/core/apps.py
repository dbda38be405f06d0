"""The ground floor: tenancy, events, providers, connections. No business words."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps

from apps.core.ops import queries, task_log


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        """Load the rooms that declare things by being imported, of every app that has them."""
        queries.install()
        task_log.install()
        for app in apps.get_app_configs():
            if app.name.startswith("apps."):
                for room in ("access_rules", "contracts", "metrics", "receivers", "providers", "places", "probes"):
                    if find_spec(f"{app.name}.{room}"):
                        import_module(f"{app.name}.{room}")
