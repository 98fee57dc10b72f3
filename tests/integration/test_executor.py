"""The executor as a process: with its agent, without it, and against others of its kind."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from barter.core.task_state import TaskState
from barter.core.tasks import CheckKind, HealthCheck, ReadinessCheck, Reason
from tests.integration.executor_agent import Agent, agent, task
from tests.integration.machine import eventually

pytestmark = pytest.mark.integration


def play(story: Callable[[Agent], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with agent() as one:
            await story(one)

    asyncio.run(whole())


def test_it_outlives_its_agent_and_tells_the_next_what_happened() -> None:
    async def story(one: Agent) -> None:
        await one.start_executor()
        one.launch(task("t1", "while [ ! -e go ]; do sleep 0.02; done; exit 6"), task("t2", "exec sleep 300"))
        await one.running("t1")
        await one.running("t2")
        await one.hang_up()
        (one.sandbox("t1") / "go").touch()
        await eventually((one.sandbox("t1") / "stdout").exists, "it ran")
        one.statuses.clear()
        await one.listen()
        await one.until(lambda: len(one.hellos) == 2)
        assert (await one.end_of("t1")).exit_code == 6
        told = {each.status.task_id: each.status.state for each in one.hellos[-1].tasks}
        assert told["t2"] == "TASK_RUNNING"
        one.stop(kill=True)
        assert await one.executor_exit() == 0
        assert one.states("t2")[-1] is TaskState.KILLED

    play(story)


def test_sigterm_ends_it_and_leaves_its_tasks() -> None:
    async def story(one: Agent) -> None:
        pid = await one.start_executor()
        one.launch(task("t1", "echo $$; exec sleep 300"))
        out = one.sandbox("t1") / "stdout"
        await eventually(lambda: out.exists() and bool(out.read_text()), "it writes its pid")
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        assert await one.executor_exit() == 0
        os.kill(int(out.read_text()), 0)
        await one.start_executor()
        assert [each.status.task_id for each in one.hellos[-1].tasks] == ["t1"]
        one.stop(kill=True)
        assert await one.executor_exit() == 0

    play(story)


def test_a_second_one_for_a_work_folder_is_refused() -> None:
    async def story(one: Agent) -> None:
        await one.start_executor()
        command = ["-m", "barter.agent.executor", "--socket", str(one.socket), "--work-dir", str(one.folder)]
        second = await asyncio.create_subprocess_exec(sys.executable, *command, stderr=asyncio.subprocess.PIPE)
        _, said = await asyncio.wait_for(second.communicate(), 20)
        assert second.returncode == 1
        assert b"in use by another executor" in said
        assert said.count(b"\n") == 1

    play(story)


def test_health_checks_of_processes() -> None:
    async def story(one: Agent) -> None:
        await one.start_executor()
        with listening() as port, listening() as silent:
            answers = HealthCheck(CheckKind.TCP, port=port, interval_ms=100, timeout_ms=5_000)
            hangs = HealthCheck(CheckKind.HTTP, port=silent, grace_ms=0, interval_ms=50, timeout_ms=100, max_failures=2)
            inside = HealthCheck(CheckKind.COMMAND, command="test -e ready", interval_ms=100)
            one.launch(task("tcp", "exec sleep 300", health_checks=(answers,)))
            one.launch(task("http", "exec sleep 300", health_checks=(hangs,)))
            one.launch(
                task(
                    "command",
                    "while [ ! -e go ]; do sleep 0.02; done; touch ready; exec sleep 300",
                    health_checks=(inside,),
                    readiness_check=ReadinessCheck(CheckKind.COMMAND, command="test -e warm", interval_ms=50),
                )
            )
            await one.until(lambda: one.of("tcp")[-1:] != [] and one.of("tcp")[-1].healthy is True)
            await one.running("command")
            assert one.of("command")[-1].healthy is None
            (one.sandbox("command") / "go").touch()
            await one.until(lambda: one.of("command")[-1].healthy is True)
            assert one.of("command")[-1].ready is False
            (one.sandbox("command") / "warm").touch()
            await one.until(lambda: one.of("command")[-1].ready is True)
            assert one.of("command")[-1].healthy is True
            end = await one.end_of("http")
            assert (end.state, end.reason) == (TaskState.KILLED, Reason.KILLED_BY_HEALTH_CHECK)
            assert "gave no answer within 100 ms" in end.message
        one.stop(kill=True)
        assert await one.executor_exit() == 0

    play(story)


@contextmanager
def listening() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        port: int = server.getsockname()[1]
        yield port
