"""The commands behind the Makefile."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher import checks, manage, packages, run, session, steps, venv
from launcher.errors import CannotStart, Stopping
from launcher.lock import held
from launcher.places import Checkout
from launcher.terminal import Terminal

MADE = (".venv", "node_modules", "static/dist", "staticfiles", ".ruff_cache", ".pytest_cache", ".import_linter_cache")
INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Carry out one command; its exit code."""
    arguments, rest = _parser().parse_known_args(argv)
    if rest and arguments.carry_out is not _test:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    terminal, checkout = Terminal(), Checkout()
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        return arguments.carry_out(checkout, terminal, arguments)
    except CannotStart as error:
        terminal.say(str(error))
        return 1
    except (KeyboardInterrupt, Stopping):
        return INTERRUPTED


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="launcher", description="Starts and checks Mainstay.")
    commands = parser.add_subparsers(required=True, metavar="command")
    one = commands.add_parser("run", help="start everything")
    one.set_defaults(carry_out=lambda checkout, terminal, _: run.run(checkout, terminal))
    one = commands.add_parser("test", help="check everything, or what is named")
    one.add_argument("--suite", choices=("all", "faults", "benchmarks", "clickhouse"), default="all")
    one.add_argument("--pg-bin", type=Path, help="folder of another PostgreSQL's binaries")
    one.add_argument("words", nargs="*", help="what pytest is given instead of everything")
    one.set_defaults(carry_out=_test)
    one = commands.add_parser("manage", help="a management command")
    one.add_argument("words", nargs=argparse.REMAINDER)
    one.set_defaults(carry_out=lambda checkout, terminal, a: manage.manage(checkout, terminal, a.words))
    for name, carry_out, help_text in (
        ("messages", _messages, "collect strings to translate"),
        ("lock", _lock, "resolve dependencies anew"),
        ("clean", _clean, "remove what was installed and built"),
    ):
        commands.add_parser(name, help=help_text).set_defaults(carry_out=carry_out)
    return parser


def _test(checkout: Checkout, terminal: Terminal, arguments: argparse.Namespace) -> int:
    return checks.test(
        checkout, terminal, suite=arguments.suite, pg_bin=arguments.pg_bin, words=[*arguments.rest, *arguments.words]
    )


def _messages(checkout: Checkout, terminal: Terminal, _: argparse.Namespace) -> int:
    if not shutil.which("xgettext"):
        packages.install(terminal, "Collecting strings needs gettext.", "gettext")
    return manage.manage(
        checkout,
        terminal,
        [
            "makemessages",
            "--all",
            "--no-obsolete",
            "--no-location",
            "--ignore=node_modules",
            "--ignore=tests",
            "--ignore=launcher",
            "--ignore=static",
            "--ignore=var",
        ],
    )


def _lock(checkout: Checkout, terminal: Terminal, _: argparse.Namespace) -> int:
    session.set_up(checkout, terminal, dev=False)
    venv.tool(checkout, terminal, "bootstrap", "uv")
    fixed = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header", "-q"]
    for name, extras in (("base", ["services"]), ("dev", ["services", "dev"])):
        chosen = [word for extra in extras for word in ("--extra", extra)]
        output = ["-o", checkout.locked(name)]
        compile_ = [checkout.tools / "bin" / "uv", "pip", "compile", "pyproject.toml"]
        steps.do([*compile_, *chosen, *fixed, *output], f"Locking {name}", cwd=checkout.root)
    return 0


def _clean(checkout: Checkout, terminal: Terminal, _: argparse.Namespace) -> int:
    with held(checkout.var / "lock"), held(checkout.var / "setup.lock"):
        for name in MADE:
            shutil.rmtree(checkout.root / name, ignore_errors=True)
    terminal.say(f"Removed what was installed and built. Data stays in {checkout.var}; remove it by hand.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
