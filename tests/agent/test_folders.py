"""The work dir: its lock, its sandboxes, the executor's socket, and what the machine has."""

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from barter.agent.runtime.identity import identify
from barter.agent.shell.process import LONGEST_SOCKET_PATH, socket_path
from barter.agent.shell.resources import detect, less, override
from barter.agent.shell.sandbox import Sandboxes
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import parse_resources, resources

F = FrameworkId("f1")


def test_sandboxes_are_made_kept_and_removed_oldest_first(tmp_path: Path) -> None:
    boxes = Sandboxes(tmp_path, keep=2)
    for number in range(5):
        path = Path(boxes.make(F, TaskId(f"t{number}")))
        (path / "stdout").write_text("out")
        os.utime(path, (number, number))
    boxes.ended(F, TaskId("t0"))
    assert boxes.excess() == []
    again = Sandboxes(tmp_path, keep=2)
    again.find_ended({(F, TaskId("t4"))})
    assert again.excess(busy=True) == []
    excess = again.excess()
    assert [task for _, task in excess] == ["t0", "t1"]
    again.remove(excess)
    assert sorted(os.listdir(tmp_path / "sandboxes" / "f1")) == ["t2", "t3", "t4"]


@pytest.mark.parametrize("name", ["..", "a/b", "", "/etc", "a\0b", ".hidden"])
def test_a_sandbox_is_never_elsewhere(tmp_path: Path, name: str) -> None:
    boxes = Sandboxes(tmp_path)
    with pytest.raises(ValueError, match="not usable"):
        boxes.make(F, TaskId(name))
    with pytest.raises(ValueError, match="not usable"):
        boxes.make(FrameworkId(name), TaskId("t1"))
    assert os.listdir(tmp_path / "sandboxes") == []


def test_a_long_work_dir_gets_a_short_private_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert socket_path(Path("/w"), "a1") == "/w/agent.sock"
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        path = Path(socket_path(tmp_path / ("d" * LONGEST_SOCKET_PATH), "a1"))
        assert path == Path(short) / "barter-a1" / "agent.sock"
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        path.parent.chmod(0o777)
        with pytest.raises(PermissionError, match="not a private folder"):
            socket_path(tmp_path / ("d" * LONGEST_SOCKET_PATH), "a1")


def test_a_process_is_known_by_more_than_its_pid() -> None:
    assert identify(os.getpid()) == identify(os.getpid())
    assert identify(os.getpid()) != identify(os.getppid())
    with pytest.raises(ProcessLookupError):
        identify(sys.maxsize)


def test_what_the_machine_has(tmp_path: Path) -> None:
    found = detect(tmp_path)
    assert found.scalars["cpus"] >= 1000
    assert found.ports == ((31000, 32000),)
    assert less(8 << 30, 1 << 30) == 7 << 30
    assert less(1 << 30, 1 << 30) == 1 << 29


def test_resources_are_overridden_kind_by_kind() -> None:
    found = resources(cpus=2000, mem=1 << 30, ports=((31000, 32000),))
    assert override(found, None) == found
    named = override(found, parse_resources("cpus=8,ports=[100-200],gpus={0,1}"))
    assert named == parse_resources("cpus=8,mem=1GiB,ports=[100-200],gpus={0,1}")
