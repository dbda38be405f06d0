"""Where copies lie: chosen by the setting EVENT_STORE."""

from __future__ import annotations

from django.conf import settings

from apps.analytics.columns import files
from apps.analytics.columns.clickhouse_store import ClickHouseStore
from apps.analytics.columns.contracts import ColumnStore
from apps.analytics.columns.file_store import FileStore


def chosen() -> ColumnStore | None:
    """The store that is asked and kept up to date; None where there is none."""
    if settings.EVENT_STORE == "clickhouse":
        return ClickHouseStore()
    return FileStore() if files.root() else None


def needed() -> ColumnStore:
    """The chosen store; raises LookupError where there is none."""
    if found := chosen():
        return found
    raise LookupError("COLUMNS_DIR is not set")


def configured() -> list[ColumnStore]:
    """Every store that may hold copies, asked or not: what was erased must leave them all."""
    found: list[ColumnStore] = [FileStore()] if files.root() else []
    if settings.CLICKHOUSE_URL:
        found.append(ClickHouseStore())
    return found
