"""Calls at the door of a master, over real gRPC: served, sent on, held, and sent away at its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import grpc.aio as aio
import pytest

from barter.master.shell import door as door_module
from barter.master.shell.door import Door, Refusal, Services
from barter.proto.v1 import agent_pb2, operator_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer, AgentServiceStub, add_AgentServiceServicer_to_server
from barter.proto.v1.operator_pb2_grpc import (
    OperatorServiceServicer,
    OperatorServiceStub,
    add_OperatorServiceServicer_to_server,
)
from barter.shell.transport import UNREACHABLE_METADATA, channel, leader_of, listen, server
from tests.integration.machine import eventually

WHY = "ZooKeeper at zk:2181 has not answered for 12 s"
Context = aio.ServicerContext[Any, Any]


class Operators(OperatorServiceServicer):
    """Its events end when told so."""

    def __init__(self) -> None:
        self.ends = asyncio.Event()

    async def end(self) -> None:
        self.ends.set()

    async def GetStatus(self, request: operator_pb2.GetStatusRequest, context: Context) -> Any:
        return operator_pb2.GetStatusResponse(cluster_id="c")

    async def WatchEvents(self, request: operator_pb2.WatchEventsRequest, context: Context) -> AsyncIterator[Any]:
        yield operator_pb2.HistoryEvent(kind="first")
        await self.ends.wait()


class Agents(AgentServiceServicer):
    """A session ends when its peer has said all."""

    async def Session(self, request_iterator: AsyncIterator[agent_pb2.AgentCall], context: Context) -> None:
        await context.write(agent_pb2.AgentEvent(epoch=7))
        async for _ in request_iterator:
            pass


def services(operators: Operators | None = None) -> Services:
    made = Services()
    add_OperatorServiceServicer_to_server(operators or Operators(), made)  # type: ignore[no-untyped-call]
    add_AgentServiceServicer_to_server(Agents(), made)  # type: ignore[no-untyped-call]
    return made


class Caller:
    def __init__(self, link: aio.Channel) -> None:
        self.operator = OperatorServiceStub(link)  # type: ignore[no-untyped-call]
        self.agent = AgentServiceStub(link)  # type: ignore[no-untyped-call]

    def ask(self, unreachable: str = "") -> "asyncio.Task[str]":
        """The cluster's id; or the refusal's code, leader and reason in one text."""
        return asyncio.create_task(self._ask(unreachable))

    async def _ask(self, unreachable: str) -> str:
        metadata = [(UNREACHABLE_METADATA, unreachable)] if unreachable else []
        try:
            reply = await self.operator.GetStatus(operator_pb2.GetStatusRequest(), metadata=metadata)
        except aio.AioRpcError as error:
            return f"{error.code().name} {leader_of(error.trailing_metadata())} {error.details()}"
        return str(reply.cluster_id)


def run(story: Callable[[Door, Caller], Awaitable[None]], hold_seconds: float = 30.0) -> None:
    async def tell() -> None:
        door = Door(lambda: WHY, hold_seconds)
        face = server((door,))
        port = listen(face, "127.0.0.1:0")
        await face.start()
        async with channel(f"127.0.0.1:{port}") as link:
            await story(door, Caller(link))
        await face.stop(0)

    asyncio.run(tell())


def test_whoever_does_not_lead_names_who_does() -> None:
    async def story(door: Door, caller: Caller) -> None:
        door.send_to("b:5050")
        assert await caller.ask() == "FAILED_PRECONDITION b:5050 this master does not lead: b:5050 does"
        stream = caller.agent.Session()
        with pytest.raises(aio.AioRpcError) as refused:
            await stream.read()
        assert leader_of(refused.value.trailing_metadata()) == "b:5050"
        door.serve(services())
        assert await caller.ask() == "c"

    run(story)


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda door: door.serve(services()), "c"),
        (lambda door: door.send_to("b:5050"), "FAILED_PRECONDITION b:5050 this master does not lead: b:5050 does"),
        (lambda door: door.end(Refusal("it ends")), "UNAVAILABLE  it ends"),
        (
            lambda door: door.end(Refusal("it has handed over", "b:5050")),
            "FAILED_PRECONDITION b:5050 it has handed over",
        ),
    ],
)
def test_a_call_is_held_until_something_is_known(end: Callable[[Door], None], said: str) -> None:
    async def story(door: Door, caller: Caller) -> None:
        held = caller.ask()
        await eventually(lambda: door.held == 1)
        door.hold()
        end(door)
        assert await held == said
        assert door.held == 0

    run(story)


def test_who_may_not_act_any_more_answers_nobody() -> None:
    async def story(door: Door, caller: Caller) -> None:
        lead = [True]
        door.serve(services(), lambda: lead[0])
        assert await caller.ask() == "c"
        lead[0] = False
        held = caller.ask()
        await eventually(lambda: door.held == 1)
        door.end(Refusal("this master leads no more", "b:5050"))
        assert await held == "FAILED_PRECONDITION b:5050 this master leads no more"

    run(story)


def test_who_cannot_reach_the_leader_is_held_for_the_next() -> None:
    async def story(door: Door, caller: Caller) -> None:
        door.send_to("b:5050")
        held = caller.ask("b:5050")
        await eventually(lambda: door.held == 1)
        door.send_to("c:5050")
        assert await held == "FAILED_PRECONDITION c:5050 this master does not lead: c:5050 does"

    run(story)


def test_nobody_is_held_for_ever() -> None:
    async def story(door: Door, caller: Caller) -> None:
        known = f"UNAVAILABLE  no master leads: {WHY}; running tasks go on, changes are refused"
        assert await caller.ask() == known
        door.send_to("b:5050")
        unreachable = "UNAVAILABLE  b:5050 leads, and does not answer you: no other master has taken over"
        assert await caller.ask("b:5050") == unreachable
        assert door.held == 0

    run(story, hold_seconds=0.01)


def test_no_more_are_held_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "HELD_MOST", 2)

    async def story(door: Door, caller: Caller) -> None:
        held = [caller.ask(), caller.ask()]
        await eventually(lambda: door.held == 2)
        assert await caller.ask() == "UNAVAILABLE  2 calls wait here for a leader already"
        door.serve(services())
        assert [await each for each in held] == ["c", "c"]

    run(story)


def test_a_peer_that_goes_away_is_held_no_more() -> None:
    async def story(door: Door, caller: Caller) -> None:
        held = caller.ask()
        await eventually(lambda: door.held == 1)
        held.cancel()
        await eventually(lambda: door.held == 0)

    run(story)


@pytest.mark.parametrize("leaves", [False, True])
def test_streams_that_end_with_the_master_say_where_to_go(leaves: bool) -> None:
    async def story(door: Door, caller: Caller) -> None:
        operators = Operators()
        door.serve(services(operators))
        session, watch = caller.agent.Session(), caller.operator.WatchEvents(operator_pb2.WatchEventsRequest())
        assert (await session.read()).epoch == 7
        assert (await watch.read()).kind == "first"
        if leaves:
            door.end(Refusal("it has handed over", "b:5050"))
        for stream, end in ((session, session.done_writing), (watch, operators.end)):
            await end()
            said = await stream.code(), leader_of(await stream.trailing_metadata())
            expected = (grpc.StatusCode.FAILED_PRECONDITION, "b:5050") if leaves else (grpc.StatusCode.OK, "")
            assert said == expected

    run(story)
