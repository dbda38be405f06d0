"""Background work of the demo."""

from __future__ import annotations

from celery import shared_task

from apps.demo.services.setup import demo_erase


@shared_task
def erase_demo() -> int:
    """Erase what a closed demo owned; also run by the schedule, should the request for it have been lost."""
    return demo_erase()
