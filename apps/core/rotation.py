"""Rewriting stored credentials with the newest key, so that older keys can be thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from apps.core.encryption import EncryptedJSONField
from apps.core.tenancy import every_tenant

BATCH = 200


@dataclass
class Outcome:
    """What a rotation did: rows rewritten, rows that had the newest key already, and rows no key opens."""

    rewritten: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)


def encrypted_fields() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Every encrypted column of every app."""
    for model in apps.get_models():
        for column in model._meta.local_fields:
            if isinstance(column, EncryptedJSONField) and model._meta.managed:
                yield model, column


def rotate() -> Outcome:
    """Rewrite every encrypted value that the newest key does not open. Can be stopped and started again at any time.

    A row is only replaced if it still holds what was read, so a value saved meanwhile by a running process wins.
    """
    keys = [Fernet(key) for key in settings.FIELD_KEYS]
    outcome = Outcome()
    with every_tenant():
        for model, column in encrypted_fields():
            _rotate_column(model, column, keys, outcome)
    return outcome


def _rotate_column(model: type[models.Model], column: models.Field, keys: list[Fernet], outcome: Outcome) -> None:
    quote = connection.ops.quote_name
    table, key, name = quote(model._meta.db_table), quote(model._meta.pk.column), quote(column.column)
    newest, all_keys, last = keys[0], MultiFernet(keys), 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {key}, {name} FROM {table} WHERE {key} > %s AND {name} IS NOT NULL ORDER BY {key} LIMIT %s",  # noqa: S608 -- names come from the models
                [last, BATCH],
            )
            rows = cursor.fetchall()
            for row_id, token in rows:
                if _opens(newest, token):
                    outcome.current += 1
                    continue
                try:
                    fresh = all_keys.rotate(token.encode()).decode()
                except InvalidToken:
                    outcome.unreadable.append(f"{model._meta.label} {row_id}")
                    continue
                cursor.execute(
                    f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s",  # noqa: S608 -- as above
                    [fresh, row_id, token],
                )
                outcome.rewritten += cursor.rowcount
        if not rows:
            return
        last = rows[-1][0]


def _opens(key: Fernet, token: str) -> bool:
    try:
        key.decrypt(token.encode())
    except InvalidToken:
        return False
    return True
