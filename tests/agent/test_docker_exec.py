"""A command beside a container, with an engine that says nothing."""

import asyncio
import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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


def test_one_that_is_given_up_as_it_begins_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    class Slow(Silent):
        def exec_start(self, execution: str, **_: Any) -> Any:
            asked.set()
            assert go_on.wait(30)
            return super().exec_start(execution)

        def close(self) -> None:
            super().close()
            closed.set()

    monkeypatch.setattr("docker.APIClient", Slow)

    async def story() -> None:
        beginning = asyncio.create_task(docker_exec.begin(WANTED, "c1"))
        assert await asyncio.to_thread(asked.wait, 30)
        beginning.cancel()
        await asyncio.wait([beginning])
        assert beginning.cancelled()
        go_on.set()
        assert await asyncio.to_thread(closed.wait, 30)

    asyncio.run(story())


@pytest.mark.parametrize(("local", "in_it", "ended"), [(True, True, True), (False, True, False), (True, False, False)])
def test_only_a_process_of_the_container_on_this_machine_is_signalled(
    monkeypatch: pytest.MonkeyPatch, local: bool, in_it: bool, ended: bool
) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        # Each line is found in the whole.
        container = Path(f"/proc/{process.pid}/cgroup").read_text().splitlines()[0] if in_it else "c" * 64
        shown = {"Running": 1, "ExitCode": 0, "Pid": process.pid, "ContainerID": container}

        class Running(Silent):
            def exec_inspect(self, execution: str) -> Any:
                return shown

        monkeypatch.setattr("docker.APIClient", Running)
        monkeypatch.setattr(docker_exec, "is_local", lambda host: local)

        async def story() -> None:
            session = await docker_exec.begin(WANTED, "c1")
            await session.signal(signal.SIGTERM)
            shown["Running"] = 0
            await session.close()

        asyncio.run(story())
        if not ended:
            process.kill()
        assert process.wait() == -(signal.SIGTERM if ended else signal.SIGKILL)
