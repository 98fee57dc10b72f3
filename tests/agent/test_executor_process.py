"""At most one executor works on a folder, also when the agent that started it was killed at once."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from barter.agent.runtime.identity import RECORD, Running, identify, record, recorded
from barter.agent.shell.process import ExecutorProcess


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for an executor."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def named(pid: int) -> Running:
    return Running(identify(pid), pid, "process", "/s")


def test_only_a_living_executor_is_recorded(tmp_path: Path, other: "subprocess.Popen[bytes]") -> None:
    assert recorded(tmp_path) is None
    record(tmp_path, named(other.pid))
    assert recorded(tmp_path) == named(other.pid)
    record(tmp_path, Running("another-process", other.pid, "process", "/s"))
    assert recorded(tmp_path) is None
    (tmp_path / RECORD).write_text("half a li")
    assert recorded(tmp_path) is None


def test_an_executor_that_recorded_itself_is_taken_instead_of_a_second_one(
    tmp_path: Path, other: "subprocess.Popen[bytes]"
) -> None:
    async def agent() -> None:
        deaths: list[str] = []
        process = ExecutorProcess(tmp_path, ("false",))
        process.on_death(deaths.append)
        process.resume()
        assert deaths == ["none was left by an earlier agent"]
        record(tmp_path, named(other.pid))
        process.start("/s")
        assert process.running == named(other.pid)
        other.kill()
        await process.ended()
        assert process.running is None
        assert len(deaths) == 2
        await process.close()

    asyncio.run(agent())


def test_what_holds_the_folder_is_the_executor_whoever_started_it(
    tmp_path: Path, other: "subprocess.Popen[bytes]"
) -> None:
    async def agent() -> None:
        deaths: list[str] = []
        process = ExecutorProcess(tmp_path, ("sh", "-c", "sleep 1"))
        process.on_death(deaths.append)
        process.start("/s")
        started = process.running
        assert started is not None
        assert process.recognize(started.pid) == started.identity
        assert process.recognize(other.pid) == ""
        record(tmp_path, named(other.pid))
        assert process.recognize(other.pid) == identify(other.pid)
        assert process.running == named(other.pid)
        other.kill()
        await process.ended()
        assert [death.startswith(f"pid {other.pid} ended") for death in deaths] == [True]
        await process.close()

    asyncio.run(agent())
