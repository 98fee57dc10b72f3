"""The process runtime with a keeper played by the test: what is ordered while there is none."""

import asyncio
import socket
from pathlib import Path

import pytest

from barter.agent.executor.events import Order
from barter.agent.runtime.keeper.wire import Message, number, pack, split
from barter.agent.runtime.keeping import Keeping
from barter.agent.runtime.process import ProcessRuntime
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import Command, TaskInfo

NAME = b"f/t1"
GREETING = (pack([b"keeper", b"1", b"1"]), pack([b"ready"]))


async def told(keeper: socket.socket) -> list[Message]:
    """What comes next, whole messages."""
    read = bytearray()
    while True:
        read += await asyncio.wait_for(asyncio.get_running_loop().sock_recv(keeper, 65_536), 30)
        messages, used = split(read)
        if used == len(read):
            return messages


def test_a_kill_ordered_while_there_is_no_keeper_is_told_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, dying), (second, lasting) = socket.socketpair(), socket.socketpair()
    for each in (first, dying, second, lasting):
        each.setblocking(False)
    found = iter((first, second))
    monkeypatch.setattr(Keeping, "_reach", lambda self: next(found))
    order = Order(FrameworkId("f"), TaskInfo(TaskId("t1"), "t1", resources(), Command("true")), str(tmp_path), "")

    async def story() -> None:
        runtime = ProcessRuntime(tmp_path)
        await runtime.start(lambda _: began.set())
        began, gone = asyncio.Event(), asyncio.Event()
        lost = Keeping.connection_lost

        def connection_lost(keeping: Keeping, why: Exception | None) -> None:
            lost(keeping, why)
            gone.set()

        monkeypatch.setattr(Keeping, "connection_lost", connection_lost)
        dying.send(b"".join(GREETING))
        runtime.launch((order,))
        assert [each[0] for each in await told(dying)] == [b"start"]
        dying.send(pack([b"started", NAME, b"77"]))
        await asyncio.wait_for(began.wait(), 30)
        dying.close()
        await asyncio.wait_for(gone.wait(), 30)
        runtime.end(order.key, force=False)
        held = pack([b"held", NAME, b"", b"0", b"", b"0"])
        lasting.send(GREETING[0] + held + pack([b"started", NAME, b"77"]) + GREETING[1])
        assert await told(lasting) == [[b"signal", NAME, number(15), b"1"]]
        await runtime.close()

    asyncio.run(story())
    lasting.close()
