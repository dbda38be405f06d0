"""`.env.example` names every variable that is read, and nothing else; the processes start with what it says."""

from __future__ import annotations

import ast
import re

from tests.contracts.sources import ROOT, python_files, tree

READERS = {"text", "flag", "number", "words"}
# Read by the launcher from its own environment, or built from a prefix.
ELSEWHERE = {"HOST", "PORT", "COLLECTOR_PORT", "WORKER_CONCURRENCY"}


def read_by_the_code() -> set[str]:
    found: set[str] = set()
    for path in python_files("config", "apps"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
                is_env = isinstance(node.func.value, ast.Name) and node.func.value.id == "env"
                if is_env and node.args and isinstance(node.args[0], ast.Constant):
                    found.add(node.args[0].value)
    text = "\n".join(path.read_text() for path in (ROOT / "config" / "settings").glob("*.py"))
    for ending in re.findall(r"{prefix}(_[A-Z_]+)", text):
        found |= {prefix + ending for prefix in ("GOOGLE", "MICROSOFT")}
    return found


def named_in_the_example() -> set[str]:
    return set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))


def test_every_variable_is_named() -> None:
    assert read_by_the_code() - named_in_the_example() == set()


def test_nothing_is_named_that_nobody_reads() -> None:
    launcher = "\n".join(path.read_text() for path in python_files("launcher"))
    surplus = named_in_the_example() - read_by_the_code() - ELSEWHERE

    assert {name for name in surplus if f'"{name}"' not in launcher} == set()
