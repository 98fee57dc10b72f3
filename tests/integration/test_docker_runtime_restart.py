"""kill -9 of the engine itself: what runs goes on, and its end is told once."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from barter.agent.runtime.neighbours import lives
from barter.core.task_state import TaskState
from tests.integration.engine import OwnEngine, import_busybox, missing
from tests.integration.executor_agent import FRAMEWORK, PATIENCE_S, Agent, agent, task

pytestmark = [pytest.mark.integration, pytest.mark.docker]

WAITS = "while [ ! -e $MESOS_SANDBOX/go ]; do sleep 0.05; done; echo bye; exit 4"


@contextmanager
def own_engine(*, live_restore: bool) -> Iterator[tuple[OwnEngine, str]]:
    if why := missing():
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="barter-engine-"))
    engine = OwnEngine(folder, live_restore=live_restore)
    try:
        if why := engine.start():
            pytest.skip(f"dockerd does not start here: {why}")
        yield engine, import_busybox(engine.host)
    finally:
        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def finish(one: Agent) -> None:
    one.stop(kill=True)
    assert await one.executor_exit() == 0


def containers(engine: OwnEngine) -> list[str]:
    client = docker.APIClient(engine.host, version="auto")
    try:
        return [each["Names"][0] for each in client.containers(all=True)]
    finally:
        client.close()


def pid_of(engine: OwnEngine, task_id: str) -> int:
    client = docker.APIClient(engine.host, version="auto")
    try:
        return int(client.inspect_container(f"barter.a0123456789.{FRAMEWORK}.{task_id}")["State"]["Pid"])
    finally:
        client.close()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not lives(pid)


def ends(one: Agent, task_id: str) -> int:
    return sum(status.terminal for status in one.of(task_id))


def test_with_live_restore_containers_go_on_and_no_end_is_missed() -> None:
    async def story(engine: OwnEngine, image: str) -> None:
        async with agent() as one:
            await one.start_executor("docker", {"DOCKER_HOST": engine.host})
            one.launch(*(task(name, WAITS, image=image) for name in ("t1", "t2", "t3")))
            for name in ("t1", "t2", "t3"):
                await one.running(name)
            pid = pid_of(engine, "t1")
            engine.kill()
            (one.sandbox("t1") / "go").touch()
            await asyncio.to_thread(wait_until_gone, pid)
            gone_ms = time.time() * 1000
            assert await asyncio.to_thread(engine.start) == ""
            end = await one.end_of("t1")
            assert (end.state, end.exit_code) == (TaskState.FAILED, 4)
            assert end.timestamp_ms <= gone_ms
            (one.sandbox("t2") / "go").touch()
            end = await one.end_of("t2")
            assert (end.exit_code, ends(one, "t1"), ends(one, "t2")) == (4, 1, 1)
            assert (one.sandbox("t2") / "stdout").read_text() == "bye\n"
            await finish(one)
            assert containers(engine) == []

    with own_engine(live_restore=True) as (engine, image):
        asyncio.run(story(engine, image))


def test_without_live_restore_the_engine_ends_them_and_that_is_told() -> None:
    async def story(engine: OwnEngine, image: str) -> None:
        async with agent() as one:
            await one.start_executor("docker", {"DOCKER_HOST": engine.host})
            one.launch(task("t1", WAITS, image=image))
            await one.running("t1")
            engine.kill()
            assert await asyncio.to_thread(engine.start) == ""
            assert (await one.end_of("t1")).state is TaskState.FAILED
            assert ends(one, "t1") == 1
            one.launch(task("t2", "exit 5", image=image))
            assert (await one.end_of("t2")).exit_code == 5
            await finish(one)

    with own_engine(live_restore=False) as (engine, image):
        asyncio.run(story(engine, image))


def test_an_engine_that_dies_during_launches_loses_none_of_them() -> None:
    async def story(engine: OwnEngine, image: str) -> None:
        names = [f"t{number}" for number in range(16)]
        async with agent() as one:
            await one.start_executor("docker", {"DOCKER_HOST": engine.host})
            one.launch(*(task(name, WAITS, image=image) for name in names))
            await one.until(lambda: any(status.state is TaskState.RUNNING for status in one.statuses))
            engine.kill()
            assert await asyncio.to_thread(engine.start) == ""
            for name in names:
                (one.sandbox(name) / "go").touch()
            for name in names:
                await one.end_of(name)
            assert [ends(one, name) for name in names] == [1] * len(names)
            await finish(one)
            assert containers(engine) == []
            assert engine.left_running() == []

    with own_engine(live_restore=True) as (engine, image):
        asyncio.run(story(engine, image))
