"""The process runtime in a real executor."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from barter.agent.runtime.cgroups import find_here
from barter.agent.runtime.limits import FOLDER, home_name
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from tests.integration.executor_agent import Agent, agent, task
from tests.integration.machine import alive, eventually

pytestmark = pytest.mark.integration

RUNNING, FINISHED, FAILED = TaskState.RUNNING, TaskState.FINISHED, TaskState.FAILED
KILLING, KILLED = TaskState.KILLING, TaskState.KILLED


def with_agent(story: Callable[[Agent], Awaitable[None]]) -> None:
    async def play() -> None:
        async with agent() as one:
            await one.start_executor()
            await story(one)
            one.stop(kill=True)
            assert await one.executor_exit() == 0
            assert nothing_left(one.folder)

    asyncio.run(play())


def nothing_left(work_dir: Path) -> bool:
    homes = [h.base / FOLDER / home_name(work_dir) for h in find_here().hierarchies]
    left = set(os.listdir(work_dir / "executor")) - {"lock", "fetches"}
    return not left and not any(home.exists() for home in homes)


def test_a_task_runs_in_its_sandbox_and_its_end_is_told() -> None:
    async def story(one: Agent) -> None:
        script = 'pwd; echo "$BARTER_TASK_ID $MESOS_FRAMEWORK_ID $MESOS_SANDBOX"; echo oh >&2; ls /proc/self/fd'
        one.launch(task("t1", script), task("t2", "exit 3"), task("t3", argv=("sh", "-c", "kill -SEGV $$")))
        assert (await one.end_of("t1")).state is FINISHED
        assert one.states("t1") == [RUNNING, FINISHED]
        folder = str(one.sandbox("t1"))
        out = (one.sandbox("t1") / "stdout").read_text().splitlines()
        assert out[:2] == [folder, f"t1 f-1 {folder}"]
        # 0, 1, 2 and the one ls reads with: nothing of the executor's is inherited.
        assert out[2:] == ["0", "1", "2", "3"]
        assert (one.sandbox("t1") / "stderr").read_text() == "oh\n"
        end = await one.end_of("t2")
        assert (end.state, end.reason, end.exit_code, end.message) == (
            FAILED,
            Reason.COMMAND_EXITED,
            3,
            "exited with status 3",
        )
        end = await one.end_of("t3")
        assert (end.exit_code, end.message) == (139, "ended by SIGSEGV")

    with_agent(story)


def test_a_launch_that_cannot_be_says_what_to_do() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("t1", argv=("no-such-program",)), task("t2"), task("t3", "true", image="busybox"))
        end = await one.end_of("t1")
        assert (end.state, end.reason) == (FAILED, Reason.LAUNCH_FAILED)
        assert end.message.startswith("no program 'no-such-program' on the PATH")
        assert "needs a command" in (await one.end_of("t2")).message
        end = await one.end_of("t3")
        assert (end.reason, "--runtime docker" in end.message) == (Reason.RUNTIME_MISSING, True)

    with_agent(story)


def test_a_kill_reaches_all_of_a_task_and_insists() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("t1", "sleep 300 & echo $!; trap '' TERM; while :; do sleep 300; done"))
        await one.running("t1")
        out = one.sandbox("t1") / "stdout"
        await eventually(lambda: bool(out.exists() and out.read_text()), "the child's pid is written")
        child = int(out.read_text())
        one.kill("t1", grace_ms=100)
        end = await one.end_of("t1")
        assert one.states("t1") == [RUNNING, KILLING, KILLED]
        assert (end.reason, end.message) == (Reason.KILLED_BY_FRAMEWORK, "for a test; ended by SIGKILL")
        await eventually(lambda: not alive(child), "the child is gone")

    with_agent(story)


def test_what_a_task_leaves_behind_dies_with_it() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("t1", "sleep 300 & echo $!"))
        assert (await one.end_of("t1")).state is FINISHED
        child = int((one.sandbox("t1") / "stdout").read_text())
        await eventually(lambda: not alive(child), "the child is gone")

    with_agent(story)


@pytest.mark.skipif(not find_here().hierarchies, reason="cgroups are not permitted here")
def test_a_task_that_needs_too_much_memory_is_told_so() -> None:
    async def story(one: Agent) -> None:
        greedy = "x=x; while :; do x=$x$x; done"
        one.launch(task("t1", greedy, resources=resources(mem=16 << 20)))
        end = await one.end_of("t1")
        assert (end.state, end.reason) == (FAILED, Reason.MEMORY_LIMIT)
        assert end.message == "needed more memory than its limit of 16MiB"

    with_agent(story)


def test_tasks_outlive_their_executor_and_their_end_is_told_once() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("t1", "echo $$; exec sleep 300"), task("t2", "while [ ! -e go ]; do sleep 0.05; done"))
        await one.running("t2")
        await one.kill_executor()
        pid = int((one.sandbox("t1") / "stdout").read_text())
        assert alive(pid)
        await one.start_executor()
        told = {each.status.task_id: (each.status.state, each.sequence) for each in one.hellos[-1].tasks}
        assert told == {"t1": ("TASK_RUNNING", 0), "t2": ("TASK_RUNNING", 0)}
        one.kill("t1")
        assert (await one.end_of("t1")).state is KILLED
        assert not alive(pid)
        (one.sandbox("t2") / "go").touch()
        end = await one.end_of("t2")
        assert (end.state, end.message) == (FINISHED, "exited with status 0")
        assert len([status for status in one.of("t2") if status.terminal]) == 1

    with_agent(story)


def test_an_end_that_was_not_recorded_is_told_by_the_next_executor() -> None:
    async def story(one: Agent) -> None:
        one.record = False
        one.launch(task("t1", "exit 7"))
        await one.end_of("t1")
        await one.kill_executor()
        one.statuses.clear()
        one.record = True
        await one.start_executor()
        end = await one.end_of("t1")
        assert (end.state, end.exit_code) == (FAILED, 7)

    with_agent(story)


def test_five_hundred_tasks_in_one_order() -> None:
    async def story(one: Agent) -> None:
        one.launch(*(task(f"t{number}", argv=("true",)) for number in range(500)))
        await one.until(lambda: sum(status.terminal for status in one.statuses) == 500)
        assert {status.state for status in one.statuses if status.terminal} == {FINISHED}
        assert len(one.statuses) == 1000

    with_agent(story)


def test_what_tasks_use_is_told_while_somebody_asks() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("idle", "sleep 600"), task("busy", "(while :; do :; done) & wait"))
        await one.running("idle")
        await one.running("busy")
        one.measure(200)
        await one.until(lambda: one.usage.keys() == {"idle", "busy"} and one.usage["busy"].cpus > 100)
        assert one.usage["idle"].cpus < one.usage["busy"].cpus
        assert one.usage["busy"].mem > 0

    with_agent(story)


def test_a_revocable_task_comes_last() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("guest", 'until [ "$(nice)" = 19 ]; do :; done', revocable=resources(cpus=100)))
        assert (await one.end_of("guest")).state is FINISHED

    with_agent(story)
