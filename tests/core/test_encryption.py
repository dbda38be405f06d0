"""Credentials at rest: unreadable in the database, rotated while the house is running, never shown."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import Organization
from apps.core.encryption import UnreadableSecret, decrypt, encrypt
from apps.core.models import Connection
from apps.core.rotation import encrypted_fields, rotate
from apps.core.tenancy import every_tenant, tenant

SECRET = {"api_key": "re_very_secret", "nested": [1, "ü", None]}


def connect(org: Organization, name: str = "Mail", secrets: Any = SECRET) -> Connection:
    with tenant(org.id):
        row = Connection(kind="notification_transport", provider="fake", name=name, secrets=secrets)
        row.save()
    return row


def tokens() -> list[str]:
    with every_tenant(), connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM core_connection ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def opens(key: str, token: str) -> bool:
    try:
        Fernet(key).decrypt(token.encode())
    except Exception:
        return False
    return True


def test_the_database_holds_no_readable_secret(organization: Organization) -> None:
    row = connect(organization)

    with tenant(organization.id):
        assert Connection.objects.get(pk=row.pk).secrets == SECRET
    assert "re_very_secret" not in tokens()[0]
    assert decrypt(tokens()[0]) == SECRET


def test_a_dump_holds_no_readable_secret(organization: Organization) -> None:
    row = connect(organization)

    assert "re_very_secret" not in serializers.serialize("json", [row])
    assert "re_very_secret" not in f"{row} {row!r}"


def test_a_foreign_key_is_not_taken(settings: Any) -> None:
    token = encrypt("x")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(UnreadableSecret):
        decrypt(token)


def test_rotation_rewrites_with_the_newest_key_and_can_be_run_again(
    settings: Any, organization: Organization, other_organization: Organization
) -> None:
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    for n in range(3):
        connect(organization, f"A{n}")
    connect(other_organization, "B")
    settings.FIELD_KEYS = [new, old]
    connect(organization, "already new")

    first = rotate()
    second = rotate()

    assert (first.rewritten, first.current, first.unreadable) == (4, 1, [])
    assert (second.rewritten, second.current) == (0, 5)
    assert all(opens(new, token) and not opens(old, token) for token in tokens())
    settings.FIELD_KEYS = [new]
    with tenant(organization.id):
        assert [row.secrets for row in Connection.objects.all()] == [SECRET] * 4


def test_rotation_stopped_half_way_goes_on_where_it_was(
    settings: Any, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    for n in range(5):
        connect(organization, f"A{n}")
    settings.FIELD_KEYS = [new, old]
    monkeypatch.setattr("apps.core.rotation.BATCH", 2)
    seen = 0

    def stop_at_third(key: Fernet, token: str) -> bool:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise KeyboardInterrupt
        return False

    with monkeypatch.context() as patch:
        patch.setattr("apps.core.rotation._opens", stop_at_third)
        with pytest.raises(KeyboardInterrupt):
            rotate()

    assert sum(opens(new, token) for token in tokens()) == 2
    outcome = rotate()
    assert (outcome.rewritten, outcome.current) == (3, 2)


def test_the_command_names_what_no_key_opens_and_keeps_it(
    settings: Any, organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = connect(organization, "lost")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    connect(organization, "fine")
    before = tokens()[0]

    with pytest.raises(CommandError, match=rf"1 values open with no key.*core.Connection {lost.pk}"):
        call_command("rotate_field_keys")

    assert "rewritten: 0, already on the newest key: 1" in capsys.readouterr().out
    assert tokens()[0] == before


def test_rotation_finds_every_encrypted_column() -> None:
    found = {f"{model._meta.label}.{column.name}" for model, column in encrypted_fields()}

    assert {"core.Connection.secrets", "notifications.Delivery.content"} <= found
