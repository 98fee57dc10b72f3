"""Who is let in on the socket of frameworks' executors."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from barter.agent.book import Book
from barter.agent.events import Event
from barter.agent.shell.own_executors import OwnExecutorSessions
from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId
from barter.proto.v1 import executor_pb2 as pb
from tests.agent.agent_kit import HAS


class Context:
    def __init__(self) -> None:
        self.written: list[pb.ExecutorEvent] = []

    async def write(self, event: pb.ExecutorEvent) -> None:
        self.written.append(event)


@pytest.mark.parametrize("token", ["", "x" * 64, "schlüssel"])
def test_who_proves_nothing_is_told_to_end(token: str) -> None:
    context: Any = Context()
    posted: list[Event] = []
    info = AgentInfo(AgentId("a1"), "host-1", "127.0.0.1", HAS)
    sessions = OwnExecutorSessions(info, Book(), "secret", "/socket", posted.append)

    async def calls() -> AsyncIterator[pb.ExecutorCall]:
        yield pb.ExecutorCall(hello=pb.ExecutorCall.Hello(framework_id="f", task_id="e", token=token))

    asyncio.run(sessions.Session(calls(), context))
    assert [each.stop.kill for each in context.written] == [True]
    assert posted == []
