"""The executor's end of its keeper, where that one dies at bad moments."""

import asyncio
import socket
from pathlib import Path

import pytest

from barter.agent.runtime.keeper.wire import pack
from barter.agent.runtime.keeping import Keeping

GREETING = pack([b"keeper", b"1", b"1"]) + pack([b"ready"])


def test_a_keeper_that_dies_as_it_has_greeted_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, dying), (second, lasting) = socket.socketpair(), socket.socketpair()
    for one in (dying, lasting):
        one.sendall(GREETING)
    dying.close()
    found = iter((first, second))
    for each in (first, second):
        each.setblocking(False)
    monkeypatch.setattr(Keeping, "_reach", lambda self: next(found))

    async def story() -> None:
        keeping = Keeping(tmp_path, lambda _: None, lambda _: None, lambda: None)
        await asyncio.wait_for(keeping.until_ready(), 30)
        assert keeping.ready
        keeping.send(b"forget")
        lasting.settimeout(30)
        assert await asyncio.to_thread(lasting.recv, 100) == pack([b"forget"])
        await keeping.close(leave=False)

    asyncio.run(story())
    lasting.close()
