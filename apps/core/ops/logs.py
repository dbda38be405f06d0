"""One line an event: JSON for machines, colours for people. Standard library loggers come out the same way."""

from __future__ import annotations

import sys
from typing import Any

import structlog

from apps.core.ops.masking import mask_event

SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(allow=["status_code", "task_name", "task_id"]),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def configure() -> None:
    """Make structlog hand its events to the standard library, which has the one handler."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _as_json() -> list[Any]:
    return [structlog.processors.format_exc_info, mask_event, structlog.processors.JSONRenderer(default=str)]


def _as_text() -> list[Any]:
    return [
        structlog.processors.format_exc_info,
        mask_event,
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]


def dict_config(level: str, *, readable: bool) -> dict[str, Any]:
    """Django's LOGGING: the root logger decides, `django.server` and request warnings are ours already."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": list(SHARED),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *(_as_text() if readable else _as_json()),
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},  # the request line says the rest
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "uvicorn": {"handlers": [], "level": "WARNING", "propagate": True},
            "uvicorn.error": {"level": "WARNING"},  # at INFO it names the address of everybody who opens a socket
            "httpx": {"level": "WARNING"},
            "fontTools": {"level": "ERROR"},
        },
    }
