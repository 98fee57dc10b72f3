"""Persistent volumes at the agent: one live task each, told to the master, deleted on its order alone."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.book import Book
from barter.agent.executor.events import Order
from barter.agent.machine import Agent
from barter.agent.runtime import persistent
from barter.agent.runtime.base import LaunchFailed
from barter.agent.shell.resources import reserved
from barter.agent.shell.sandbox import Sandboxes, remove_tree
from barter.agent.shell.volumes import REMOVED, VolumeFolders
from barter.core.ids import TaskId, VolumeId
from barter.core.reservations import VolumeMount, mount_problem
from barter.core.resources import parse_resources
from barter.core.task_state import TaskState
from barter.core.tasks import Container, Reason, TaskInfo
from tests.agent.agent_kit import F, agent, kinds, launched, opened, ready, replayed, report, reports, run, task

V1, V2 = VolumeId("v1"), VolumeId("v2")


def mounting(name: str, *volumes: VolumeId) -> TaskInfo:
    return replace(task(name), volumes=tuple(VolumeMount(each, f"in/{each}") for each in volumes))


def told(actions: list[act.Action]) -> list[tuple[VolumeId, ...]]:
    return [each.volumes for each in actions if isinstance(each, act.SendVolumes)]


def refused(actions: list[act.Action]) -> list[tuple[TaskState, Reason]]:
    updates = [update for each in actions if isinstance(each, act.SendUpdates) for update in each.updates]
    return [(status.state, status.reason) for _, status in updates if status.terminal]


def deletions(actions: list[act.Action]) -> list[VolumeId]:
    return [each.volume_id for each in actions if isinstance(each, act.DeleteVolume)]


def ended(name: str, sequence: int) -> ev.ExecutorReports:
    return reports(report(name, TaskState.FINISHED, sequence))


def test_a_volume_of_first_use_is_told_once() -> None:
    one = ready(agent())
    done = one.step(run(mounting("t1", V1)), 1)
    assert launched(done) == ["t1"]
    assert told(done) == [(V1,)]
    assert kinds(done).index("LaunchTasks") < kinds(done).index("SendVolumes")
    one.step(ended("t1", 1), 2)
    assert told(one.step(run(mounting("t2", V1)), 3)) == []


def test_a_volume_has_one_live_task() -> None:
    one = ready(agent())
    one.step(run(mounting("t1", V1)), 1)
    assert refused(one.step(run(mounting("t2", V1)), 2)) == [(TaskState.DROPPED, Reason.VOLUME_UNUSABLE)]
    one.step(ended("t1", 1), 3)
    assert launched(one.step(run(mounting("t3", V1)), 4)) == ["t3"]


def test_after_a_restart_a_live_task_still_has_its_volume() -> None:
    one = ready(agent())
    facts = [
        fact for each in one.step(run(mounting("t1", V1)), 1) if isinstance(each, act.Record) for fact in each.facts
    ]
    again = ready(agent_with(replayed([*facts]), V1))
    assert refused(again.step(run(mounting("t2", V1)), 2)) == [(TaskState.DROPPED, Reason.VOLUME_UNUSABLE)]


def agent_with(book: Book, *volumes: VolumeId) -> Agent:
    return Agent(agent().info, book, ("m1:5050",), volumes)


def test_the_volumes_it_has_are_told_at_registration() -> None:
    [register] = [each for each in opened(agent_with(Book(), V1, V2), 0) if isinstance(each, act.SendRegister)]
    assert register.volumes == (V1, V2)


def test_a_volume_is_deleted_on_the_masters_order_and_then_told() -> None:
    one = ready(agent_with(Book(), V1, V2))
    done = one.step(ev.DestroyVolume(1, V1), 1)
    assert (deletions(done), told(done)) == ([V1], [])
    assert deletions(one.step(ev.DestroyVolume(1, V1), 2)) == []
    assert refused(one.step(run(mounting("t1", V1)), 3)) == [(TaskState.DROPPED, Reason.VOLUME_UNUSABLE)]
    assert told(one.step(ev.VolumeDeleted(V1), 4)) == [(V2,)]
    assert launched(one.step(run(mounting("t2", V1)), 5)) == ["t2"]


def test_a_volume_that_was_never_made_is_answered_at_once() -> None:
    one = ready(agent())
    done = one.step(ev.DestroyVolume(1, V1), 1)
    assert (deletions(done), told(done)) == ([], [()])


def test_a_used_volume_is_deleted_when_its_task_has_ended() -> None:
    one = ready(agent())
    one.step(run(mounting("t1", V1)), 1)
    done = one.step(ev.DestroyVolume(1, V1), 2)
    assert (deletions(done), told(done)) == ([], [])
    assert deletions(one.step(ended("t1", 1), 3)) == [V1]


def test_a_deletion_that_failed_is_left_to_the_next_order() -> None:
    one = ready(agent_with(Book(), V1))
    one.step(ev.DestroyVolume(1, V1), 1)
    assert told(one.step(ev.VolumeDeleted(V1, "no permission"), 2)) == []
    assert deletions(one.step(ev.DestroyVolume(1, V1), 3)) == [V1]


def test_an_order_of_an_old_epoch_deletes_nothing() -> None:
    one = ready(agent_with(Book(), V1))
    one.step(ev.MasterHeartbeat(5), 1)
    assert deletions(one.step(ev.DestroyVolume(4, V1), 2)) == []


@pytest.mark.parametrize("volume_id", ["../x", ".removed", "a/b", ""])
def test_a_volume_whose_id_could_name_another_folder_is_an_invalid_task(volume_id: str) -> None:
    one = ready(agent())
    done = one.step(run(mounting("t1", VolumeId(volume_id))), 1)
    assert refused(done) == [(TaskState.ERROR, Reason.INVALID_TASK)]


@pytest.mark.parametrize(
    ("paths", "in_container", "said"),
    [
        (("data",), False, ""),
        (("a/b", "a/c"), False, ""),
        (("/data",), True, ""),
        (("/data",), False, "relative"),
        (("data",), True, "absolute"),
        (("../up",), False, "plain"),
        (("a/../../up",), False, "plain"),
        (("/",), True, "plain"),
        (("/a:b",), True, "plain"),
        (("stdout",), False, "not one of stdout"),
        (("a", "a/b"), False, "within that of another"),
        (("/a", "/a"), True, "within that of another"),
    ],
)
def test_where_a_volume_may_be(paths: tuple[str, ...], in_container: bool, said: str) -> None:
    mounts = [VolumeMount(VolumeId(f"v{number}"), path) for number, path in enumerate(paths)]
    problem = mount_problem(mounts, in_container=in_container)
    assert (said in problem) if said else not problem


def test_a_link_cannot_be_read_only_and_no_volume_is_mounted_twice() -> None:
    assert "read-only" in mount_problem([VolumeMount(V1, "a", True)], in_container=False)
    assert not mount_problem([VolumeMount(V1, "/a", True)], in_container=True)
    assert "twice" in mount_problem([VolumeMount(V1, "/a"), VolumeMount(V1, "/b")], in_container=True)


def test_data_stays_until_it_is_deleted_and_then_never_comes_back(tmp_path: Path) -> None:
    folders = VolumeFolders(tmp_path)
    folders.make(V1)
    (tmp_path / "volumes" / V1 / "x").write_text("kept")
    folders.make(V1)
    assert VolumeFolders(tmp_path).found() == (V1,)
    assert folders.delete(V1) == ""
    assert folders.found() == ()
    [aside] = (tmp_path / "volumes" / REMOVED).iterdir()
    assert (aside / "x").read_text() == "kept"
    folders.make(V1)
    assert not list((tmp_path / "volumes" / V1).iterdir())
    VolumeFolders(tmp_path).sweep()
    assert not list((tmp_path / "volumes" / REMOVED).iterdir())
    assert folders.delete(V2) == ""


def test_a_sandbox_that_goes_leaves_its_volumes_data(tmp_path: Path) -> None:
    folders, sandboxes = VolumeFolders(tmp_path), Sandboxes(tmp_path)
    folders.make(V1)
    order = Order(F, mounting("t1", V1), sandboxes.make(F, TaskId("t1")), "c")
    persistent.link(order, tmp_path)
    persistent.link(order, tmp_path)
    Path(order.sandbox, "in/v1/x").write_text("kept")
    remove_tree(order.sandbox)
    assert not os.path.exists(order.sandbox)
    assert (tmp_path / "volumes" / V1 / "x").read_text() == "kept"


def test_a_container_has_its_volumes_mounted(tmp_path: Path) -> None:
    VolumeFolders(tmp_path).make(V1)
    mount = VolumeMount(V1, "/data", True)
    info = replace(task("t1", image="busybox"), volumes=(mount,), container=Container("busybox"))
    order = Order(F, info, str(tmp_path), "c")
    assert persistent.binds(order, tmp_path) == [f"{tmp_path}/volumes/v1:/data:ro"]


@pytest.mark.parametrize("use", [persistent.link, persistent.binds])
def test_a_volume_without_data_starts_no_task(tmp_path: Path, use: Callable[[Order, Path], object]) -> None:
    path = "data" if use is persistent.link else "/data"
    container = None if use is persistent.link else Container("busybox")
    info = replace(task("t1"), volumes=(VolumeMount(V1, path),), container=container)
    with pytest.raises(LaunchFailed, match="behind the agent's back"):
        use(Order(F, info, str(tmp_path), "c"), tmp_path)


def test_what_is_reserved_at_the_start_is_part_of_what_there_is() -> None:
    has = parse_resources("cpus=4,mem=8GiB,ports=[1-10]")
    web, db = ("eng/web", parse_resources("cpus=2,ports=[1-5]")), ("db", parse_resources("cpus=2"))
    assert reserved(has, [web, db]) == dict([web, db])
    for wrong, said in (
        ([web, db, ("x", parse_resources("cpus=1"))], "cpus: 5 needed, 4 free"),
        ([web, ("x", parse_resources("ports=[5-6]"))], "overlaps"),
        ([web, ("eng.web", parse_resources("cpus=1"))], "twice"),
        ([("*", parse_resources("cpus=1"))], "everybody's"),
    ):
        with pytest.raises(ValueError, match=said.replace("*", r"\*")):
            reserved(has, wrong)
