"""Artifacts fetched by a real executor from a web server on loopback, kills at bad moments included."""

import asyncio
import contextlib
import hashlib
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from barter.core.task_state import TaskState
from barter.core.tasks import Artifact, Reason
from tests.agent.test_fetch_place import entry, tar
from tests.agent.web import Web, serve
from tests.integration.executor_agent import Agent, agent, task
from tests.integration.machine import until

pytestmark = pytest.mark.integration
SCRIPT = b"#!/bin/sh\ncat conf/a && echo done\n"


def run(story: Callable[[Agent, Web], Coroutine[None, None, None]]) -> None:
    async def told() -> None:
        async with agent() as one:
            with serve() as web:
                await story(one, web)

    asyncio.run(told())


def workers(one: Agent) -> list[str]:
    """The fetcher's processes that belong to this agent's executor."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = os.readlink(process / "cwd") == str(one.folder / "fetch-cache")
            if ours and b"barter.agent.fetch" in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found


def test_fetched_before_it_starts_and_downloaded_once() -> None:
    async def story(one: Agent, web: Web) -> None:
        web.files["/conf.tgz"] = tar(entry("conf/a", data=b"text "))
        web.files["/run"] = SCRIPT
        sha256 = hashlib.sha256(SCRIPT).hexdigest()
        artifacts = (
            Artifact(f"{web.url}/conf.tgz", cache=True),
            Artifact(f"{web.url}/redirect/1/run", sha256=sha256, executable=True, output_file="bin/run"),
        )
        await one.start_executor()
        names = [f"t{number}" for number in range(4)]
        one.launch(*(task(name, "bin/run", artifacts=artifacts) for name in names))
        for name in names:
            assert (await one.end_of(name)).state is TaskState.FINISHED
            assert one.states(name) == [TaskState.STARTING, TaskState.RUNNING, TaskState.FINISHED]
            assert one.of(name)[0].message == f"fetching {web.url}/conf.tgz and 1 more"
            assert (one.sandbox(name) / "stdout").read_text() == "text done\n"
        assert web.asked["/conf.tgz"] == 1
        assert web.asked["/run"] == 4
        # A file of the cache that is not any more what it was is fetched again, not used.
        (kept,) = (path for path in (one.folder / "fetch-cache").iterdir() if path.suffix != ".json")
        kept.write_bytes(tar(entry("conf/a", data=b"evil ")))
        one.launch(task("again", "bin/run", artifacts=artifacts))
        assert (await one.end_of("again")).state is TaskState.FINISHED
        assert (one.sandbox("again") / "stdout").read_text() == "text done\n"
        assert web.asked["/conf.tgz"] == 2

    run(story)


def test_what_cannot_be_fetched_says_why_and_leaves_the_executor_as_it_was() -> None:
    async def story(one: Agent, web: Web) -> None:
        web.files["/bomb.tgz"] = tar(entry("z", data=bytes(80 << 20)))
        web.files["/out.tgz"] = tar(entry("../out"))
        await one.start_executor()
        for name, uri, why in (
            ("none", f"{web.url}/none", "404 Not Found"),
            ("bomb", f"{web.url}/bomb.tgz", "as only a bomb does"),
            ("out", f"{web.url}/out.tgz", "'..'"),
            ("local", "file:///etc/passwd", "--allow-fetch"),
            ("wrong", "gopher://h/x", "none of http:"),
        ):
            one.launch(task(name, "true", artifacts=(Artifact(uri),)))
            end = await one.end_of(name)
            assert (end.state, end.reason) == (TaskState.FAILED, Reason.FETCH_FAILED)
            assert why in end.message
        one.launch(task("well", "true"))
        assert (await one.end_of("well")).state is TaskState.FINISHED

    run(story)


def test_a_kill_does_not_wait_for_a_server() -> None:
    async def story(one: Agent, web: Web) -> None:
        await one.start_executor()
        one.launch(task("t1", "true", artifacts=(Artifact(f"{web.url}/stuck"),)))
        await asyncio.to_thread(web.stuck.wait, 20)
        one.kill("t1", grace_ms=60_000)
        end = await one.end_of("t1")
        assert (end.state, end.message) == (TaskState.KILLED, "for a test; it had not started")
        assert one.states("t1") == [TaskState.STARTING, TaskState.KILLING, TaskState.KILLED]
        await asyncio.to_thread(until_gone, one)
        assert list((one.folder / "fetch-cache").iterdir()) == []

    run(story)


def until_gone(one: Agent) -> None:
    until(lambda: not workers(one) or None, 20)


def test_an_executor_killed_while_it_fetches_leaves_that_to_the_next() -> None:
    async def story(one: Agent, web: Web) -> None:
        web.files["/run"] = b"#!/bin/sh\necho ran\n"
        artifacts = (Artifact(f"{web.url}/run", executable=True), Artifact(f"{web.url}/stuck", output_file="late"))
        await one.start_executor()
        one.launch(task("t1", "./run", artifacts=artifacts))
        await asyncio.to_thread(web.stuck.wait, 20)
        await one.kill_executor()
        await asyncio.to_thread(until_gone, one)
        # From here on the server breaks off instead.
        web.unstick.set()
        await one.start_executor()
        hello = one.hellos[-1]
        assert [held.status.task_id for held in hello.tasks] == ["t1"]
        end = await one.end_of("t1")
        assert (end.state, end.reason) == (TaskState.FAILED, Reason.FETCH_FAILED)
        assert "ended before all was there" in end.message
        one.launch(task("t2", "./run", artifacts=artifacts[:1]))
        await one.until(lambda: TaskState.RUNNING in one.states("t2"))
        assert (await one.end_of("t2")).state is TaskState.FINISHED
        assert list((one.folder / "executor" / "fetches").iterdir()) == []

    run(story)


@pytest.mark.parametrize("moment", [signal.SIGKILL, signal.SIGTERM])
def test_a_task_starts_once_whichever_executor_fetched_for_it(moment: signal.Signals) -> None:
    async def story(one: Agent, web: Web) -> None:
        web.files["/run"] = b"#!/bin/sh\necho ran >> ran\nexec sleep 100\n"
        web.busy, web.files["/busy"] = 1, b"late"
        artifacts = (Artifact(f"{web.url}/busy"), Artifact(f"{web.url}/run", executable=True))
        pid = await one.start_executor()
        one.launch(task("t1", "./run", artifacts=artifacts))
        await asyncio.to_thread(until, lambda: web.asked["/busy"] or None)
        os.kill(pid, moment)
        await one.executor_exit()
        await one.start_executor()
        await one.running("t1")
        await asyncio.to_thread(until, lambda: (one.sandbox("t1") / "ran").exists() or None)
        assert (one.sandbox("t1") / "ran").read_text() == "ran\n"
        one.kill("t1", grace_ms=0)
        assert (await one.end_of("t1")).state is TaskState.KILLED

    run(story)
