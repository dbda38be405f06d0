"""One launcher at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.lock import Busy, held

HOLDER = """
import sys, time
from pathlib import Path
from launcher.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with held(tmp_path / "lock"), pytest.raises(Busy, match=f"process {os.getpid()}"), held(tmp_path / "lock"):
        pytest.fail("two held it")


def test_free_again_after_the_block(tmp_path: Path) -> None:
    for _ in range(2):
        with held(tmp_path / "lock"):
            assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_freed_by_the_death_of_its_holder(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(Busy), held(tmp_path / "lock"):
        pytest.fail("two held it")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with held(tmp_path / "lock", wait_seconds=2):
        pass
