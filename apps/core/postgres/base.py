"""Django's PostgreSQL backend, telling each connection whose rows it may see.

The value of `apps.core.tenancy` is sent as the session variable `mainstay.orgs`, lazily: only when a cursor is
opened and the value differs from what this connection was told last. A rollback also rolls the variable back,
so afterwards it counts as unknown.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from apps.core.tenancy import current_scope


class DatabaseWrapper(base.DatabaseWrapper):
    """Keeps `mainstay.orgs` equal to the current scope."""

    _told: str | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection has been told nothing."""
        self._told = None
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        """Tell the connection the scope before anything is asked of it."""
        self._tell_scope()
        return super().create_cursor(name)

    def _tell_scope(self) -> None:
        scope = current_scope()
        value = scope.as_setting() if scope else ""
        if value == self._told or self.connection.info.transaction_status == TransactionStatus.INERROR:
            return
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('mainstay.orgs', %s, false)", (value,))
        self._told = value

    def _rollback(self) -> Any:
        self._told = None
        return super()._rollback()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        self._told = None
