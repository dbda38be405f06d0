"""The embedded servers: ours, private, durable, and never a stranger's."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from launcher import accounts, postgres, services, valkey
from launcher.children import Program
from launcher.errors import CannotStart
from launcher.places import Checkout
from launcher.ports import LOOPBACK, free_port
from launcher.postgres import Postgres
from launcher.processes import Supervisor

WAYS = ["nobody", "namespace", "copy"] if os.geteuid() == 0 else ["self"]


def cluster(site_packages: Path, var: Path, secrets: dict[str, str], way: str = "") -> Postgres:
    folder = postgres.embedded(site_packages)
    assert folder is not None
    account = accounts.choose(folder, var, (way,)) if way and way != "self" else accounts.choose(folder, var)
    return Postgres(account, postgres.major_version(folder), secrets, var / "postgres.log", careless=True)


def start(supervisor: Supervisor, server: Postgres) -> int:
    port = free_port()
    server.prepare()
    child = supervisor.start(server.program(port))
    supervisor.until(lambda: server.is_ready(child.process.pid, port) or None, 30, "postgres")
    server.settle(port)
    return port


@pytest.fixture
def running(site_packages: Path, var: Path, secrets: dict[str, str], supervisor: Supervisor) -> tuple[Postgres, int]:
    server = cluster(site_packages, var, secrets)
    return server, start(supervisor, server)


def test_role_of_the_application_is_no_superuser(running: tuple[Postgres, int]) -> None:
    server, port = running
    shown = server.query(
        port, "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'mainstay'"
    )
    assert shown == "f|f|f|t"
    assert server.query(port, "SELECT current_user", user="mainstay", database="mainstay") == "mainstay"


def test_every_commit_survives_kill_9(running: tuple[Postgres, int], supervisor: Supervisor) -> None:
    server, port = running
    server.query(port, "CREATE TABLE kept (n int)", user="mainstay", database="mainstay")
    commits = "".join(f"INSERT INTO kept VALUES ({n});" for n in range(1000))
    server.query(port, commits, user="mainstay", database="mainstay")
    first = supervisor.children["postgres"].process.pid
    os.kill(first, signal.SIGKILL)

    def back() -> bool | None:
        child = supervisor.children.get("postgres")
        return (child is not None and child.process.pid != first and server.is_ready(child.process.pid, port)) or None

    supervisor.until(back, 30, "postgres")
    shown = server.query(port, "SELECT count(*), sum(n) FROM kept", user="mainstay", database="mainstay")
    assert shown == "1000|499500"


def test_no_door_without_the_password(running: tuple[Postgres, int]) -> None:
    server, port = running
    wrong = Postgres(server.account, server.major, server.keys | {"postgres_admin": "guess"}, server.log)
    with pytest.raises(CannotStart, match="password authentication failed"):
        wrong.query(port, "SELECT 1")
    assert (server.data / "pg_hba.conf").read_text() == "host all all 127.0.0.1/32 scram-sha-256\n"
    assert server.data.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("way", WAYS)
def test_runs_as_somebody_who_is_not_root(
    way: str, site_packages: Path, walled_var: Path, var: Path, secrets: dict[str, str], supervisor: Supervisor
) -> None:
    if way == "namespace" and subprocess.run([*accounts.NAMESPACE, "true"], capture_output=True).returncode:
        return  # the kernel forbids it here, and the launcher would not choose it
    server = cluster(site_packages, var if way == "nobody" else walled_var, secrets, way)
    assert server.account.kind == way
    try:
        assert server.query(start(supervisor, server), "SELECT 1") == "1"
    finally:
        supervisor.stop_all()
        if way == "copy":
            shutil.rmtree(server.account.home)


def test_folder_that_nobody_can_walk_is_noticed(site_packages: Path, walled_var: Path) -> None:
    folder = postgres.embedded(site_packages)
    assert folder is not None
    if os.geteuid() != 0:
        assert accounts.choose(folder, walled_var).kind == "self"
        return
    with pytest.raises(CannotStart, match="refuses to run as root"):
        accounts.choose(folder, walled_var, ("nobody",))


def test_only_an_embedded_server_is_ever_copied(var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[Path] = []
    monkeypatch.setattr(accounts.shutil, "copytree", lambda source, target, **_: copied.append(source))
    assert accounts._copied(tmp_path / "usr" / "bin", var) == tmp_path / "usr" / "bin"
    assert copied == []
    assert accounts._copied(tmp_path / "pginstall" / "bin", var) == var / "pginstall" / "bin"
    assert [source.name for source in copied] == ["bin", "lib", "share"]


def test_folder_without_a_server_is_named(
    var: Path, site_packages: Path, secrets: dict[str, str], supervisor: Supervisor, tmp_path: Path
) -> None:
    given = {"REDIS_URL": "redis://elsewhere/0"}
    with pytest.raises(CannotStart, match=f"There is no PostgreSQL in {tmp_path}"):
        services.start(supervisor, Checkout(var.parent), var, secrets, given, pg_bin=tmp_path)


def test_pid_file_of_a_stranger_is_not_ours(running: tuple[Postgres, int]) -> None:
    server, port = running
    assert not server.is_ready(os.getpid(), port)
    assert not server.is_ready(int((server.data / "postmaster.pid").read_text().splitlines()[0]), port + 1)


def test_stale_pid_file_is_cleared(site_packages: Path, var: Path, secrets: dict[str, str]) -> None:
    server = cluster(site_packages, var, secrets)
    server.prepare()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server.prepare()
    assert not (server.data / "postmaster.pid").exists()


class Stranger:
    """Another Redis without a password: says yes to everything."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server((LOOPBACK, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            while True:
                caller, _ = self.listener.accept()
                with caller:
                    caller.recv(65_536)
                    caller.sendall(b"+OK\r\n$20\r\n# Server\r\nprocess_id:1\r\n\r\n+PONG\r\n")
        except OSError:
            return


def test_foreign_server_on_the_port_is_refused(
    site_packages: Path, var: Path, secrets: dict[str, str], supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, fresh = free_port(), free_port()
    stranger = Stranger(taken)
    offered = iter([taken, fresh, free_port()])
    monkeypatch.setattr(services, "free_port", lambda: next(offered))
    env = {"DATABASE_URL": "postgres://elsewhere/mainstay"}
    checkout = Checkout(var.parent)
    monkeypatch.setattr(Checkout, "site_packages", lambda self: site_packages)
    found = services.start(supervisor, checkout, var, secrets, env)
    stranger.listener.close()
    assert found["REDIS_URL"] == f"redis://:{secrets['valkey']}@127.0.0.1:{fresh}/0"
    assert found["DATABASE_URL"] == "postgres://elsewhere/mainstay"


def test_valkey_keeps_what_it_was_given_and_wants_its_password(
    site_packages: Path, var: Path, secrets: dict[str, str], supervisor: Supervisor
) -> None:
    binary = valkey.embedded(site_packages)
    assert binary is not None
    server = valkey.Valkey(binary, var / "valkey", secrets["valkey"], var / "valkey.log")
    port = free_port()
    child = supervisor.start(server.program(port))
    supervisor.until(lambda: server.is_ready(child.process.pid, port) or None, 10, "valkey")
    assert not server.is_ready(child.process.pid + 1, port)
    assert not valkey.Valkey(binary, var, "guess", var / "x").is_ready(child.process.pid, port)
    assert (var / "valkey" / "valkey.conf").stat().st_mode & 0o777 == 0o600
    with socket.create_connection((LOOPBACK, port), timeout=5) as connection:
        connection.sendall(f"AUTH {secrets['valkey']}\r\nSET kept 1\r\nCONFIG GET appendonly\r\n".encode())
        answer = b""
        while b"yes" not in answer:
            answer += connection.recv(4096)
    assert answer.startswith(b"+OK\r\n+OK\r\n")


def test_given_servers_are_used_as_they_are(var: Path, secrets: dict[str, str], supervisor: Supervisor) -> None:
    given = {"DATABASE_URL": "postgres://db/x", "REDIS_URL": "redis://r/0"}
    assert services.start(supervisor, Checkout(var), var, secrets, given) == given
    assert supervisor.children == {}


def test_broken_server_is_reported_with_its_words(var: Path, supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = "print('no room on disk', flush=True); raise SystemExit(1)"
    broken = Program("valkey", (sys.executable, "-c", source), log=log)
    supervisor.start(broken)
    with pytest.raises(CannotStart, match="no room on disk"):
        services._await(supervisor, "valkey", lambda port: broken, 1, lambda pid, port: False, log)
