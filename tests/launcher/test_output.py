"""Output of children, cut into lines."""

from __future__ import annotations

import pytest

from launcher.output import LONGEST, Lines
from launcher.terminal import Terminal


@pytest.mark.parametrize("pieces", [[b"one\ntwo\n"], [b"o", b"ne\nt", b"wo\n"], [b"one\r\n\n", b"two"]])
def test_lines_come_out_the_same_however_they_are_split(pieces: list[bytes]) -> None:
    seen: list[str] = []
    lines = Lines(seen.append)
    for piece in pieces:
        lines.feed(piece)
    lines.flush()
    assert seen == ["one", "two"]


def test_character_split_between_reads_survives() -> None:
    seen: list[str] = []
    lines = Lines(seen.append)
    for byte in "Grüße\n".encode():
        lines.feed(bytes([byte]))
    assert seen == ["Grüße"]


def test_endless_line_does_not_fill_memory() -> None:
    seen: list[str] = []
    Lines(seen.append).feed(b"x" * (LONGEST + 1))
    assert [len(text) for text in seen] == [LONGEST + 1]


def test_process_name_stands_before_each_line(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(coloured=False).line("web", "\033[1mhel\033[0mlo")
    assert capsys.readouterr().out == "web       | hello\n"


def test_colour_belongs_to_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(coloured=True)
    for name in ("web", "worker", "web"):
        terminal.line(name, "x")
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == third != second
    assert first.startswith("\033[36mweb")
