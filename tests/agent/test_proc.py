"""Processes of tasks are found whatever they are at."""

import io
import subprocess
from typing import Any

import pytest

from barter.agent.runtime import proc


def test_a_leader_is_found_in_the_moment_it_becomes_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def amid_exec(path: str, mode: str = "r") -> Any:
        """As the kernel has it in that moment: no environment, at the first two looks."""
        if path == f"/proc/{task.pid}/environ":
            looks.append(path)
            return io.BytesIO(b"") if len(looks) < 3 else io.BytesIO(b"A=b\0BARTER_SANDBOX=/s\0")
        return open(path, mode)

    with subprocess.Popen(["/bin/sleep", "20"], env={}, start_new_session=True) as task:
        try:
            monkeypatch.setattr(proc, "open", amid_exec, raising=False)
            assert proc.session_leaders()["/s"] == task.pid
        finally:
            task.kill()


def test_one_without_an_environment_is_none() -> None:
    with subprocess.Popen(["/bin/sleep", "20"], env={}, start_new_session=True) as bare:
        try:
            assert bare.pid not in proc.session_leaders().values()
        finally:
            bare.kill()
