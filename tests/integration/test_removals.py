"""Removals held over real gRPC and over a master that is killed; a framework's word on its returning tasks."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio as aio
import pytest

from barter.proto.v1 import operator_pb2 as pb
from barter.shell.transport import channel
from tests.integration.master_stubs import Peers, RealMaster

pytestmark = pytest.mark.integration

Conversation = Callable[[Peers], Coroutine[Any, Any, None]]


@pytest.fixture
def master(tmp_path: Path) -> Iterator[RealMaster]:
    running = RealMaster(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


def talk(master: RealMaster, conversation: Conversation) -> None:
    async def talking() -> None:
        async with channel(master.grpc) as link:
            await conversation(Peers(link))

    asyncio.run(talking())


async def mode(peers: Peers) -> tuple[str, str]:
    reply = await peers.operator.GetRemovals(pb.GetRemovalsRequest(), wait_for_ready=True)
    return reply.mode, reply.reason


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(aio.AioRpcError) as error:
        await call
    return error.value.code(), error.value.details() or ""


HOLD, RESUME = pb.SetRemovalsRequest(hold={}, reason="the switch"), pb.SetRemovalsRequest(resume={})


def test_what_an_operator_holds_stays_held_over_kill_9(master: RealMaster) -> None:
    async def holds(peers: Peers) -> None:
        assert await mode(peers) == ("running", "")
        assert (await refused(peers.operator.SetRemovals(RESUME)))[0] is grpc.StatusCode.FAILED_PRECONDITION
        nothing = await refused(peers.operator.SetRemovals(pb.SetRemovalsRequest()))
        assert nothing[0] is grpc.StatusCode.INVALID_ARGUMENT
        await peers.operator.SetRemovals(HOLD)
        status = await peers.operator.GetStatus(pb.GetStatusRequest())
        assert (status.removals, status.removals_reason) == ("held", "held by an operator: the switch")

    async def resumes(peers: Peers) -> None:
        assert await mode(peers) == ("held", "held by an operator: the switch")
        await peers.operator.SetRemovals(RESUME)
        assert (await mode(peers))[0] == "running"

    talk(master, holds)
    master.stop(signal.SIGKILL)
    master.process = master.spawn()
    talk(master, resumes)
