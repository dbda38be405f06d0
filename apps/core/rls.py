"""The second wall: row-level security on every tenant table, made by one migration operation."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

_POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_wall ON {table} USING (
    (SELECT current_setting('mainstay.orgs', true)) = '*'
    OR {column} = ANY ((SELECT string_to_array(
        NULLIF(current_setting('mainstay.orgs', true), '*'), ',')::bigint[])::bigint[]){nobodys}
);
"""


def enable_sql(table: str, column: str = "organization_id", *, nobodys: bool = False) -> str:
    """The statements that put the wall around a table. The sub-selects run once a query, not once a row.

    `nobodys`: rows without an organization (a mail with a sign-in code) are on both sides of the wall.
    """
    return _POLICY.format(table=table, column=column, nobodys=f" OR {column} IS NULL" if nobodys else "")


class EnableRowSecurity(Operation):
    """Put the tenant wall around one model's table; goes right after the CreateModel that makes it."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, *, nobodys: bool = False) -> None:
        self.model_name = model_name
        self.nobodys = nobodys

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models' state does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Enable, force and add the policy."""
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        schema_editor.execute(enable_sql(schema_editor.quote_name(table), nobodys=self.nobodys))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Take the wall down."""
        table = schema_editor.quote_name(from_state.apps.get_model(app_label, self.model_name)._meta.db_table)
        schema_editor.execute(f"DROP POLICY tenant_wall ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        """What `migrate` prints."""
        return f"Wall {self.model_name} off by organization"

    @property
    def migration_name_fragment(self) -> str:
        """Name of a migration made of this alone."""
        return f"wall_{self.model_name.lower()}"
