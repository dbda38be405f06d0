"""`make test` and its relatives: the checks, on services of their own, beside whatever else runs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher import chromium, environment, node, packages, services, session, venv
from launcher.children import Program, spawn
from launcher.errors import CannotStart
from launcher.places import Checkout
from launcher.session import Session
from launcher.terminal import Terminal

PARALLEL = ("-n", "2", "--dist", "loadfile")
NOT_TIMED = ("--ignore", "tests/benchmarks")
# Suites that are asked for by name: what they are called, where they are, and how pytest is asked.
SUITES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "faults": ("faults", "tests/faults", ()),
    "benchmarks": ("benchmarks", "tests/benchmarks", ("-s",)),
    "clickhouse": ("ClickHouse", "tests/analytics/columns", ()),
}


@dataclass(frozen=True)
class Check:
    """One command that must succeed."""

    name: str
    argv: tuple[str, ...]
    node: node.Node | None = None


def test(checkout: Checkout, terminal: Terminal, *, suite: str, pg_bin: Path | None, words: Sequence[str]) -> int:
    """Run a suite (all, faults, benchmarks, clickhouse) or the tests that `words` name; pytest's exit code, or 1."""
    chosen = dict(os.environ)
    given = {name: chosen[f"TEST_{name}"] for name in ("DATABASE_URL", "REDIS_URL") if chosen.get(f"TEST_{name}")}
    var = checkout.var / ("bench" if suite == "benchmarks" else "test")
    with session.begin(checkout, terminal, var, dev=True) as now:
        careless = suite != "benchmarks"
        found = services.start(now.supervisor, checkout, var, now.keys, given, pg_bin=pg_bin, careless=careless)
        env = environment.build(checkout, chosen, now.keys, found)
        if suite == "clickhouse":
            venv.tool(checkout, terminal, "clickhouse", "chdb")
            env["PYTHONPATH"] = str(checkout.tools)
        if browser := _browser(terminal, chosen):
            env["CHROMIUM"] = browser
        checks = _plan(checkout, terminal, suite, words, has_browser=browser is not None)
        return _carry_out(now, checks, env)


def _browser(terminal: Terminal, chosen: Mapping[str, str]) -> str | None:
    if browser := chromium.find(chosen):
        return browser
    try:
        packages.install(terminal, "There is no Chromium for the browser tests.", "chromium")
    except CannotStart as error:
        terminal.say(f"{error} Going on without them.")
    return chromium.find(chosen)


def _plan(
    checkout: Checkout, terminal: Terminal, suite: str, words: Sequence[str], *, has_browser: bool
) -> list[Check]:
    python, bin_folder = str(checkout.python), checkout.venv / "bin"
    pytest = (python, "-m", "pytest", "-q")
    if suite in SUITES:
        name, folder, options = SUITES[suite]
        chosen = words if any(word.startswith(folder) for word in words) else (folder, *words)
        return [Check(name, (*pytest, *options, *chosen))]
    if words:
        return [Check("tests", (*pytest, *words))]
    checks = [
        Check("style", (str(bin_folder / "ruff"), "check", ".")),
        Check("floors", (str(bin_folder / "lint-imports"),)),
    ]
    scripts = node.scripts(checkout)
    if scripts & {"check", "test"}:
        found = node.find(checkout, terminal)
        run = (*found.npm, "run", "--silent")
        checks += [Check(f"front end {name}", (*run, name), found) for name in ("check", "test") if name in scripts]
    checks.append(Check("tests", (*pytest, *PARALLEL, "-m", "not e2e and not faults", *NOT_TIMED)))
    if has_browser:
        # In processes of their own: while Playwright runs, Django takes every other test for asynchronous code.
        checks.append(Check("browser tests", (*pytest, *PARALLEL, "-m", "e2e and not faults", *NOT_TIMED)))
    return checks


def _carry_out(now: Session, checks: list[Check], env: dict[str, str]) -> int:
    results: list[tuple[str, int, float]] = []
    for check in checks:
        now.terminal.say(f"── {check.name}")
        began = time.monotonic()
        its_env = env | {"PATH": check.node.path(env["PATH"])} if check.node else env
        process = spawn(Program(check.name, check.argv, its_env, now.checkout.root), foreground=True)
        results.append((check.name, now.supervisor.attend(process), time.monotonic() - began))
        if now.supervisor.asked_to_stop:
            return 130
    now.terminal.block(
        [f"{'passed' if code == 0 else 'FAILED':<7} {name:<18} {seconds:6.1f} s" for name, code, seconds in results]
    )
    # pytest's own code where it failed, since it says more than "something did".
    by_pytest = [code for name, code, _ in results if code and name.endswith("tests")]
    return by_pytest[0] if by_pytest else int(any(code for _, code, _ in results))
