"""Processes that no other can be taken for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

from launcher.identity import Register, command, identify

SLEEP = ["sleep", "60"]


def test_identity_is_stable_and_ends_with_the_process() -> None:
    process = subprocess.Popen(SLEEP)
    first = identify(process.pid)
    assert first is not None
    assert identify(process.pid) == first
    assert command(process.pid) == "sleep"
    process.kill()
    process.wait()
    assert identify(process.pid) is None


def test_zombie_counts_as_ended() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert identify(process.pid) is None
    process.wait()


def test_leftovers_of_a_killed_launcher_are_ended(tmp_path: Path) -> None:
    process = subprocess.Popen(SLEEP, start_new_session=True)
    Register(tmp_path / "children.json").add(process.pid, signal.SIGTERM)
    assert Register(tmp_path / "children.json").end_leftovers() == 1
    assert process.wait(5) == -signal.SIGTERM
    assert not (tmp_path / "children.json").exists()


def test_leftover_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    process = subprocess.Popen(["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    Register(tmp_path / "children.json").add(process.pid, signal.SIGTERM)
    assert Register(tmp_path / "children.json").end_leftovers(patience_seconds=0.3) == 1
    assert process.wait(5) == -signal.SIGKILL
    process.stdout.close()


def test_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    process = subprocess.Popen(SLEEP)
    row = {"pid": process.pid, "began": "another boot:1", "stop": int(signal.SIGKILL)}
    (tmp_path / "children.json").write_text(json.dumps([row]))
    assert Register(tmp_path / "children.json").end_leftovers() == 0
    assert process.poll() is None
    process.kill()
    process.wait()


def test_unreadable_register_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "children.json").write_text("{half")
    assert Register(tmp_path / "children.json").end_leftovers() == 0
