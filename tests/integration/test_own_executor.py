"""A framework's own executor as real processes: it goes on when its agent is killed, and its end is its tasks' end."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from barter import sdk
from barter.tools.bench.cluster import Cluster, cluster

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60
S = sdk.TaskState
EXECUTOR = """
import os, sys
from barter import sdk

class Counter(sdk.Executor):
    def registered(self, driver):
        driver.send_framework_message(f"registered {os.getpid()}".encode())

    def reregistered(self, driver):
        driver.send_framework_message(f"reregistered {os.getpid()}".encode())

    def launch_task(self, driver, task):
        if task.task_id == "bad":
            raise RuntimeError("not this one")
        driver.send_status_update(task.task_id, sdk.TaskState.RUNNING)

    def kill_task(self, driver, task_id, grace_ms):
        driver.send_status_update(task_id, sdk.TaskState.KILLED, f"within {grace_ms} ms")

    def framework_message(self, driver, data):
        driver.send_status_update(data.decode(), sdk.TaskState.FINISHED, exit_code=0)

sys.exit(sdk.run_executor(Counter()))
"""


class Author(sdk.Scheduler):
    def __init__(self, script: Path) -> None:
        # The shell stays in between: who connects is a child of what the agent started.
        command = sdk.Command(shell=f"{sys.executable} {script}; exit $?")
        self.executor = sdk.ExecutorInfo(sdk.ExecutorId("counter"), command, sdk.resources(cpus=100, mem=sdk.MIB))
        self.wanted = ["one", "two", "three", "bad", "last"]
        self.states: dict[str, list[sdk.TaskStatus]] = {}
        self.said: list[str] = []
        self.lost: list[tuple[str, int | None]] = []
        self.errors: list[str] = []
        self.agent = sdk.AgentId("")
        self.driver: sdk.Driver

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        self.driver = driver
        need = sdk.resources(cpus=100, mem=sdk.MIB)
        for offer in offers:
            tasks = [sdk.TaskInfo(sdk.TaskId(name), name, need, executor=self.executor) for name in self.wanted]
            self.wanted, self.agent = [], offer.agent_id
            driver.launch(offer, tasks)

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        told = self.states.setdefault(status.task_id, [])
        if not told or told[-1].state is not status.state:
            told.append(status)

    def framework_message(
        self, driver: sdk.Driver, agent_id: sdk.AgentId, executor_id: sdk.ExecutorId, data: bytes
    ) -> None:
        self.said.append(data.decode())

    def executor_lost(
        self, driver: sdk.Driver, agent_id: sdk.AgentId, executor_id: sdk.ExecutorId, exit_code: int | None, reason: str
    ) -> None:
        self.lost.append((executor_id, exit_code))

    def error(self, driver: sdk.Driver, message: str) -> None:
        self.errors.append(message)

    def last(self, name: str) -> sdk.TaskState | None:
        return self.states[name][-1].state if name in self.states else None


async def _reached(author: Author, what: str, name: str = "") -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (any(what in said for said in author.said) if not name else author.last(name) == what):
            await asyncio.sleep(0.02)


async def _story(made: Cluster, author: Author) -> None:
    for name in ("one", "two", "three", "last"):
        await _reached(author, S.RUNNING, name)
    await _reached(author, S.FAILED, "bad")
    await _reached(author, "registered")
    author.driver.kill(sdk.TaskId("one"), 700)
    await _reached(author, S.KILLED, "one")

    made.kill("agent")
    made.start_agent()
    await _reached(author, "reregistered")
    author.driver.send_framework_message(author.agent, author.executor.executor_id, b"two")
    await _reached(author, S.FINISHED, "two")

    author.driver.send_framework_message(author.agent, sdk.ExecutorId("nobody"), b"hello")
    author.driver.send_framework_message(sdk.AgentId("nowhere"), author.executor.executor_id, b"hello")
    os.kill(int(author.said[-1].split()[-1]), signal.SIGKILL)
    await _reached(author, S.FAILED, "three")
    await _reached(author, S.FAILED, "last")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not author.lost or len(author.errors) < 2:
            await asyncio.sleep(0.02)
    author.driver.stop()


def test_an_executor_and_its_tasks_outlive_their_agent_and_end_with_each_other(tmp_path: Path) -> None:
    script = tmp_path / "executor.py"
    script.write_text(EXECUTOR)
    author = Author(script)
    with cluster("process") as made:

        async def play() -> None:
            driver = sdk.MasterDriver(author, sdk.FrameworkInfo("test"), made.master)
            serving = asyncio.create_task(driver.serve())
            await _story(made, author)
            await serving

        asyncio.run(play())
    pids = {said.split()[-1] for said in author.said}
    assert len(pids) == 1, "the same process before and after"
    assert author.states["one"][-1].reason is sdk.Reason.KILLED_BY_FRAMEWORK
    assert "launch_task raised RuntimeError" in author.states["bad"][-1].message
    assert author.states["two"][-1].exit_code == 0
    for name in ("three", "last"):
        assert author.states[name][-1].reason is sdk.Reason.EXECUTOR_FAILED
    assert author.lost == [("counter", 137)]
    assert "no executor nobody of this framework" in author.errors[0]
    assert "agent nowhere is not connected" in author.errors[1]
    assert set(author.states) == {"one", "two", "three", "bad", "last"}, "of its executor it hears by executor_lost"
