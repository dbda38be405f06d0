"""Errors to Sentry, for those who set SENTRY_DSN; nothing of it is loaded otherwise."""

from __future__ import annotations

from typing import Any

from apps.core.ops.masking import masked


def _without_secrets(event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:
    for part in ("request", "extra", "contexts", "breadcrumbs", "exception", "logentry"):
        if part in event:
            event[part] = masked(event[part])
    event.pop("user", None)
    return event


def start(dsn: str, *, release: str, environment: str) -> None:
    """Send unhandled errors, without people's data."""
    import sentry_sdk  # noqa: PLC0415 -- heavy, and only for those who use it

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=_without_secrets,
    )
