"""The collector's entry point: `uvicorn config.collector:app`. Of Django it uses the settings alone."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from apps.analytics.collector.app import Collector, Config
from apps.analytics.database import address

app = Collector(Config(
    address=address(),
    endpoint=f"{settings.COLLECTOR_URL}/api/track",
    script=settings.BASE_DIR / "static/dist/tracker/tracker.js",
    proxies=settings.TRUSTED_PROXY_DEPTH,
    rate=settings.COLLECT_RATE,
    burst=settings.COLLECT_BURST,
    most_backlog=settings.COLLECT_BACKLOG,
    metrics_token=settings.METRICS_TOKEN,
))
