"""Which tests a suite runs."""

from __future__ import annotations

import pytest

from launcher.checks import _plan
from launcher.places import Checkout
from launcher.terminal import Terminal


@pytest.mark.parametrize(("words", "run"), [
    ((), ["tests/benchmarks"]),
    (("-k", "year"), ["tests/benchmarks", "-k", "year"]),
    (("tests/benchmarks/test_columns.py",), ["tests/benchmarks/test_columns.py"]),
])
def test_a_suite_is_whole_unless_one_of_its_files_is_named(words: tuple[str, ...], run: list[str]) -> None:
    (check,) = _plan(Checkout(), Terminal(coloured=False), "benchmarks", words, has_browser=False)

    assert list(check.argv[-len(run) - 1 :]) == ["-s", *run]
