"""Keeping the copies in columns: whether there is work is looked up here; the work itself is a process of its own,
whose memory is free again when it ends."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

from django.conf import settings

from apps.analytics.columns.contracts import CopiesGone
from apps.analytics.columns.keeping import missing, sweep
from apps.analytics.columns.stores import chosen
from apps.analytics.database import connect
from apps.metrics.contracts import QueryTooSlow

SECONDS = 300


def columns_make() -> str:
    """Make the copies that are missing, if any are; says what was done."""
    if chosen() is None:
        return "off"
    with connect() as connection:
        try:
            if not missing(connection, datetime.now(UTC)):
                sweep(connection)
                return "nothing to make"
        except (CopiesGone, QueryTooSlow) as error:  # until it is back, PostgreSQL answers
            return str(error)
    command = (sys.executable, str(settings.BASE_DIR / "manage.py"), "make_columns", "--seconds", str(SECONDS))
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 2, check=True)
    return done.stdout.strip()
