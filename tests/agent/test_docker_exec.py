"""A command beside a container, with an engine that says nothing."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from barter.agent.shell import docker_exec
from barter.agent.shell.execs import Wanted
from barter.core.ids import FrameworkId, TaskId
from barter.proto.v1 import node_pb2 as pb

WANTED = Wanted(FrameworkId("f"), TaskId("t1"), ("sh",), False, True, 0, 0, "xterm")


class Silent:
    """An engine's client whose command prints nothing and ends when its connection does."""

    def __init__(self, **_: Any) -> None:
        self.ours, self.theirs = socket.socketpair()

    def exec_create(self, container: str, command: list[str], **_: Any) -> dict[str, str]:
        return {"Id": "e1"}

    def exec_start(self, execution: str, **_: Any) -> Any:
        reader = SimpleNamespace(fp=self.ours.makefile("rb"))
        response = SimpleNamespace(raw=SimpleNamespace(_fp=reader), close=lambda: None)
        return SimpleNamespace(_response=response, _sock=self.ours, close=self.ours.close)

    def exec_inspect(self, execution: str) -> dict[str, int]:
        return {"Running": 0, "ExitCode": 3, "Pid": 0}

    def close(self) -> None:
        self.theirs.close()


def test_a_session_that_waits_leaves_the_agents_threads_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docker.APIClient", Silent)

    async def nothing(_: pb.ExecEvent) -> None:
        raise AssertionError("nothing was printed")

    async def story() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        session = await docker_exec.begin(WANTED, "c1")
        running = asyncio.create_task(session.run(nothing))
        await asyncio.sleep(0)
        assert await asyncio.wait_for(asyncio.to_thread(int, "7"), 30) == 7
        assert not running.done()
        await session.close()
        assert await running == 3

    asyncio.run(story())
