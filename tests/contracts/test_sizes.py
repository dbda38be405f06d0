"""Modules and functions stay short enough to be read at one go."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.contracts.sources import name_of, python_files, tree

MODULE_LINES = 300
FUNCTION_LINES = 40
FILES = python_files("apps", "config", "launcher", "tests")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1})"
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]

    assert lines <= MODULE_LINES
    assert long == []


@pytest.mark.parametrize("path", [path for path in FILES if "tests" not in path.parts], ids=name_of)
def test_signatures_are_typed_and_modules_say_what_they_are_for(path: Path) -> None:
    module = tree(path)
    untyped = [
        node.name
        for node in ast.walk(module)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.returns is None
        and node.name != "__init__"
    ]

    assert untyped == []
    assert not module.body or ast.get_docstring(module)


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc"])
def test_no_drawers_for_everything(name: str) -> None:
    assert [name_of(path) for path in python_files("apps", "config", "launcher") if path.stem == name] == []


def test_nothing_is_left_for_later() -> None:
    marks = ("TODO", "FIXME", "XXX", "NotImplementedError", "coming soon")
    found = [
        f"{name_of(path)}: {mark}"
        for path in python_files("apps", "config", "launcher")
        for mark in marks
        if mark in path.read_text()
    ]

    assert found == []
