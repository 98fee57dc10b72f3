"""The work dir: its lock, its sandboxes, the executor's socket, and what the machine has."""

import os
import shutil
import stat
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from barter.agent.collect import Policy
from barter.agent.runtime.identity import identify
from barter.agent.shell.process import LONGEST_SOCKET_PATH, OWN_SOCKET, socket_path
from barter.agent.shell.resources import detect, less, override
from barter.agent.shell.sandbox import Sandboxes, mode_of
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import parse_resources, resources
from barter.core.tasks import Command, Container, TaskInfo

F = FrameworkId("f1")


HOUR = 3_600_000


def aged(path: str | Path, seconds: int) -> None:
    changed = time.time() - seconds
    os.utime(path, (changed, changed))


def named(boxes: Sandboxes) -> list[str]:
    return sorted(os.listdir(boxes.root / F)) if (boxes.root / F).exists() else []


def test_sandboxes_are_made_kept_and_removed_oldest_first(tmp_path: Path) -> None:
    boxes = Sandboxes(tmp_path, keep=2)
    for number in range(5):
        path = Path(boxes.make(F, TaskId(f"t{number}")))
        (path / "stdout").write_text("out")
        aged(path, 100 - number)
    boxes.ended(F, TaskId("t0"))
    assert boxes.sweep() == []
    again = Sandboxes(tmp_path, keep=2)
    again.find_ended({(F, TaskId("t4"))})
    assert again.sweep(busy=True) == []
    assert [removal.item.name for removal in again.sweep()] == ["f1/t0", "f1/t1"]
    assert named(again) == ["t2", "t3", "t4"]


def test_sandboxes_go_by_age_and_never_those_of_live_tasks(tmp_path: Path) -> None:
    boxes = Sandboxes(tmp_path, policy=Policy(keep_ms=HOUR, least_free=0))
    for number, minutes in enumerate((90, 30, 90)):
        path = boxes.make(F, TaskId(f"t{number}"))
        aged(path, minutes * 60)
    boxes.find_ended({(F, TaskId("t2"))})
    (removal,) = boxes.sweep()
    assert "kept for 1h" in removal.reason
    assert named(boxes) == ["t1", "t2"]


def test_a_disk_running_full_takes_the_oldest_until_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = Sandboxes(tmp_path, policy=Policy(keep_ms=HOUR, least_free=10))
    for number in range(4):
        path = boxes.make(F, TaskId(f"t{number}"))
        Path(path, "data").write_bytes(bytes(1 << 20))
        aged(path, 1000 - number)
    boxes.find_ended(set())
    usage = SimpleNamespace(total=100 << 20, free=(10 << 20) - (3 << 19))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert [removal.item.name for removal in boxes.sweep()] == ["f1/t0", "f1/t1"]
    assert named(boxes) == ["t2", "t3"]


def test_nothing_is_too_deep_to_be_removed_and_no_link_leads_out(tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").write_text("here")
    boxes = Sandboxes(tmp_path, keep=0)
    path = boxes.make(F, TaskId("deep"))
    os.symlink(keep, f"{path}/out")
    descriptor = os.open(path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    boxes.ended(F, TaskId("deep"))
    assert len(boxes.sweep()) == 1
    assert named(boxes) == []
    assert (keep / "file").read_text() == "here"


def test_who_else_can_look_into_a_sandbox(tmp_path: Path) -> None:
    boxes = Sandboxes(tmp_path)
    task = TaskInfo(TaskId("t1"), "t1", resources())
    assert stat.S_IMODE(os.stat(boxes.make(F, TaskId("t1"), mode_of(task))).st_mode) == 0o700
    in_image = replace(task, container=Container("nginx"))
    assert mode_of(in_image) == 0o755
    assert mode_of(replace(in_image, command=Command(user="1000:5"))) == 0o700
    assert stat.S_IMODE(boxes.root.stat().st_mode) == stat.S_IMODE((boxes.root / F).stat().st_mode) == 0o711


@pytest.mark.parametrize("name", ["..", "a/b", "", "/etc", "a\0b", ".hidden"])
def test_a_sandbox_is_never_elsewhere(tmp_path: Path, name: str) -> None:
    boxes = Sandboxes(tmp_path)
    with pytest.raises(ValueError, match="not usable"):
        boxes.make(F, TaskId(name))
    with pytest.raises(ValueError, match="not usable"):
        boxes.make(FrameworkId(name), TaskId("t1"))
    assert os.listdir(tmp_path / "sandboxes") == []


def test_a_long_work_dir_gets_a_short_private_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        assert socket_path(Path(short), "a1") == f"{short}/agent.sock"
        monkeypatch.setattr(tempfile, "tempdir", short)
        long = tmp_path / ("d" * LONGEST_SOCKET_PATH)
        path = Path(socket_path(long, "a1"))
        assert path == Path(short) / "barter-a1" / "agent.sock"
        path.parent.chmod(0o700)
        own = Path(socket_path(long, "a1", OWN_SOCKET))
        assert own.parent.parent == path.parent
        # Others get through to what they know, as executors that run as other users must.
        assert [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, own.parent)] == [0o711, 0o755]
        path.parent.chmod(0o777)
        with pytest.raises(PermissionError, match="not a private folder"):
            socket_path(long, "a1")


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
