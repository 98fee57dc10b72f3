"""A framework's own executor as real processes: it goes on when its agent is killed, and its end is its tasks' end."""

import asyncio
import shlex
import sys
from collections.abc import Sequence

import pytest

from barter import sdk
from barter.tools.bench.cluster import Cluster, cluster
from tests.integration.machine import eventually

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 30.0
S = sdk.TaskState
EXECUTOR = """
import os, signal, sys, uuid
from barter import sdk

NAME = uuid.uuid4()

class Counter(sdk.Executor):
    def registered(self, driver):
        driver.send_framework_message(f"registered {NAME}".encode())

    def reregistered(self, driver):
        driver.send_framework_message(f"reregistered {NAME}".encode())

    def launch_task(self, driver, task):
        if task.task_id == "bad":
            raise RuntimeError("not this one")
        driver.send_status_update(task.task_id, sdk.TaskState.RUNNING)

    def kill_task(self, driver, task_id, grace_ms):
        driver.send_status_update(task_id, sdk.TaskState.KILLED, f"within {grace_ms} ms")

    def shutdown(self, driver):
        driver.send_status_update("guest", sdk.TaskState.KILLED, "in good order")

    def framework_message(self, driver, data):
        if data == b"crash":
            os.kill(os.getpid(), signal.SIGKILL)
        driver.send_status_update(data.decode(), sdk.TaskState.FINISHED, exit_code=0)

sys.exit(sdk.run_executor(Counter()))
"""


class Author(sdk.Scheduler):
    def __init__(self) -> None:
        # The shell stays in between: who connects is a child of what the agent started.
        command = sdk.Command(shell=f"{sys.executable} -c {shlex.quote(EXECUTOR)}; exit $?")
        self.executor = sdk.ExecutorInfo(sdk.ExecutorId("counter"), command, sdk.resources(cpus=100, mem=sdk.MIB))
        other = sdk.Command(argv=(sys.executable, "-c", EXECUTOR))
        self.other = sdk.ExecutorInfo(sdk.ExecutorId("other"), other, sdk.resources(cpus=100, mem=sdk.MIB))
        self.wanted = dict.fromkeys(("one", "two", "three", "bad", "last"), self.executor) | {"guest": self.other}
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
            tasks = [sdk.TaskInfo(sdk.TaskId(name), name, need, executor=by) for name, by in self.wanted.items()]
            self.wanted, self.agent = {}, offer.agent_id
            driver.launch(offer, tasks)

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        told = self.states.setdefault(status.task_id, [])
        if not told or told[-1].state is not status.state:
            told.append(status)

    def framework_message(
        self, driver: sdk.Driver, agent_id: sdk.AgentId, executor_id: sdk.ExecutorId, data: bytes
    ) -> None:
        if executor_id == self.executor.executor_id:
            self.said.append(data.decode())

    def executor_lost(
        self, driver: sdk.Driver, agent_id: sdk.AgentId, executor_id: sdk.ExecutorId, exit_code: int | None, reason: str
    ) -> None:
        self.lost.append((executor_id, exit_code))

    def error(self, driver: sdk.Driver, message: str) -> None:
        self.errors.append(message)

    def last(self, name: str) -> sdk.TaskState | None:
        return self.states[name][-1].state if name in self.states else None


async def _reached(author: Author, what: sdk.TaskState, name: str) -> None:
    await eventually(lambda: author.last(name) is what, f"{name}: {what}", PATIENCE_SECONDS)


async def _told(author: Author, what: str) -> None:
    await eventually(lambda: any(what in said for said in author.said), what, PATIENCE_SECONDS)


async def _story(made: Cluster, author: Author) -> None:
    for name in ("one", "two", "three", "last", "guest"):
        await _reached(author, S.RUNNING, name)
    await _reached(author, S.FAILED, "bad")
    await _told(author, "registered")
    author.driver.kill(sdk.TaskId("one"), 700)
    await _reached(author, S.KILLED, "one")

    author.driver.kill(sdk.TaskId("other.guest"))
    await _reached(author, S.KILLED, "guest")
    await eventually(lambda: author.lost, "its end is told", PATIENCE_SECONDS)

    made.kill("agent")
    made.start_agent()
    await _told(author, "reregistered")
    author.driver.send_framework_message(author.agent, author.executor.executor_id, b"two")
    await _reached(author, S.FINISHED, "two")

    author.driver.send_framework_message(author.agent, sdk.ExecutorId("nobody"), b"hello")
    author.driver.send_framework_message(sdk.AgentId("nowhere"), author.executor.executor_id, b"hello")
    author.driver.send_framework_message(author.agent, author.executor.executor_id, b"crash")
    await _reached(author, S.FAILED, "three")
    await _reached(author, S.FAILED, "last")
    await eventually(
        lambda: len(author.lost) == 2 and len(author.errors) == 2, f"{author.lost} {author.errors}", PATIENCE_SECONDS
    )
    author.driver.stop()


def test_an_executor_and_its_tasks_outlive_their_agent_and_end_with_each_other() -> None:
    author = Author()
    with cluster("process") as made:

        async def play() -> None:
            driver = sdk.MasterDriver(author, sdk.FrameworkInfo("test"), made.master)
            serving = asyncio.create_task(driver.serve())
            await _story(made, author)
            await serving

        asyncio.run(play())
    names = {said.split()[-1] for said in author.said}
    assert len(names) == 1, "the same process before and after"
    assert author.states["one"][-1].reason is sdk.Reason.KILLED_BY_FRAMEWORK
    assert "launch_task raised RuntimeError" in author.states["bad"][-1].message
    assert author.states["two"][-1].exit_code == 0
    for name in ("three", "last"):
        assert author.states[name][-1].reason is sdk.Reason.EXECUTOR_FAILED
    assert author.states["guest"][-1].message == "in good order"
    assert author.lost == [("other", 0), ("counter", 137)]
    assert "no executor nobody of this framework" in author.errors[0]
    assert "agent nowhere is not connected" in author.errors[1]
    assert set(author.states) == {"one", "two", "three", "bad", "last", "guest"}, (
        "of its executor it hears by executor_lost"
    )
