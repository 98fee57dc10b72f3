"""Whether somebody answers at an address, and calls that a master holds while the one that should lead does not."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
import grpc.aio as aio

from barter.shell.transport import UNREACHABLE_METADATA, channel

ResultT = TypeVar("ResultT")
CONNECT_S = 5.0
_DOWN = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)


def telling(unreachable: str) -> aio.Metadata:
    """What a call says of the one that should lead and does not answer; nothing where all is well."""
    return aio.Metadata(*([(UNREACHABLE_METADATA, unreachable)] if unreachable else []))


async def reachable(line: aio.Channel) -> bool:
    """Whether a connection comes about in time; False at the first refusal."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CONNECT_S):
            return await _connected(line, patient=False)
    return False


async def unless_back(
    talk: Callable[[Callable[[], object]], Awaitable[ResultT]], unreachable: str, instead: ResultT
) -> ResultT:
    """What `talk` comes to, or `instead` if the `unreachable` one answers before `talk` has called what it is given.

    A call that is held may be so in vain: who should lead was out of reach for a moment only.
    """
    if not unreachable:
        return await talk(_nothing)
    back = asyncio.create_task(_back(unreachable))
    talking = asyncio.ensure_future(talk(back.cancel))
    try:
        await asyncio.wait({talking, back}, return_when=asyncio.FIRST_COMPLETED)
        if back.done() and not back.cancelled():
            return instead
        return await talking
    finally:
        for each in (talking, back):
            each.cancel()
        await asyncio.gather(talking, back, return_exceptions=True)


async def _back(address: str) -> None:
    """Until somebody answers there."""
    async with channel(address, own_connection=True) as line:
        await _connected(line, patient=True)


async def _connected(line: aio.Channel, *, patient: bool) -> bool:
    state = line.get_state(try_to_connect=True)
    while state is not grpc.ChannelConnectivity.READY:
        if state in _DOWN and not patient:
            return False
        await line.wait_for_state_change(state)
        state = line.get_state(try_to_connect=True)
    return True


def _nothing() -> None:
    pass
