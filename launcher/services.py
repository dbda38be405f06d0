"""The services behind the application: our own children, or the servers that the environment names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from launcher import accounts, postgres, valkey
from launcher.children import Program
from launcher.errors import CannotStart
from launcher.places import Checkout, private_directory
from launcher.ports import free_port
from launcher.processes import Supervisor

TRIES = 3
START_SECONDS = 60.0
LOG_LIMIT = 10_000_000


def start(
    supervisor: Supervisor,
    checkout: Checkout,
    var: Path,
    keys: dict[str, str],
    given: Mapping[str, str],
    *,
    pg_bin: Path | None = None,
    careless: bool = False,
) -> dict[str, str]:
    """Start what `given` does not name, and give the addresses of both as DATABASE_URL and REDIS_URL."""
    site_packages = checkout.site_packages()
    logs = private_directory(var / "log")
    launched: list[Callable[[], tuple[str, str]]] = []
    if not given.get("REDIS_URL"):
        launched.append(_start_valkey(supervisor, site_packages, var, keys, logs))
    if not given.get("DATABASE_URL"):
        launched.append(_start_postgres(supervisor, site_packages, var, keys, logs, pg_bin, careless))
    found = {name: given[name] for name in ("DATABASE_URL", "REDIS_URL") if given.get(name)}
    return found | dict(finish() for finish in launched)


def _start_valkey(
    supervisor: Supervisor, site_packages: Path | None, var: Path, keys: dict[str, str], logs: Path
) -> Callable[[], tuple[str, str]]:
    binary = valkey.embedded(site_packages)
    if binary is None:
        raise CannotStart("This system has no embedded Valkey. Install Redis or Valkey and set REDIS_URL.")
    server = valkey.Valkey(binary, private_directory(var) / "valkey", keys["valkey"], _log(logs, "valkey"))
    port = _launch(supervisor, server.program)

    def finish() -> tuple[str, str]:
        final = _await(supervisor, "valkey", server.program, port, server.is_ready, server.log)
        return "REDIS_URL", server.url(final)

    return finish


def _start_postgres(
    supervisor: Supervisor,
    site_packages: Path | None,
    var: Path,
    keys: dict[str, str],
    logs: Path,
    pg_bin: Path | None,
    careless: bool,
) -> Callable[[], tuple[str, str]]:
    folder = pg_bin or postgres.embedded(site_packages)
    if folder is None:
        raise CannotStart("This system has no embedded PostgreSQL. Install version 15 or newer and set DATABASE_URL.")
    major = postgres.major_version(folder)
    account = accounts.choose(folder, var)
    server = postgres.Postgres(account, major, keys, _log(logs, "postgres"), careless)
    server.prepare()
    port = _launch(supervisor, server.program)

    def finish() -> tuple[str, str]:
        final = _await(supervisor, "postgres", server.program, port, server.is_ready, server.log)
        server.settle(final)
        return "DATABASE_URL", server.url(final)

    return finish


def _launch(supervisor: Supervisor, program: Callable[[int], Program]) -> int:
    port = free_port()
    supervisor.start(program(port))
    return port


def _await(
    supervisor: Supervisor,
    name: str,
    program: Callable[[int], Program],
    port: int,
    is_ready: Callable[[int, int], bool],
    log: Path,
) -> int:
    """Wait until our own child serves the port; another port when a stranger was quicker. Gives the final port."""
    for attempt in range(TRIES):
        serving = supervisor.until(lambda port=port: _state(supervisor, name, port, is_ready), START_SECONDS, name)
        if serving:
            return port
        if attempt < TRIES - 1:
            supervisor.forget(name)
            port = _launch(supervisor, program)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:]) if log.exists() else ""
    raise CannotStart(f"{name} does not start:\n{tail}")


def _state(supervisor: Supervisor, name: str, port: int, is_ready: Callable[[int, int], bool]) -> bool | None:
    child = supervisor.children.get(name)
    if child is None:
        return False
    return True if is_ready(child.process.pid, port) else None


def _log(logs: Path, name: str) -> Path:
    path = logs / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.old"))
    return path
