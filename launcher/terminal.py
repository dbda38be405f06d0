"""What the launcher says: few lines, each naming its process."""

from __future__ import annotations

import contextlib
import os
import re
import sys

WIDTH = 10
COLOUR_CODE = re.compile(r"\x1b\[[0-9;]*m")
COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)


class Terminal:
    """Writes whole lines to standard output; colours only where a person looks and has not said NO_COLOR."""

    def __init__(self, coloured: bool | None = None) -> None:
        wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.coloured = wanted if coloured is None else coloured
        self._colour_of: dict[str, int] = {}

    def line(self, name: str, text: str) -> None:
        """One line of a process's log, behind its name."""
        label = f"{name:<{WIDTH}}|"
        if self.coloured:
            colour = self._colour_of.setdefault(name, COLOURS[len(self._colour_of) % len(COLOURS)])
            label = f"\033[{colour}m{label}\033[0m"
        else:
            text = COLOUR_CODE.sub("", text)  # some programs colour their logs without asking
        self._write(f"{label} {text}")

    def say(self, text: str) -> None:
        """One line of the launcher's own."""
        self._write(f"\033[2m{text}\033[0m" if self.coloured else text)

    def block(self, lines: list[str]) -> None:
        """Lines that belong together and must not be missed."""
        width = max(len(line) for line in lines) + 4
        rule = "─" * width
        body = [f"  {line}" for line in lines]
        if self.coloured:
            rule = f"\033[36m{rule}\033[0m"
            body[0] = f"\033[1m{body[0]}\033[0m"
        self._write("\n".join(["", rule, *body, rule, ""]))

    def _write(self, text: str) -> None:
        # A closed terminal must not keep the launcher from stopping its children.
        with contextlib.suppress(OSError, ValueError):
            try:
                sys.stdout.write(text + "\n")
            except UnicodeEncodeError:
                sys.stdout.write(text.encode("ascii", "replace").decode() + "\n")
            sys.stdout.flush()
