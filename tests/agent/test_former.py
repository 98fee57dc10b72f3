"""The journal of an executor of before the keeper, as that executor wrote it, becomes the keeper's notes."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from barter.agent.executor.events import Ended
from barter.agent.executor.wire import order_from_wire
from barter.agent.runtime import former
from barter.agent.runtime.base import RuntimeEvent
from barter.agent.runtime.keeper.notes import Notes, Task
from barter.agent.runtime.proc import boot_id
from barter.agent.runtime.process import ProcessRuntime
from barter.proto.v1 import executor_pb2 as pb

WRITTEN = (Path(__file__).parent.parent / "golden" / "processes_1.jsonl").read_text()
ITS_BOOT = "11111111-2222-3333-4444-555555555555"


def taken_over(folder: Path, journal: str = WRITTEN) -> dict[bytes, Task]:
    (folder / former.JOURNAL).write_text(journal)
    asyncio.run(former.take_over(folder))
    assert not (folder / former.JOURNAL).exists()
    return Notes(str(folder / "keeper.notes"), boot_id()).tasks


def test_all_that_the_journal_knew_is_in_the_notes(tmp_path: Path) -> None:
    tasks = taken_over(tmp_path, WRITTEN.replace(ITS_BOOT, boot_id()))
    assert list(tasks) == [b"f-1/runs", b"f-1/killed", b"f-1/failed", b"f-1/intended", b"f-1/unknown"]
    runs, killed, failed, intended, unknown = tasks.values()
    assert (runs.pid, runs.started, runs.killing, runs.over) == (100, 7000, False, False)
    assert (runs.sandbox, runs.cgroups) == ("/former/sandboxes/f-1/runs", ("/sys/fs/cgroup/memory/barter/home/runs",))
    order = order_from_wire(pb.ExecutorEvent.LaunchTask.FromString(runs.order))
    assert (order.task.command.shell, order.container_name) == ("exit 3", "barter.a.f-1.runs")
    assert killed.killing
    assert killed.end is not None
    assert (killed.end.code, killed.end.ms, killed.end.out_of_memory) == (-9, 0, True)
    assert failed.end is not None
    assert (failed.end.code, failed.end.out_of_memory) == (3, False)
    assert (intended.pid, intended.over, intended.start) == (0, False, [])
    assert unknown.end is not None
    assert unknown.end.code is None


def test_after_the_machine_began_anew_no_pid_of_before_is_believed(tmp_path: Path) -> None:
    tasks = taken_over(tmp_path)
    assert len(tasks) == 5
    assert {task.pid for task in tasks.values()} == {0}


def test_what_the_notes_know_already_stays_as_it_is(tmp_path: Path) -> None:
    """As after a kill between the notes and the journal's removal."""
    journal = WRITTEN.replace(ITS_BOOT, boot_id())
    taken_over(tmp_path, journal)
    notes = Notes(str(tmp_path / "keeper.notes"), boot_id())
    notes.write(notes.forget([b"f-1/unknown"]))
    notes.tasks[b"f-1/runs"].pid = 555
    notes.compact()
    notes.close()
    again = taken_over(tmp_path, journal)
    assert again[b"f-1/runs"].pid == 555
    assert len(again) == 5


def test_a_journal_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / former.JOURNAL).write_text(f'{{"boot": "{ITS_BOOT}"}}\n\nnonsense\n[]\n{{"pid":["f-1","x",1,2,[]]}}\n')
    asyncio.run(former.take_over(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_the_executor_starts_and_takes_over_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "executor"
    folder.mkdir()
    (folder / former.JOURNAL).write_text(WRITTEN)
    full = True
    compact = Notes.compact

    def compacted(notes: Notes) -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        compact(notes)

    monkeypatch.setattr(Notes, "compact", compacted)
    monkeypatch.setattr(former, "AGAIN_S", 0.05)

    async def story() -> None:
        nonlocal full
        ended: set[str] = set()
        all_ended = asyncio.Event()

        def report(event: RuntimeEvent) -> None:
            if isinstance(event, Ended):
                ended.add(event.key.task_id)
                if len(ended) == 5:
                    all_ended.set()

        runtime = ProcessRuntime(tmp_path)
        held = await runtime.start(report)
        assert {each.order.key.task_id for each in held} == {"runs", "killed", "failed", "intended", "unknown"}
        assert (folder / former.JOURNAL).exists()
        assert not ended
        full = False
        await asyncio.wait_for(all_ended.wait(), 30)
        assert not former.waits(folder)
        await runtime.close()

    asyncio.run(story())
