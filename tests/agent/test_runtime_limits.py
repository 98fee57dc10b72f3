"""Where cgroups may be made, and what is made there, on trees of plain files."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent.executor.events import TaskKey
from barter.agent.runtime.cgroups import LEAF, Found, find
from barter.agent.runtime.keeper.cgroup_files import oom_killed
from barter.agent.runtime.limits import FOLDER, Limits, cpu_shares, describe, home_name
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import UNLIMITED, TaskInfo
from barter.core.tasks import Limits as TaskLimits

KEY = TaskKey(FrameworkId("f"), TaskId("t"))
TASK = TaskInfo(TaskId("t"), "t", resources(cpus=500, mem=64 << 20))


def v2(root: Path, own: str, handed: dict[str, str], *, is_root: bool = True) -> Found:
    """A v2 tree; `handed` is the subtree_control of each folder."""
    for folder, controllers in handed.items():
        path = root / folder.strip("/")
        path.mkdir(parents=True, exist_ok=True)
        (path / "cgroup.subtree_control").write_text(controllers)
        (path / "cgroup.controllers").write_text("cpu memory pids")
        (path / "cgroup.procs").write_text("")
        if path != root or not is_root:
            (path / "cgroup.type").write_text("domain")
    mounts = f"30 24 0:26 / {root} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
    return find(f"0::{own}\n", mounts)


def test_v2_takes_the_nearest_ancestor_that_hands_controllers_down(tmp_path: Path) -> None:
    handed = {"/": "cpu memory", "/system.slice": "memory pids", "/system.slice/barter.service": ""}
    found = v2(tmp_path, "/system.slice/barter.service", handed)
    [hierarchy] = found.hierarchies
    assert (hierarchy.base, hierarchy.kinds) == (tmp_path / "system.slice", ("memory",))
    assert hierarchy.home == tmp_path / "system.slice/barter.service"
    [note] = describe(found)
    assert note.startswith("Cpu shares of process tasks are not enforced: no cgroup hands its cpu controller down")


def test_v2_the_real_root_may_be_told_to_but_a_namespace_root_not(tmp_path: Path) -> None:
    real = v2(tmp_path / "real", "/", {"/": ""})
    assert [(each.base, each.enable) for each in real.hierarchies] == [(tmp_path / "real", True)]
    inside = v2(tmp_path / "inside", "/", {"/": ""}, is_root=False)
    assert inside.hierarchies == ()
    assert [note.split()[0] for note in describe(inside)] == ["Memory", "Cpu", "What"]


def delegate(folder: Path) -> None:
    try:
        os.setxattr(folder, "user.delegate", b"1")
    except OSError as error:
        if os.geteuid() == 0:
            pytest.skip(f"no attributes on files here: {error}")


def test_v2_in_what_systemd_delegated_its_processes_make_room_for_tasks(tmp_path: Path) -> None:
    unit = tmp_path / "system.slice/barter.service"
    unit.mkdir(parents=True)
    delegate(unit)
    found = v2(
        tmp_path,
        "/system.slice/barter.service",
        {"/": "memory", "/system.slice": "memory", str(unit)[len(str(tmp_path)) :]: ""},
    )
    [hierarchy] = found.hierarchies
    assert (hierarchy.base, hierarchy.home, hierarchy.kinds) == (unit, unit / LEAF, ("memory", "cpu"))
    assert (hierarchy.enable, hierarchy.evacuate, describe(found)) == (True, True, ())
    (unit / "cgroup.subtree_control").write_text("cpu memory")
    (unit / LEAF).mkdir()
    (unit / LEAF / "cgroup.procs").write_text("")
    [hierarchy] = v2(tmp_path, f"/system.slice/barter.service/{LEAF}", {}).hierarchies
    assert (hierarchy.base, hierarchy.home, hierarchy.evacuate) == (unit, unit / LEAF, False)


def test_v2_limits_are_written_where_the_kernel_looks_for_them(tmp_path: Path) -> None:
    found = v2(tmp_path, "/", {"/": "cpu memory"})
    folder = tmp_path / FOLDER / home_name(Path("/work"))
    folder.mkdir(parents=True)
    for each in (folder, folder.parent):
        (each / "cgroup.subtree_control").write_text("")
    limits = Limits(Path("/work"), found)
    task = folder / hashlib.sha1(b"f/t").hexdigest()[:20]
    task.mkdir()
    for name in ("memory.max", "memory.swap.max", "cpu.weight"):
        (task / name).write_text("")
    assert limits.make(KEY, TASK) == (str(task),)
    assert [(task / name).read_text() for name in ("memory.max", "memory.swap.max")] == [str(64 << 20), "0"]
    assert (task / "cpu.weight").read_text() == "20"
    assert (folder / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert limits.doors((str(task),)) == ([f"{task}/cgroup.procs"], [f"{tmp_path}/cgroup.procs"])


GRANTED = [
    (TaskLimits(), {"memory.max": str(64 << 20), "memory.swap.max": "0"}),
    (
        TaskLimits(2_500, 128 << 20),
        {"memory.max": str(128 << 20), "memory.low": str(64 << 20), "cpu.max": "250000 100000"},
    ),
    (TaskLimits(UNLIMITED, UNLIMITED), {"memory.low": str(64 << 20)}),
]


@pytest.mark.parametrize(("limits", "written"), GRANTED)
def test_more_than_its_own_may_be_granted(tmp_path: Path, limits: TaskLimits, written: dict[str, str]) -> None:
    found = v2(tmp_path, "/", {"/": "cpu memory"})
    folder = tmp_path / FOLDER / home_name(Path("/work"))
    folder.mkdir(parents=True)
    for each in (folder, folder.parent):
        (each / "cgroup.subtree_control").write_text("")
    task = folder / hashlib.sha1(b"f/t").hexdigest()[:20]
    task.mkdir()
    names = ("memory.max", "memory.swap.max", "memory.low", "cpu.max", "cpu.weight")
    for name in names:
        (task / name).write_text("")
    Limits(Path("/work"), found).make(KEY, replace(TASK, limits=limits))
    said = {name: (task / name).read_text() for name in names}
    assert {name: said[name] for name in written} == written
    assert (said["memory.max"] == "") is (limits.mem == UNLIMITED)
    assert (said["cpu.max"] == "") is (limits.cpus in (None, UNLIMITED))


def test_v1_goes_below_our_own_cgroup_of_each_controller(tmp_path: Path) -> None:
    for folder in ("memory/mine", "cpu"):
        (tmp_path / folder).mkdir(parents=True)
    mounts = (
        f"31 24 0:27 / {tmp_path}/memory rw - cgroup cgroup rw,memory\n"
        f"32 24 0:28 /docker/abc {tmp_path}/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    )
    found = find("4:memory:/mine\n3:cpu,cpuacct:/docker/abc\n0::/\n", mounts)
    assert [(each.base, each.kinds) for each in found.hierarchies] == [
        (tmp_path / "memory/mine", ("memory",)),
        (tmp_path / "cpu", ("cpu",)),
    ]
    assert describe(found) == ()


def test_detection_leaves_nothing_behind(tmp_path: Path) -> None:
    found = v2(tmp_path, "/", {"/": ""})
    before = sorted(tmp_path.rglob("*"))
    describe(found)
    Limits(Path("/work"), found)
    assert sorted(tmp_path.rglob("*")) == before


def test_without_cgroups_tasks_run_without_limits() -> None:
    limits = Limits(Path("/work"), Found((), {"memory": "why", "cpu": "why"}))
    assert limits.make(KEY, TASK) == ()


def test_a_tree_that_refuses_is_given_up(tmp_path: Path) -> None:
    limits = Limits(Path("/work"), v2(tmp_path, "/", {"/": ""}))
    # Plain folders have no memory.max to open, as a kernel without the controller has none.
    assert limits.make(KEY, TASK) == ()
    assert limits.make(KEY, TASK) == ()
    left = [path.name for path in (tmp_path / FOLDER).iterdir()] if (tmp_path / FOLDER).exists() else []
    assert left in ([], [home_name(Path("/work"))])


@pytest.mark.parametrize(("milli", "shares"), [(1000, 1024), (1, 2), (500, 512), (10**9, 262144)])
def test_cpu_shares(milli: int, shares: int) -> None:
    assert cpu_shares(TaskInfo(TaskId("t"), "t", resources(cpus=milli))) == shares


@pytest.mark.parametrize(("revocable", "shares"), [(2000, 2), (1500, 512)])
def test_what_is_revocable_weighs_nothing(revocable: int, shares: int) -> None:
    task = TaskInfo(TaskId("t"), "t", resources(cpus=2000), revocable=resources(cpus=revocable))
    assert cpu_shares(task) == shares


def test_a_task_without_cpus_has_no_shares_of_its_own() -> None:
    assert cpu_shares(TaskInfo(TaskId("t"), "t", resources(mem=64 << 20))) == 0


def test_a_memory_kill_is_read_from_either_version(tmp_path: Path) -> None:
    (tmp_path / "memory.events").write_text("low 0\noom 1\noom_kill 0\n")
    assert not oom_killed((str(tmp_path),))
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert oom_killed((str(tmp_path),))
