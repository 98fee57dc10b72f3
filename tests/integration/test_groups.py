"""Task groups in a real executor: processes and containers that start together, share a network, and end together."""

import asyncio
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from barter.core.groups import task_group
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Container, Network, PortMapping, Reason
from tests.integration.engine import Engine
from tests.integration.executor_agent import Agent, agent, task
from tests.integration.machine import eventually, free_port

pytestmark = pytest.mark.integration

RUNNING, KILLED, FINISHED = TaskState.RUNNING, TaskState.KILLED, TaskState.FINISHED


def test_processes_of_a_group_end_together_also_after_their_executor_was_killed() -> None:
    async def play() -> None:
        async with agent() as one:
            await one.start_executor()
            go = one.folder / "go"
            first = task("first", f"while [ ! -e {go} ]; do sleep 0.05; done; exit 0")
            one.launch(*task_group("g", (first, task("second", "exec sleep 600"), task("third", "exec sleep 600"))))
            one.launch(task("alone", "exec sleep 600"))
            for name in ("first", "second", "third", "alone"):
                await one.running(name)
            await one.kill_executor()
            await one.start_executor()
            go.touch()
            for name in ("second", "third"):
                end = await one.end_of(name)
                assert (end.state, end.reason) == (KILLED, Reason.GROUP_ENDED)
                assert "task first of its group has ended" in end.message
            assert one.states("first")[-1].value in ("TASK_FINISHED", "TASK_FAILED")
            assert one.states("alone") == [RUNNING]
            one.stop(kill=True)
            await one.executor_exit()

    asyncio.run(play())


@pytest.mark.docker
def test_containers_of_a_group_share_their_network_and_its_ports(engine: Engine, busybox: str) -> None:
    port = free_port()

    async def story(one: Agent) -> None:
        quiet = replace(
            task("holder", "exec sleep 600"), container=Container(busybox, Network.BRIDGE), kill_grace_ms=100
        )
        mapped = Container(busybox, Network.BRIDGE, (PortMapping(8080, port),))
        web = replace(
            task("web", "echo hello > index.html; exec httpd -f -p 127.0.0.1:8081 & exec httpd -f -p 8080"),
            container=mapped,
            resources=resources(cpus=100, mem=32 << 20, ports=((port, port),)),
            kill_grace_ms=100,
        )
        ask = "until wget -q -O- http://127.0.0.1:8081/; do sleep 0.1; done; exec sleep 600"
        other = replace(task("other", ask), container=Container(busybox, Network.BRIDGE), kill_grace_ms=100)
        one.launch(*task_group("g", (quiet, web, other)))
        for name in ("holder", "web", "other"):
            await one.running(name)
        said = one.sandbox("other") / "stdout"
        await eventually(lambda: said.exists() and "hello" in said.read_text(), "loopback is one for all of them")
        assert await asyncio.to_thread(_fetch, port) == "hello\n"
        one.kill("web")
        for name in ("holder", "other"):
            assert (await one.end_of(name)).reason is Reason.GROUP_ENDED

    async def play() -> None:
        async with agent() as one:
            await one.start_executor("docker", {"DOCKER_HOST": engine.host})
            await story(one)
            one.stop(kill=True)
            assert await one.executor_exit() == 0

    asyncio.run(play())


def _fetch(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return str(answer.read().decode())


def test_a_group_of_which_one_cannot_start_leaves_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        async with agent() as one:
            await one.start_executor()
            one.launch(*task_group("g", (task("good", "exec sleep 600"), task("bad", argv=("no-such-program",)))))
            assert (await one.end_of("bad")).reason is Reason.LAUNCH_FAILED
            assert (await one.end_of("good")).reason is Reason.GROUP_ENDED
            one.stop(kill=True)
            await one.executor_exit()

    asyncio.run(play())
