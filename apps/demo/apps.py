"""The demo business: a shop to click through, a year of history, visitors who never sleep."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "apps.demo"
    label = "demo"
