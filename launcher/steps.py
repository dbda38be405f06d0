"""One step of the set-up: a command that is quiet when it works and tells everything when it does not."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.errors import CannotStart

KEPT_LINES = 60


def do(argv: Sequence[str | Path], why: str, *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a command and give what it printed; raises CannotStart with its last lines when it fails."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise CannotStart(f"{why} failed: {words[0]}: {error.strerror}") from error
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-KEPT_LINES:])
        raise CannotStart(f"{why} failed ({' '.join(words[:4])} …, exit code {done.returncode}):\n{tail}")
    return done.stdout
