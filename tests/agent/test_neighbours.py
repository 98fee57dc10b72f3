"""Which engines are of this machine, and what is ours to end there."""

import os
import socket
import subprocess
from pathlib import Path

from barter.agent.runtime.neighbours import end_leftovers, is_local, lives


def test_who_listens_on_this_machine_is_local(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        assert is_local(f"unix://{tmp_path}/socket")
        # Another's namespaces: of a process that this one cannot look into.
        assert not is_local(f"unix://{tmp_path}/socket", tmp_path)
    assert not is_local(f"unix://{tmp_path}/none")
    assert not is_local("tcp://127.0.0.1:2375")


def test_what_a_removed_container_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    mine, other = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    try:
        for name, pid in (("docker/c1", mine.pid), ("docker/c1/inner", mine.pid), ("docker/c2", other.pid)):
            (tmp_path / "memory" / name).mkdir(parents=True)
            (tmp_path / "memory" / name / "cgroup.procs").write_text(f"{pid}\n")
        assert lives(mine.pid)
        assert end_leftovers("c1", tmp_path) == 1
        assert mine.wait(10) == -9
        assert not lives(mine.pid)
        assert other.poll() is None
        assert end_leftovers("c3", tmp_path) == 0
    finally:
        for process in (mine, other):
            process.kill()
            process.wait()
    assert lives(os.getpid())
