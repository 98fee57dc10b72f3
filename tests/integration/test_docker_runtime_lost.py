"""A real engine whose answers are lost on the way: what it did is found out, and is neither lost nor done twice."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from barter.core.task_state import TaskState
from tests.integration.engine import Engine
from tests.integration.executor_agent import agent, task

pytestmark = [pytest.mark.integration, pytest.mark.docker]


class Wire:
    """Passes everything on, but hangs up on the next answer to each request whose first line holds one of `cut`."""

    def __init__(self, socket: str, cut: list[bytes]) -> None:
        self._socket = socket
        self.cut = cut

    async def carry(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        engine, forth = await asyncio.open_unix_connection(self._socket)
        silent = asyncio.Event()
        answers = asyncio.create_task(self._answer(engine, back, silent))
        with contextlib.suppress(ConnectionError):
            while request := await client.read(1 << 16):
                line = request.split(b"\r\n", 1)[0]
                if (lost := next((each for each in self.cut if each in line), None)) is not None:
                    self.cut.remove(lost)
                    silent.set()
                forth.write(request)
                await forth.drain()
        forth.close()
        await answers

    async def _answer(self, engine: asyncio.StreamReader, back: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        with contextlib.suppress(ConnectionError):
            while (answer := await engine.read(1 << 16)) and not silent.is_set():
                back.write(answer)
                await back.drain()
        back.close()


@contextlib.asynccontextmanager
async def wire(engine: Engine, *cut: bytes) -> AsyncIterator[tuple[Wire, str]]:
    with tempfile.TemporaryDirectory(prefix="barter-wire-") as folder:
        path = Path(folder) / "docker.sock"
        one = Wire(engine.host.removeprefix("unix://"), list(cut))
        server = await asyncio.start_unix_server(one.carry, path)
        try:
            yield one, f"unix://{path}"
        finally:
            server.close()


@pytest.mark.parametrize(("call", "cut"), [("create", b"/containers/create?"), ("start", b"/start HTTP")])
def test_a_lost_answer_is_found_out(engine: Engine, busybox: str, call: str, cut: bytes) -> None:
    if not engine.host.startswith("unix://"):
        pytest.skip("this engine is not reached by a unix socket")

    name = f"lost-{call}"

    async def story() -> None:
        async with agent() as one, wire(engine, cut) as (lossy, host):
            await one.start_executor("docker", {"DOCKER_HOST": host})
            one.launch(task(name, "sleep 1; exit 7", image=busybox))
            end = await one.end_of(name)
            assert lossy.cut == []
            assert (one.states(name), end.exit_code) == ([TaskState.RUNNING, TaskState.FAILED], 7)
            one.stop(kill=True)
            assert await one.executor_exit() == 0
            with engine.client() as client:
                assert not [each for each in client.containers(all=True) if name in each["Labels"].values()]

    asyncio.run(story())
