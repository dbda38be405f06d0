"""Processes kept, started again and stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launcher.children import SERVICE, Program
from launcher.errors import CannotStart, Stopping
from launcher.identity import Register
from launcher.ports import listen
from launcher.processes import Supervisor
from tests.launcher.conftest import gone

ROOT = Path(__file__).resolve().parents[2]
FOREVER = "import time\nprint('up', flush=True)\ntime.sleep(60)"
PARTING = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("bye"), sys.exit(0)))
print("up", flush=True)
time.sleep(60)
"""
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"


def program(name: str, source: str, **options: object) -> Program:
    return Program(name, (sys.executable, "-c", source), **options)


def await_line(supervisor: Supervisor, capsys: pytest.CaptureFixture[str], wanted: str) -> str:
    seen = ""

    def look() -> str | None:
        nonlocal seen
        seen += capsys.readouterr().out
        return seen if wanted in seen else None

    return supervisor.until(look, 10, wanted)


def test_run_gives_the_exit_code_and_shows_the_output(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    code = supervisor.run(program("once", "import sys\nprint('hello')\nsys.exit(3)", restart="never"))
    assert code == 3
    assert capsys.readouterr().out == "once      | hello\n"


def test_killed_process_is_started_again(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    first = supervisor.start(program("web", FOREVER)).process.pid
    await_line(supervisor, capsys, "up")
    os.kill(first, signal.SIGKILL)
    seen = await_line(supervisor, capsys, "| up")
    assert "ended (killed by SIGKILL); starting again in 0.2 s" in seen
    assert supervisor.children["web"].process.pid != first
    assert supervisor.deaths("web") == 1


def test_deaths_in_a_row_wait_longer_and_longer(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor.start(program("web", "raise SystemExit(1)"))
    seen = await_line(supervisor, capsys, "again in 0.8 s")
    assert [wait in seen for wait in ("0.2 s", "0.4 s", "1.6 s")] == [True, True, False]


@pytest.mark.parametrize(("code", "again"), [(0, False), (1, True)])
def test_restart_on_failure_only(supervisor: Supervisor, code: int, again: bool) -> None:
    supervisor.start(program("visitors", f"raise SystemExit({code})", restart="failure"))
    supervisor.until(lambda: supervisor.ended("visitors") == 0 or supervisor.deaths("visitors") or None, 60, "its end")
    assert (supervisor.deaths("visitors") > 0) is again


def test_what_a_killed_leader_started_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    source = (
        "import subprocess, time\np = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(note)!r}, 'w').write(str(p.pid))\ntime.sleep(60)"
    )
    leader = supervisor.start(program("worker", source, restart="never"))
    grandchild = supervisor.until(
        lambda: int(note.read_text() or 0) or None if note.exists() else None, 60, "grandchild"
    )
    os.kill(leader.process.pid, signal.SIGKILL)
    supervisor.until(lambda: supervisor.ended("worker"), 60, "its end")
    supervisor.until(lambda: gone(grandchild) or None, 60, "the end of the grandchild")


def test_stop_asks_first_and_ends_services_last(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor.start(program("database", PARTING, stage=SERVICE))
    await_line(supervisor, capsys, "up")
    supervisor.start(program("web", PARTING))
    await_line(supervisor, capsys, "up")
    supervisor.stop_all()
    assert capsys.readouterr().out.splitlines() == ["web       | bye", "database  | bye"]
    assert supervisor.children == {}


def test_process_that_ignores_requests_is_killed(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    pid = supervisor.start(program("web", STUBBORN, stops=((signal.SIGTERM, 0.3),))).process.pid
    await_line(supervisor, capsys, "up")
    supervisor.stop_all()
    assert gone(pid)
    assert supervisor.ended("web") == -signal.SIGKILL


def test_second_signal_ends_everything_at_once(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor.start(program("web", STUBBORN, stops=((signal.SIGTERM, 60.0),)))
    await_line(supervisor, capsys, "up")
    subprocess.Popen(["sh", "-c", f"sleep 1; kill -INT {os.getpid()}"])
    began = time.monotonic()
    supervisor.stop_all()
    assert time.monotonic() - began < 50


def test_signal_interrupts_what_is_awaited(supervisor: Supervisor) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Stopping):
        supervisor.until(lambda: None, 60, "nothing")


def test_what_does_not_come_up_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(CannotStart, match="the moon did not come up within 0 s"):
        supervisor.until(lambda: None, 0.05, "the moon")


def test_held_port_outlives_its_server(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    source = (
        "import socket, sys\ns = socket.socket(fileno=int(sys.argv[1]))\nprint('up', flush=True)\n"
        "while True:\n c, _ = s.accept()\n c.sendall(b'me')\n c.close()"
    )
    with listen(20_000) as listener:
        argv = (sys.executable, "-c", source, str(listener.fileno()))
        first = supervisor.start(Program("web", argv, keep=(listener.fileno(),)))
        await_line(supervisor, capsys, "up")
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        with socket.create_connection(listener.getsockname(), timeout=60) as caller:
            await_line(supervisor, capsys, "| up")
            assert caller.recv(2) == b"me"


LAUNCHER = """
import sys, time
from pathlib import Path
from launcher.children import Program
from launcher.identity import Register
from launcher.processes import Supervisor
from launcher.terminal import Terminal
supervisor = Supervisor(Terminal(), Register(Path(sys.argv[1])))
with supervisor.signals():
    for number in range(3):
        supervisor.start(Program(f"child{number}", ("sleep", "60")))
    print(*(child.process.pid for child in supervisor.children.values()), flush=True)
    while True:
        supervisor.turn()
"""


def test_children_die_with_a_killed_launcher(tmp_path: Path) -> None:
    register = tmp_path / "children.json"
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(register)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    pids = [int(word) for word in launcher.stdout.readline().split()]
    assert len(pids) == 3
    assert not any(gone(pid) for pid in pids)
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    if sys.platform != "linux":  # elsewhere the next launcher ends them
        assert Register(register).end_leftovers() == 3
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not all(gone(pid) for pid in pids):
        time.sleep(0.02)
    assert all(gone(pid) for pid in pids)
