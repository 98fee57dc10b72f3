"""What tasks have used, read from files and from real processes."""

import os
import subprocess
from pathlib import Path

from barter.agent.executor.events import Sample, TaskKey
from barter.agent.runtime.measure import Measurable, Used, container_cgroups, measure, of_cgroups, of_sessions
from barter.core.ids import FrameworkId, TaskId

KEY = TaskKey(FrameworkId("f"), TaskId("t"))
BURN = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"


def test_cgroups_of_either_version(tmp_path: Path) -> None:
    one, two = tmp_path / "v1", tmp_path / "v2"
    for folder in (one, two):
        folder.mkdir()
    (one / "cpuacct.usage").write_text("3000000\n")
    (one / "memory.stat").write_text("cache 9\nrss 5\ntotal_cache 9\ntotal_rss 4096\n")
    (two / "cpu.stat").write_text("usage_usec 3000\nuser_usec 1\n")
    (two / "memory.stat").write_text("anon 4096\nfile 9\n")
    assert of_cgroups((str(one),)) == of_cgroups((str(two),)) == Used(3000, 4096)


def test_cgroups_that_count_no_cpu_time_are_none(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("nr_periods 0\n")
    (tmp_path / "memory.stat").write_text("anon 4096\n")
    assert of_cgroups((str(tmp_path),)) is None
    assert of_cgroups((str(tmp_path / "gone"),)) is None


def test_a_session_counts_all_its_processes_the_ended_ones_too() -> None:
    script = f"({BURN}); echo burnt; read line"
    with subprocess.Popen(
        ["/bin/sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        used = of_sessions({process.pid})[process.pid]
        [sample] = measure([Measurable(KEY, process.pid, ())])
        process.stdin.close()
    assert used.cpu_us > 0
    assert used.mem > 0
    assert sample == Sample(KEY, sample.cpu_us, sample.mem, sample.read, sample.written)
    assert sample.cpu_us >= used.cpu_us


def test_a_task_that_is_gone_is_left_out() -> None:
    ended = subprocess.Popen(["/bin/true"], start_new_session=True)
    ended.wait()
    assert measure([Measurable(KEY, ended.pid, ())]) == []
    assert os.getsid(0) in of_sessions({os.getsid(0)})


def test_containers_are_found_where_either_driver_puts_them(tmp_path: Path) -> None:
    flat, nested = tmp_path / "cpu,cpuacct" / "docker" / "c1", tmp_path / "system.slice" / "docker-c2.scope"
    for folder in (flat, nested):
        folder.mkdir(parents=True)
    assert container_cgroups("c1", tmp_path) == (str(flat),)
    assert container_cgroups("c2", tmp_path) == (str(nested),)
    assert container_cgroups("c3", tmp_path) == ()
