"""The unit files are what systemd takes, and name settings that there are."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from barter.tools.cli.start import start

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
PROGRAM = "/opt/barter/.venv/bin/barter"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not there")
    copies = [tmp_path / unit.name for unit in UNITS]
    for unit, copy in zip(UNITS, copies, strict=True):
        copy.write_text(unit.read_text().replace(PROGRAM, shutil.which("true") or ""))
    checked = subprocess.run(["systemd-analyze", "verify", *copies], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_each_unit_starts_a_daemon_with_flags_that_it_has() -> None:
    assert len(UNITS) == 3
    for unit in UNITS:
        [line] = re.findall(r"^ExecStart=(.*)", unit.read_text(), re.M)
        program, verb, daemon, *flags = line.split()
        assert (program, verb) == (PROGRAM, "start")
        assert {flag for flag in flags if flag.startswith("-")} <= set(options_of(daemon))


def test_the_examples_set_what_there_is() -> None:
    known = {name for daemon in ("master", "agent", "service") for name in variables_of(daemon)}
    for example in DEPLOY.glob("*.example"):
        named = set(re.findall(r"^#?(BARTER_[A-Z_]+)=", example.read_text(), re.M))
        assert named <= known


def options_of(daemon: str) -> list[str]:
    return [name for option in start.commands[daemon].params for name in option.opts]


def variables_of(daemon: str) -> list[str]:
    found: list[str] = []
    for option in start.commands[daemon].params:
        assert isinstance(option, click.Option)
        given = option.envvar or f"BARTER_START_{daemon}_{option.name}".upper()
        found += [given] if isinstance(given, str) else given
    return found
