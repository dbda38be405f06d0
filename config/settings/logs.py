"""Structured logs on standard output, slow queries, measurements, errors to Sentry."""

from __future__ import annotations

from apps.core.ops import logs
from config import env

LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOG_FORMAT = env.text("LOG_FORMAT", "text" if env.flag("DEBUG", default=False) else "json")
if LOG_FORMAT not in {"text", "json"}:
    raise env.BadEnvironment(f"LOG_FORMAT takes text or json, not {LOG_FORMAT!r}")
LOGGING = logs.dict_config(LOG_LEVEL, readable=LOG_FORMAT == "text")
logs.configure()
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False

SLOW_QUERY_MS = env.number("SLOW_QUERY_MS", 200)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
PROMETHEUS_MULTIPROC_DIR = env.text("PROMETHEUS_MULTIPROC_DIR", "")
TASK_QUEUES = ("default", "sync", "deliver", "report")

SENTRY_DSN = env.text("SENTRY_DSN", "")
if SENTRY_DSN:
    from apps.core.ops import sentry

    sentry.start(
        SENTRY_DSN, release=env.text("RELEASE", ""), environment=env.text("ENVIRONMENT", "production")
    )
