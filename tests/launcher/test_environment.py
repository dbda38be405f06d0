"""What children are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from launcher import environment, keys, run
from launcher.errors import CannotStart
from launcher.places import Checkout


def test_env_file_is_read_as_people_write_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mail\nexport MAIL='a b'\nEMPTY=\nURL=\"x=y#z\"\n\n")
    assert environment.read_file(tmp_path / ".env") == {"MAIL": "a b", "URL": "x=y#z"}


def test_bad_line_of_the_env_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nwhat is this\n")
    with pytest.raises(CannotStart, match=r"\.env, line 2: expected NAME=value"):
        environment.read_file(tmp_path / ".env")


def test_person_goes_before_launcher_and_addresses_before_both(tmp_path: Path) -> None:
    made = keys.load(tmp_path / "keys.json")
    chosen = {"SECRET_KEY": "mine", "DATABASE_URL": "", "PATH": "/bin"}
    services = {"DATABASE_URL": "postgres://here/x", "REDIS_URL": "redis://here/0"}
    built = environment.build(Checkout(tmp_path), chosen, made, services, web_port=8002, demo=True)
    assert built["SECRET_KEY"] == "mine"
    assert built["DATABASE_URL"] == "postgres://here/x"
    assert built["BASE_URL"] == "http://localhost:8002"
    assert built["COLLECTOR_URL"] == "http://localhost:8001"
    assert (built["DEBUG"], built["DEMO"]) == ("0", "1")
    assert built["PATH"] == f"{tmp_path}/.venv/bin:/bin"
    Fernet(built["FIELD_KEYS"])


@pytest.mark.parametrize(("host", "name"), [("", "localhost"), ("127.0.0.1", "localhost"), ("shop.lan", "shop.lan")])
def test_public_name_of_a_bound_address(host: str, name: str) -> None:
    assert environment.public_host(host) == name


def test_secrets_are_made_once_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = keys.load(path)
    assert keys.load(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(keys.MAKERS)


def test_broken_secrets_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{")
    with pytest.raises(CannotStart, match="restore it"):
        keys.load(path)
    assert path.read_text() == "{"


def test_counts_of_an_earlier_run_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "counts"
    folder.mkdir(mode=0o755)
    (folder / "counter_7.db").write_bytes(b"old")
    assert list(run.emptied(folder).iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700
