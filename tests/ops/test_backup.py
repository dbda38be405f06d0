"""A backup holds every organization's rows, and a restore brings them and the wall back."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import Membership, Organization
from apps.core.models import Connection
from apps.core.ops import backups
from apps.core.tenancy import every_tenant, tenant
from tests.factories.accounts import MembershipFactory, OrganizationFactory


@pytest.fixture
def two(transactional_db: None) -> list[Organization]:
    """Two organizations with rows of their own."""
    organizations = [OrganizationFactory(), OrganizationFactory()]
    for organization in organizations:
        MembershipFactory(organization=organization)
        with tenant(organization.pk):
            Connection.objects.create(kind="mail", provider="fake", name="Kept", secrets={"token": "t-1"})
    return organizations


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[str]:
    """An empty database to restore into, in the place of the test database."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield name
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def switch_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def rows() -> dict[str, int]:
    with every_tenant():
        return {
            "organizations": Organization.objects.count(),
            "memberships": Membership.objects.count(),
            "connections": Connection.objects.count(),
        }


def test_there_and_back(two: list[Organization], elsewhere: str, tmp_path: Path) -> None:
    file, original = tmp_path / "all.dump", connection.settings_dict["NAME"]
    before = rows()

    call_command("backup", file)
    switch_to(elsewhere)
    try:
        call_command("restore", file, yes=True)
        after = rows()
        with tenant(two[0].pk):
            kept = Connection.objects.get()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM core_connection")
            outside = cursor.fetchone()[0]
    finally:
        switch_to(original)

    assert after == before
    assert before["connections"] == 2
    assert (kept.name, kept.secrets) == ("Kept", {"token": "t-1"})
    assert outside == 0  # the wall is up there too
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_restoring_over_data_replaces_it(two: list[Organization], elsewhere: str, tmp_path: Path) -> None:
    file, original = tmp_path / "all.dump", connection.settings_dict["NAME"]
    call_command("backup", file)
    switch_to(elsewhere)
    try:
        call_command("restore", file, yes=True)
        with tenant(two[0].pk):
            Connection.objects.update(name="Changed since")
        call_command("restore", file, yes=True)
        with tenant(two[0].pk):
            name = Connection.objects.get().name
    finally:
        switch_to(original)

    assert name == "Kept"


def test_a_broken_file_changes_nothing(two: list[Organization], tmp_path: Path) -> None:
    file = tmp_path / "broken.dump"
    file.write_bytes(b"PGDMP nonsense")
    before = rows()

    with pytest.raises(CommandError, match="pg_restore"):
        call_command("restore", file, yes=True)

    assert rows() == before


def test_it_asks_first(two: list[Organization], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.dump"
    file.write_bytes(b"x")
    monkeypatch.setattr("builtins.input", lambda _: "no")

    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", file)


def test_a_failed_backup_leaves_no_file(two: list[Organization], tmp_path: Path, settings: Any) -> None:
    target = tmp_path / "never.dump"
    port = connection.settings_dict["PORT"]
    with connection.cursor():
        connection.settings_dict["PORT"] = "1"
        try:
            with pytest.raises(backups.BackupFailed):
                backups.dump(target)
        finally:
            connection.settings_dict["PORT"] = port

    assert list(tmp_path.iterdir()) == []


def test_tools_older_than_the_server_are_not_used() -> None:
    with pytest.raises(backups.BackupFailed, match="postgresql-client"):
        backups.tool("pg_dump", 99)
