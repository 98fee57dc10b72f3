"""The agent as a process, with its real executor and a master that only the test speaks for."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from barter.core.addresses import split_address
from barter.proto.v1 import node_pb2
from barter.proto.v1.node_pb2_grpc import NodeServiceStub
from barter.shell import transport
from tests.integration.agent_world import FRAMEWORK, AgentProcess, Master, task
from tests.integration.machine import alive, eventually

pytestmark = pytest.mark.integration


class World:
    def __init__(self, folder: Path, master: Master) -> None:
        self.folder, self.master = folder, master
        self.agents: list[AgentProcess] = []

    def agent(self, masters: str = "", name: str = "work") -> AgentProcess:
        self.agents.append(AgentProcess(masters or self.master.address, self.folder / name))
        return self.agents[-1]

    async def started(self) -> AgentProcess:
        """An agent that is registered and has its executor."""
        one = self.agent()
        await eventually(lambda: self.master.registers and one.executor_pid)
        return one


Story = Callable[[World], Awaitable[None]]


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    one = World(folder, await Master().start())
    try:
        yield one
    finally:
        for agent in one.agents:
            pid = agent.executor_pid
            await agent.end(signal.SIGKILL)
            if pid and alive(pid):
                os.kill(pid, signal.SIGKILL)
        await one.master.stop()


def play(folder: Path, story: Story) -> None:
    async def tell() -> None:
        async with world(folder) as one:
            await story(one)

    asyncio.run(tell())


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def test_tasks_run_and_the_agent_leaves_nothing(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent, master = await world.started(), world.master
        await master.run(task("good", "echo out; echo err >&2"), task("bad", "exit 3"), task("../up", "true"))
        await eventually(lambda: all(len(master.states(name)) == 2 for name in ("good", "bad")))
        assert master.states("good") == ["TASK_RUNNING", "TASK_FINISHED"]
        assert master.states("bad") == ["TASK_RUNNING", "TASK_FAILED"]
        assert master.states("../up") == ["TASK_ERROR"]
        async with transport.channel(agent.node) as channel:
            request = node_pb2.ReadLogRequest(framework_id=FRAMEWORK, task_id="good", stream="stderr")
            chunks = NodeServiceStub(channel).ReadLog(request)  # type: ignore[no-untyped-call]
            assert [chunk.data async for chunk in chunks] == [b"err\n"]
        health = json.loads(await asyncio.to_thread(fetch, f"http://{agent.http}/health"))
        assert (health["registered"], health["tasks"]) == (True, 0)
        metrics = await asyncio.to_thread(fetch, f"http://{agent.http}/metrics")
        assert "barter_agent_executor_up 1.0" in metrics
        assert "barter_agent_updates_pending 0.0" in metrics
        pid = agent.executor_pid
        await master.run(task("long", "sleep 600"))
        await eventually(lambda: master.states("long") == ["TASK_RUNNING"])
        assert await agent.end(signal.SIGUSR1) == 0
        assert master.states("long")[-1] == "TASK_KILLED"
        assert master.unregistered == ["SIGUSR1"]
        assert not alive(pid)
        assert not {"agent.sock", "executor.json"} & set(os.listdir(agent.work_dir))

    play(tmp_path, story)


def test_kill_9_of_the_agent_costs_no_task(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent, master = await world.started(), world.master
        master.acking = False
        await master.run(task("stays", "sleep 600"), task("ends", "while [ ! -e ../go ]; do sleep 0.05; done"))
        await eventually(lambda: master.states("stays") and master.states("ends"))
        pid = agent.executor_pid
        await agent.end(signal.SIGKILL)
        (agent.work_dir / "sandboxes" / FRAMEWORK / "go").touch()
        again = world.agent()
        await eventually(lambda: len(master.registers) == 2 and master.states("ends")[-1] == "TASK_FINISHED")
        first, second = master.registers
        assert first.agent.agent_id == second.agent.agent_id
        assert {each.task.task_id for each in second.tasks} == {"stays", "ends"}
        assert again.executor_pid == pid
        assert alive(pid)
        master.acking = True
        await master.kill("stays")
        await eventually(lambda: master.states("stays")[-1] == "TASK_KILLED")
        assert master.states("stays") == ["TASK_RUNNING", "TASK_KILLING", "TASK_KILLED"]
        assert master.states("ends") == ["TASK_RUNNING", "TASK_FINISHED"]
        await again.end(signal.SIGUSR1)

    play(tmp_path, story)


def test_kill_9_of_the_executor_costs_no_task(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent, master = await world.started(), world.master
        await master.run(task("stays", "sleep 600"))
        await eventually(lambda: master.states("stays"))
        first = agent.executor_pid
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: agent.executor_pid != first)
        await master.run(task("new", "true"))
        await eventually(lambda: master.states("new") == ["TASK_RUNNING", "TASK_FINISHED"])
        await master.kill("stays", grace_ms=100)
        await eventually(lambda: master.states("stays")[-1] == "TASK_KILLED")
        assert master.states("stays") == ["TASK_RUNNING", "TASK_KILLING", "TASK_KILLED"]
        assert await agent.end(signal.SIGUSR1) == 0

    play(tmp_path, story)


def test_sigterm_leaves_the_tasks(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent, master = await world.started(), world.master
        await master.run(task("stays", "sleep 600"))
        await eventually(lambda: master.states("stays"))
        assert await agent.end(signal.SIGTERM) == 0
        assert alive(agent.executor_pid)
        assert master.unregistered == []
        again = world.agent()
        await eventually(lambda: len(master.registers) == 2)
        assert [each.status.state for each in master.registers[1].tasks] == ["TASK_RUNNING"]
        assert await again.end(signal.SIGUSR1) == 0

    play(tmp_path, story)


def test_the_leader_is_found_and_a_silent_master_is_left(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        leader = world.master
        follower = await Master(leader=leader.address).start()
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            dead = f"127.0.0.1:{deaf.getsockname()[1]}"
            agent = world.agent(f"{dead},{follower.address}")
            await eventually(lambda: leader.registers)
            await eventually(lambda: leader.heartbeats >= 2)
            leader.silent = True
            await eventually(lambda: "it was silent for over 3000 ms" in agent.log.read_text())
            leader.silent = False
            await eventually(lambda: len(leader.registers) >= 2)
        assert await agent.end(signal.SIGUSR1) == 0
        await follower.stop()

    play(tmp_path, story)


def test_an_old_epoch_is_refused_over_a_restart(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent, master = await world.started(), world.master
        master.epoch = 7
        await master.run(task("one", "true"))
        await eventually(lambda: len(master.states("one")) == 2)
        await agent.end(signal.SIGKILL)
        master.epoch = 6
        again = world.agent()
        await eventually(lambda: "its epoch 6 is over" in again.log.read_text())
        master.epoch = 8
        registers = len(master.registers)
        await eventually(lambda: len(master.registers) > registers)
        await eventually(lambda: "epoch 8" in again.log.read_text())
        assert await again.end(signal.SIGUSR1) == 0

    play(tmp_path, story)


def test_what_keeps_it_from_starting(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent = await world.started()
        second = world.agent()
        assert await asyncio.to_thread(second.process.wait, 20) == 1
        said = [line for line in second.log.read_text().splitlines() if line.startswith("barter agent:")]
        assert len(said) == 1
        assert f"pid {agent.process.pid}" in said[0]
        taken = AgentProcess(world.master.address, tmp_path / "other", node=agent.node)
        assert await asyncio.to_thread(taken.process.wait, 20) == 1
        assert f"cannot listen on {agent.node}" in taken.log.read_text()
        assert await agent.end(signal.SIGUSR1) == 0

    play(tmp_path, story)


def test_garbage_on_its_ports_is_borne(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent, master = await world.started(), world.master
        for address in (agent.node, agent.http):
            host, port = split_address(address)
            with socket.create_connection((host, port)) as stream:
                stream.sendall(os.urandom(4096))
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(agent.work_dir / "agent.sock"))
            stream.sendall(os.urandom(4096))
        await master.run(task("one", "true"))
        await eventually(lambda: len(master.states("one")) == 2)
        assert await agent.end(signal.SIGUSR1) == 0

    play(tmp_path, story)


def test_docker_that_is_missing_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    async def story(world: World) -> None:
        agent = AgentProcess(world.master.address, tmp_path / "docker", "docker")
        world.agents.append(agent)
        await eventually(lambda: "no Docker Engine answers" in agent.log.read_text())
        health = json.loads(await asyncio.to_thread(fetch, f"http://{agent.http}/health"))
        assert health["ready"] is False
        assert world.master.registers == []
        assert await agent.end(signal.SIGTERM) == 0
        auto = AgentProcess(world.master.address, tmp_path / "auto", "auto")
        world.agents.append(auto)
        await eventually(lambda: world.master.registers)
        assert list(world.master.registers[0].agent.runtimes) == ["process"]
        assert await auto.end(signal.SIGUSR1) == 0

    play(tmp_path, story)


def test_no_process_is_left(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        agent, master = await world.started(), world.master
        mark = f"barter-{os.getpid()}-mark"
        await master.run(task("tree", f"sh -c 'sleep 600 & exec sleep 601 # {mark}' & wait"))
        await eventually(lambda: master.states("tree"))
        assert await agent.end(signal.SIGUSR1) == 0
        found = await asyncio.to_thread(subprocess.check_output, ["ps", "-eo", "args"], text=True)
        assert str(agent.work_dir) not in found
        assert mark not in found

    play(tmp_path, story)
