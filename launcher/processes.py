"""Keeps processes running: starts, logs, starts again, stops."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from launcher.backoff import Backoff
from launcher.children import APPLICATION, SERVICE, Program, ending, spawn
from launcher.errors import CannotStart, Stopping
from launcher.identity import Register, signal_group
from launcher.output import Lines
from launcher.terminal import Terminal

T = TypeVar("T")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TICK_SECONDS = 0.25
FOREGROUND_SECONDS = 10.0


@dataclass
class Child:
    """A running program."""

    program: Program
    process: subprocess.Popen[bytes]
    lines: Lines
    began: float = field(default_factory=time.monotonic)

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as has been noticed."""
        return self.process.returncode is None


class Supervisor:
    """One thread, one loop: pipes, deaths, restarts and signals are all looked at in `turn`."""

    def __init__(self, terminal: Terminal, register: Register) -> None:
        self.terminal = terminal
        self.register = register
        self.asked_to_stop = 0
        self.children: dict[str, Child] = {}
        self._due: dict[str, tuple[float, Program]] = {}
        self._backoffs: dict[str, Backoff] = {}
        self._ended: dict[str, int] = {}
        self._stopping = False
        self._last_signal = 0
        self._selector = selectors.DefaultSelector()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take Ctrl-C, SIGTERM, SIGHUP and the deaths of children as events of the loop for the length of the block."""
        reading, writing = _pipe()
        before = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        for number in STOP_SIGNALS:
            signal.signal(number, self._note_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._selector.register(reading, selectors.EVENT_READ, None)
        try:
            yield
        finally:
            self._selector.unregister(reading)
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(reading)
            os.close(writing)

    def start(self, program: Program) -> Child:
        """Start a program now."""
        self._due.pop(program.name, None)
        self._ended.pop(program.name, None)
        process = spawn(program)
        self.register.add(process.pid, int(program.stops[0][0]))
        child = Child(program, process, Lines(lambda text: self.terminal.line(program.name, text)))
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, child)
        self.children[program.name] = child
        return child

    def run(self, program: Program) -> int:
        """Run a program to its end while the others are kept; its exit code."""
        self.start(program)
        return self.until(lambda: self._ended.get(program.name), None, program.name)

    def deaths(self, name: str) -> int:
        """How often a program has died, one time soon after the other."""
        return self._backoffs[name].deaths if name in self._backoffs else 0

    def forget(self, name: str) -> None:
        """Do not start a program again that has ended; its next start counts as its first."""
        self._due.pop(name, None)
        self._backoffs.pop(name, None)

    def ended(self, name: str) -> int | None:
        """The exit code of a program that is not started again."""
        return self._ended.get(name)

    def attend(self, process: subprocess.Popen[bytes]) -> int:
        """Keep the others while a program has the terminal; its exit code. It sees Ctrl-C, and SIGTERM through us."""
        passed_on, deadline = False, None
        while process.poll() is None:
            self.turn()
            if self.asked_to_stop and deadline is None:
                deadline = time.monotonic() + FOREGROUND_SECONDS
            if self._last_signal != signal.SIGINT and self.asked_to_stop and not passed_on:
                passed_on = True
                process.send_signal(signal.SIGINT)
            if deadline and time.monotonic() > deadline:
                process.kill()
        return process.returncode

    def until(self, known: Callable[[], T | None], seconds: float | None, what: str) -> T:
        """Turn until `known` gives something; raises CannotStart after `seconds`, Stopping when a signal says so."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while (found := known()) is None:
            if self.asked_to_stop:
                raise Stopping
            if deadline is not None and time.monotonic() > deadline:
                raise CannotStart(f"{what} did not come up within {seconds:.0f} s.")
            self.turn(0.02 if deadline else TICK_SECONDS)
        return found

    def turn(self, seconds: float = TICK_SECONDS) -> None:
        """Wait at most so long for something to happen, and deal with it."""
        soonest = min((due for due, _ in self._due.values()), default=None)
        if soonest is not None:
            seconds = max(0.0, min(seconds, soonest - time.monotonic()))
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                _empty(key.fd)
            elif not key.data.lines.drain(key.fd):
                self._close_pipe(key.data)
        for child in list(self.children.values()):
            if child.process.poll() is not None:
                self._bury(child)
        if not self._stopping and not self.asked_to_stop:
            now = time.monotonic()
            for due, program in list(self._due.values()):
                if due <= now:
                    self.start(program)

    def stop_all(self) -> None:
        """End the applications, then the services; a second signal ends everything at once."""
        self._stopping = True
        self._due.clear()
        first = self.asked_to_stop
        for stage in (APPLICATION, SERVICE):
            children = [child for child in self.children.values() if child.program.stage == stage]
            self._stop(children, lambda: self.asked_to_stop > first)
        self._stopping = False

    def _stop(self, children: list[Child], hurried: Callable[[], bool]) -> None:
        began = time.monotonic()
        plans = {}
        for child in children:
            steps, at = [], 0.0
            for number, seconds in child.program.stops:
                steps.append((at, number))
                at += seconds
            plans[child.program.name] = [*steps, (at, signal.SIGKILL)]
        while running := [c for c in children if c.alive]:
            passed = time.monotonic() - began
            for child in running:
                plan = plans[child.program.name]
                while plan and (hurried() or plan[0][0] <= passed):
                    _, number = plan.pop(0)
                    if number == signal.SIGKILL:
                        signal_group(child.process.pid, number)
                    else:
                        child.process.send_signal(number)
            self.turn(0.05)

    def _bury(self, child: Child) -> None:
        # What a killed leader leaves in its group would hold its pipe and its database connections.
        _end_group(child.process.pid)
        self._close_pipe(child)
        name, code = child.program.name, child.process.returncode
        del self.children[name]
        self.register.remove(child.process.pid)
        again = child.program.restart == "always" or (child.program.restart == "failure" and code != 0)
        if not again or self._stopping or self.asked_to_stop:
            self._ended[name] = code
            return
        now = time.monotonic()
        wait = self._backoffs.setdefault(name, Backoff()).after(now - child.began)
        self._due[name] = (now + wait, child.program)
        self.terminal.line(name, f"ended ({ending(code)}); starting again in {wait:.1f} s")

    def _close_pipe(self, child: Child) -> None:
        pipe = child.process.stdout
        if pipe is None or pipe.closed:
            return
        child.lines.drain(pipe.fileno())
        child.lines.flush()
        self._selector.unregister(pipe)
        pipe.close()

    def _note_stop(self, number: int, *_: object) -> None:
        self._last_signal = number
        self.asked_to_stop += 1


def _end_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    return reading, writing


def _empty(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        return
