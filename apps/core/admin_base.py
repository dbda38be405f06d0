"""What every page of the staff area starts from: quick on large tables, and careful."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import fields
from unfold.admin import ModelAdmin, TabularInline

EXACT_UP_TO = 20_000


def plain_json(data: Any, encoder: Any) -> SafeString:
    """JSON over several lines. The theme would colour it by style attributes, which the page's policy forbids."""
    text = json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False, cls=encoder)
    return format_html('<pre class="whitespace-pre-wrap break-words">{}</pre>', text)


fields.prettify_json = plain_json


class EstimatingPaginator(Paginator):
    """Counts a large unfiltered table by PostgreSQL's own estimate instead of reading it."""

    @cached_property
    def count(self) -> int:
        """Rows: exact for small tables and for whatever was filtered or searched."""
        rows = self.object_list
        if isinstance(rows, QuerySet) and not rows.query.where:
            estimate = estimated_rows(rows.model._meta.db_table)
            if estimate > EXACT_UP_TO:
                return estimate
        return super().count


def estimated_rows(table: str) -> int:
    """What PostgreSQL believes the table (with its partitions) holds; -1 before the first ANALYZE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(sum(GREATEST(c.reltuples, 0)), 0)::bigint FROM pg_partition_tree(%s::regclass) t"
            " JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf",
            [table],
        )
        return int(cursor.fetchone()[0])


class StaffAdmin(ModelAdmin):
    """A model in the staff area. Relations are typed as ids or searched, never listed whole; what a row names is read
    with it by `list_select_related`."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Ids instead of a list of everything."""
        if db_field.name not in self.autocomplete_fields:
            kwargs.setdefault("widget", admin.widgets.ForeignKeyRawIdWidget(db_field.remote_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyAdmin(StaffAdmin):
    """Rows that the application writes and nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; looking is another permission."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class PlainInline(TabularInline):
    """Rows of a relation, without empty ones to fill in."""

    extra = 0
    show_change_link = True


__all__ = ["EstimatingPaginator", "PlainInline", "ReadOnlyAdmin", "StaffAdmin", "estimated_rows"]
