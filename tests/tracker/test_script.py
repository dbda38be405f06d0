"""The built file: small, one literal to fill in, no newer language than ES2017."""

from __future__ import annotations

import re
from pathlib import Path

import brotli

BUDGET_BYTES = 2560


def test_script_is_within_its_size(script_file: Path) -> None:
    size = len(brotli.compress(script_file.read_bytes(), quality=11))

    assert size <= BUDGET_BYTES


def test_configuration_has_one_place(script_file: Path) -> None:
    assert script_file.read_text().count("__MAINSTAY_CONFIG__") == 1


def test_script_is_es2017_and_alone(script_file: Path) -> None:
    text = script_file.read_text()

    assert re.findall(r"\?\?|\?\.[a-zA-Z\[(]|catch\{|\{\.\.\.|\bimport\b|\bexport\b|\*\*=|#\w+\s*[=;(]", text) == []


def test_folder_holds_one_file(script_file: Path) -> None:
    assert [file.name for file in script_file.parent.iterdir()] == ["tracker.js"]
