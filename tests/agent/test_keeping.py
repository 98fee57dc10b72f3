"""The executor's end of its keeper, where that one dies at bad moments."""

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from barter.agent.runtime import keeping as keeping_module
from barter.agent.runtime.keeper.wire import number, pack
from barter.agent.runtime.keeping import Keeping
from barter.agent.runtime.proc import stopped

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


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED)
    assert stopped(pid)


def test_a_keeper_that_is_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_module, "_LOOK_S", 0.02)
    ours, its = socket.socketpair()
    ours.setblocking(False)
    monkeypatch.setattr(Keeping, "_reach", lambda self: ours)

    async def story(pid: int) -> None:
        its.sendall(pack([b"keeper", b"1", number(pid)]) + pack([b"ready"]))
        keeping = Keeping(tmp_path, lambda _: None, lambda _: None, lambda: None)
        await asyncio.wait_for(keeping.until_ready(), 30)
        stop(pid)
        await asyncio.wait_for(asyncio.to_thread(os.waitid, os.P_PID, pid, os.WCONTINUED), 30)
        assert not stopped(pid)
        await keeping.close(leave=False)

    with subprocess.Popen(["sleep", "60"]) as process:
        asyncio.run(story(process.pid))
        process.kill()
    its.close()
