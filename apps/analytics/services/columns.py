"""Keeping the column files: whether there is work is looked up here; the work itself is a process of its own, whose
memory is free again when it ends."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

from django.conf import settings

from apps.analytics.columns.keeping import missing, sweep
from apps.analytics.database import connect

SECONDS = 300


def columns_make() -> str:
    """Make the column files that are missing, if any are; says what was done."""
    if not settings.COLUMNS_DIR:
        return "off"
    with connect() as connection:
        if not missing(connection, datetime.now(UTC)):
            sweep(connection)
            return "nothing to make"
    command = (sys.executable, str(settings.BASE_DIR / "manage.py"), "make_columns", "--seconds", str(SECONDS))
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 2, check=True)
    return done.stdout.strip()
