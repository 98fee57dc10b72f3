"""What tasks have read, written, received and sent, out of files and of real processes."""

import os
import subprocess
from pathlib import Path

from barter.agent.runtime.traffic import Traffic, of_cgroups, of_network, of_process

WRITES = "dd if=/dev/zero of=file bs=1024 count=64 2>/dev/null; sync file; echo done; read line"


def test_version_2_counts_for_all_disks(tmp_path: Path) -> None:
    (tmp_path / "io.stat").write_text(
        "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n253:0 rbytes=1 wbytes=2 rios=1 wios=1\n7:0 \n"
    )
    assert of_cgroups((str(tmp_path),)) == Traffic(4097, 8194)


def test_where_the_cgroup_does_not_count_its_processes_do(tmp_path: Path) -> None:
    with subprocess.Popen(
        ["/bin/sh", "-c", WRITES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        (tmp_path / "cgroup.procs").write_text(f"{process.pid}\n")
        one, found = of_process(str(process.pid)), of_cgroups((str(tmp_path),))
        process.communicate(b"")
    assert one.written is not None
    assert one.read is not None
    assert found == Traffic(one.read, one.written), "no network of its own"


def test_what_is_gone_counts_nothing(tmp_path: Path) -> None:
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    assert of_process(str(ended.pid)) == of_network(str(ended.pid)) == Traffic()
    assert of_network(str(os.getpid())) == Traffic()
    assert of_cgroups((str(tmp_path / "gone"),)) == Traffic()


def test_what_one_side_does_not_know_the_other_does() -> None:
    assert Traffic(1, None, 3).plus(Traffic(10, 20)) == Traffic(11, 20, 3)
