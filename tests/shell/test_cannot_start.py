"""A daemon that cannot start says so in one line, with what to do, and leaves nothing behind."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

DAEMONS = [("master", "--data-dir"), ("agent", "--work-dir"), ("service", "--data-dir")]
COMMAND = (sys.executable, "-m", "barter.tools.cli.main", "start")


def refusal(*words: str) -> str:
    ran = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    return line


@pytest.mark.parametrize(("daemon", "folder"), DAEMONS[:2])
def test_a_taken_second_port_is_found_before_anything_is_kept(daemon: str, folder: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        line = refusal(daemon, folder, str(tmp_path), "--listen", "127.0.0.1:0", "--http", taken)
    assert f"cannot listen on {taken}" in line
    assert "choose another address" in line
    assert not list(tmp_path.glob("*.sqlite*"))


@pytest.mark.parametrize(("daemon", "folder"), DAEMONS)
def test_a_folder_that_cannot_be_made(daemon: str, folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refusal(daemon, folder, str(tmp_path / "file" / "inside"), "--listen", "127.0.0.1:0")
    assert str(tmp_path / "file") in line
    assert folder in line
