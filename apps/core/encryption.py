"""Encryption at rest for third parties' credentials, with keys that can be rotated.

`FIELD_KEYS` lists Fernet keys, newest first: the first encrypts, all decrypt. `manage.py rotate_field_keys`
rewrites every row with the newest, after which older keys can go.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class UnreadableSecret(Exception):
    """Stored credentials cannot be decrypted with any key of FIELD_KEYS."""


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS must hold at least one key (see .env.example)")
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(value: Any) -> str:
    """A JSON-able value as a token."""
    return _box(tuple(settings.FIELD_KEYS)).encrypt(json.dumps(value).encode()).decode()


def decrypt(token: str) -> Any:
    """The value of a token; raises UnreadableSecret when no key fits."""
    try:
        return json.loads(_box(tuple(settings.FIELD_KEYS)).decrypt(token.encode()))
    except InvalidToken as error:
        raise UnreadableSecret("no key of FIELD_KEYS fits these credentials") from error


class EncryptedJSONField(models.TextField):
    """A JSON-able value that the database sees only encrypted."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Decrypt on read."""
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Encrypt on write."""
        return None if value is None else encrypt(value)

    def value_to_string(self, obj: models.Model) -> str:
        """Dumps carry the token, never the value."""
        return str(self.get_prep_value(self.value_from_object(obj)))
