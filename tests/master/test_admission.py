"""Thousands of registrations do not keep everybody else waiting."""

import asyncio

import pytest

from barter.master.shell import admission
from barter.master.shell.admission import Admission
from barter.proto.v1 import agent_pb2

COUNT = 50


def registration(number: int) -> agent_pb2.AgentCall.Register:
    register = agent_pb2.AgentCall.Register()
    register.agent.agent_id, register.agent.hostname = f"agent-{number}", f"host-{number}"
    return register


def test_others_have_a_turn_between_those_that_wait_and_the_order_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "SLICE_SECONDS", 1e-9)
    heard: list[object] = []

    async def read(queue: Admission, number: int) -> None:
        event = await queue.read(number, registration(number))
        heard.append(event.info.agent_id)

    async def other() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        heard.append("another")

    async def all_at_once() -> None:
        queue = Admission()
        await asyncio.gather(*(read(queue, number) for number in range(COUNT)), other())

    asyncio.run(all_at_once())
    assert 0 < heard.index("another") < COUNT
    heard.remove("another")
    assert heard == [f"agent-{number}" for number in range(COUNT)]


def test_what_is_wrong_is_told_to_whom_it_concerns_and_who_has_gone_is_passed_over() -> None:
    async def some() -> list[object]:
        queue = Admission()
        waiting = [asyncio.create_task(queue.read(number, registration(number))) for number in range(3)]
        waiting.append(asyncio.create_task(queue.read(3, agent_pb2.AgentCall.Register())))
        await asyncio.sleep(0)
        waiting[1].cancel()
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    first, gone, third, wrong = asyncio.run(some())
    assert [getattr(event, "session", None) for event in (first, third)] == [0, 2]
    assert isinstance(gone, asyncio.CancelledError)
    assert isinstance(wrong, ValueError)
