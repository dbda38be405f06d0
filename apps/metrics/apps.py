"""The registry of numbers, the points behind collected ones, and live push."""

from __future__ import annotations

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "apps.metrics"
    label = "metrics"

    def ready(self) -> None:
        """Register the default source, and the check that every declaration can be resolved."""
        from apps.metrics import checks, registry  # noqa: F401, PLC0415 -- needs the app registry
        from apps.metrics.points import PointsSource  # noqa: PLC0415 -- needs the app registry

        registry.register_source(PointsSource())
