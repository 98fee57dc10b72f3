"""Folders that the tasks of a group share: one place on the machine for all of them, gone with the first's sandbox."""

from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent.executor.events import Order
from barter.agent.runtime import persistent
from barter.agent.runtime.base import LaunchFailed
from barter.agent.shell.sandbox import Sandboxes
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import Container, SharedFolder, TaskInfo
from tests.agent.agent_kit import task

F = FrameworkId("f1")


def order(boxes: Sandboxes, info: TaskInfo, path: str, *, read_only: bool = False) -> Order:
    shared = (SharedFolder(TaskId("first"), "data", path, read_only),)
    sandbox = boxes.make(F, info.task_id)
    return Order(F, replace(info, group_id="g", shared=shared), sandbox, "c")


def test_a_process_and_a_container_have_the_same_folder_which_goes_with_the_firsts_sandbox(tmp_path: Path) -> None:
    boxes = Sandboxes(tmp_path, keep=0)
    process = order(boxes, task("first"), "here/data")
    image = replace(task("other"), container=Container("busybox"))
    container = order(boxes, image, "/data", read_only=True)
    place = tmp_path / "shared" / F / "first" / "data"

    persistent.link(process, tmp_path)
    Path(process.sandbox, "here", "data", "file").write_text("hello")
    assert persistent.binds(container, tmp_path) == [f"{place}:/data:ro"]
    assert (place / "file").read_text() == "hello"
    assert place.stat().st_mode & 0o777 == 0o777
    assert place.parent.stat().st_mode & 0o777 == 0o700

    boxes.ended(F, TaskId("other"))
    boxes.sweep()
    assert place.exists()
    boxes.ended(F, TaskId("first"))
    boxes.sweep()
    assert not place.parent.exists()


def test_no_task_can_put_a_link_in_the_place_of_a_shared_folder(tmp_path: Path) -> None:
    """What it can write is in its sandbox, and in the folder itself."""
    boxes = Sandboxes(tmp_path)
    first = order(boxes, task("first"), "data")
    persistent.link(first, tmp_path)
    link = Path(first.sandbox, "data")
    link.unlink()
    link.symlink_to("/etc")
    image = replace(task("other"), container=Container("busybox"))
    assert persistent.binds(order(boxes, image, "/data"), tmp_path) == [f"{tmp_path}/shared/{F}/first/data:/data:rw"]


@pytest.mark.parametrize(
    ("path", "why"), [("/data", "must be relative"), ("../data", "must be plain"), ("stdout", "not one of")]
)
def test_where_a_process_cannot_have_it(tmp_path: Path, path: str, why: str) -> None:
    with pytest.raises(LaunchFailed, match=why):
        persistent.link(order(Sandboxes(tmp_path), task("first"), path), tmp_path)
