"""The lock that keeps two daemons off one folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from barter.shell.lock import FolderLock, FolderTaken

HOLD = """
import sys
from pathlib import Path
from barter.shell.lock import FolderLock
held = FolderLock(Path(sys.argv[1]), "agent", "")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    first = FolderLock(tmp_path / "lock", "agent", "stop it")
    with pytest.raises(FolderTaken, match=rf"in use by another agent \(pid {os.getpid()}\): stop it"):
        FolderLock(tmp_path / "lock", "agent", "stop it")
    first.release()
    FolderLock(tmp_path / "lock", "agent", "stop it").release()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(FolderTaken, match=f"pid {other.pid}"):
            FolderLock(tmp_path / "lock", "agent", "stop it")
        other.kill()
    FolderLock(tmp_path / "lock", "agent", "stop it").release()
