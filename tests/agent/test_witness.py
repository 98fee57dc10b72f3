"""A container's end as its first process shows it."""

import asyncio
import subprocess
import time

from barter.agent.executor.events import Ended, TaskKey
from barter.agent.runtime.witness import Witness, first_process
from barter.core.ids import FrameworkId, TaskId
from tests.integration.machine import eventually

KEY = TaskKey(FrameworkId("f1"), TaskId("t1"))


def seen_to_end(line: str, *ends: Ended) -> list[Ended]:
    """What becomes of what an engine says of a process that has ended; nobody has asked for its exit code yet."""

    async def story() -> list[Ended]:
        witness = Witness()
        witness.watch(KEY, process.pid)
        await eventually(lambda: KEY in witness._seen)
        corrected = [witness.corrected(end) for end in ends]
        witness.close()
        return corrected

    with subprocess.Popen(["/bin/sh", "-c", line]) as process:
        return asyncio.run(story())


def test_a_code_that_the_engine_forgot_and_a_time_it_saw_late() -> None:
    began = time.time_ns() // 1_000_000
    [end] = seen_to_end("exit 42", Ended(KEY, 255, ended_ms=began + 3_600_000))
    assert end.exit_code == 42
    assert end.ended_ms is not None
    assert began <= end.ended_ms < began + 60_000


def test_a_signal() -> None:
    [end] = seen_to_end("kill -9 $$", Ended(KEY, 255))
    assert end.exit_code == 137


def test_what_the_engine_knows_better_stays() -> None:
    known = Ended(KEY, 3, ended_ms=1)
    assert seen_to_end("exit 42", known, Ended(KEY, 255)) == [known, Ended(KEY, 255)]


def test_what_ended_before_it_was_watched_and_what_is_not_here() -> None:
    async def story() -> Ended:
        witness = Witness()
        witness.watch(KEY, process.pid)
        witness.watch(KEY, 0)
        return witness.corrected(Ended(KEY, 255))

    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
        assert asyncio.run(story()) == Ended(KEY, 255)
    assert first_process("0" * 64) == 0
