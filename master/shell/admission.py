"""Registrations in turn: of thousands that come at once, others are heard in between."""

import asyncio
from collections import deque

from barter.master.events import AgentRegister
from barter.master.shell import wire_agent
from barter.proto.v1 import agent_pb2

SLICE_SECONDS = 0.002
# A call that comes in is a matter of two rounds of the loop, and there is one at a time.
ROUNDS_BETWEEN = 4


class Admission:
    """Reads those that wait in their order, for `SLICE_SECONDS` at a time."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, agent_pb2.AgentCall.Register, asyncio.Future[AgentRegister]]] = deque()
        self._goes_on: asyncio.Handle | None = None

    async def read(self, session: int, wire: agent_pb2.AgentCall.Register) -> AgentRegister:
        """Raises ValueError naming the field that is wrong."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[AgentRegister] = loop.create_future()
        self._waiting.append((session, wire, answer))
        if self._goes_on is None:
            self._goes_on = loop.call_soon(self._slice, loop, 0)
        return await answer

    def _slice(self, loop: asyncio.AbstractEventLoop, rounds: int) -> None:
        """After so many rounds of the loop more."""
        if rounds:
            self._goes_on = loop.call_soon(self._slice, loop, rounds - 1)
            return
        end = loop.time() + SLICE_SECONDS
        while self._waiting:
            self._read_next()
            if loop.time() >= end:
                break
        self._goes_on = loop.call_soon(self._slice, loop, ROUNDS_BETWEEN) if self._waiting else None

    def _read_next(self) -> None:
        session, wire, answer = self._waiting.popleft()
        if answer.cancelled():
            return
        try:
            answer.set_result(wire_agent.register_from_wire(session, wire))
        except ValueError as error:
            answer.set_exception(error)
