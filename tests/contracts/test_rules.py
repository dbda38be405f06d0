"""Rules about where things may be done: which module reads the environment, adds numbers up, steps over the wall."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.accounts.roles import table
from apps.core.events import catalogue
from tests.contracts.sources import ROOT, name_of, python_files, room_of, tree

# Who may look over the wall, and why.
OVER_THE_WALL = {
    "apps/core/": "the outbox, connections and probes serve all organizations",
    "apps/accounts/": "memberships are what decides whose scope is entered",
    "apps/metrics/": "the hourly rollup counts for all organizations",
    "apps/notifications/": "deliveries are sent for all organizations",
    "apps/analytics/pipeline/": "one process counts for all sites",
    "apps/analytics/delivery/": "one process delivers for all sites",
    "apps/analytics/collector/": "a script id is looked up before anything is known of its owner",
    "apps/analytics/services/watch.py": "one look over everybody's waiting events",
    "apps/analytics/management/": "operators' commands",
    "apps/analytics/models/": "definitions",
    "apps/analytics/probes.py": "operators look at the whole inbox",
    "apps/demo/": "the demo business is made and removed from outside",
}
# The one right of the role Billing, which has nothing to open until there are plans.
AWAITED = {"billing.manage"}
NEVER_OVER_THE_WALL = ("views", "forms", "serializers", "consumers", "api")


def names_used(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def methods_called(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def test_lint_imports() -> None:
    found = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert found.returncode == 0, found.stdout


def test_only_a_few_step_over_the_wall() -> None:
    over = [
        name_of(path)
        for path in python_files("apps", "config")
        if {"every_tenant", "unscoped"} & set(names_used(path))
    ]

    assert [name for name in over if not name.startswith(tuple(OVER_THE_WALL))] == []


def test_what_people_reach_never_steps_over_the_wall() -> None:
    over = [
        name_of(path)
        for path in python_files("apps")
        if room_of(path) in NEVER_OVER_THE_WALL and {"every_tenant", "unscoped"} & set(names_used(path))
    ]

    assert over == []


def test_only_env_reads_the_environment() -> None:
    readers = [
        name_of(path)
        for path in python_files("apps", "config")
        if re.search(r"\bos\.(environ\.get|environ\[|getenv)", path.read_text())
    ]

    assert readers == ["config/env.py"]


def test_numbers_are_added_up_below_the_doors() -> None:
    rooms = ("views", "api", "consumers", "forms", "serializers")
    found = [
        f"{name_of(path)}: {name}"
        for path in python_files("apps")
        if room_of(path) in rooms
        for name in names_used(path)
        if name in {"aggregate", "Sum", "Avg", "Count"}
    ]

    assert found == []


def test_only_receivers_enqueue_tasks() -> None:
    found = [
        name_of(path)
        for path in python_files("apps")
        if room_of(path) in {"services", "models", "selectors", "views", "api", "forms", "metrics"}
        for name in methods_called(path)
        if name in {"delay", "apply_async"}
    ]

    assert found == []


def test_events_say_what_they_mean() -> None:
    own = {name: cls for name, cls in catalogue().items() if cls.__module__.startswith("apps.")}
    silent = [name for name, cls in own.items() if not str(cls.event_meta.label)]

    assert own
    assert silent == []


def test_rights_that_are_declared_are_asked_for() -> None:
    text = "\n".join(
        path.read_text()
        for path in [*python_files("apps", "config"), *(ROOT / "templates").rglob("*.html")]
        if path.name != "access_rules.py"
    )
    unused = [key for key in table() if f'"{key}"' not in text and f"'{key}'" not in text and key not in AWAITED]

    assert unused == []


@pytest.mark.parametrize("key", sorted(table()))
def test_rights_have_labels(key: str) -> None:
    assert str(table()[key].label)
