"""A stream says what waits, a heartbeat where one is due and no second one, and ends its reader once it is over."""

import asyncio

import pytest
from structlog.testing import capture_logs

from barter.master.actions import HistoryGrew
from barter.master.history import History
from barter.master.joining import Message
from barter.master.messages import Error
from barter.master.registry import MemoryRegistry
from barter.master.shell.hub import LINES_MOST, Hub
from barter.master.shell.stream import Stream

ONE, TWO = Error("one"), Error("two")


class Wire:
    """What was written; it can be made to break."""

    def __init__(self) -> None:
        self.written: list[Message | None] = []
        self.broken = False

    async def write(self, message: Message | None) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("gone")
        self.written.append(message)


async def passing() -> None:
    """Let everything that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_heartbeat_is_answered_once_and_then_not_said_unasked() -> None:
    async def story() -> None:
        wire = Wire()
        stream = Stream(1, "peer", wire.write)
        await stream.answer()
        assert wire.written == [None]
        stream.beat()
        await passing()
        assert wire.written == [None]
        stream.beat()
        await passing()
        assert wire.written == [None, None]

    asyncio.run(story())


def test_what_waits_goes_with_the_answer_and_in_its_stead() -> None:
    async def story() -> None:
        wire = Wire()
        stream = Stream(1, "peer", wire.write)
        stream.put(ONE)
        await stream.answer()
        stream.put(TWO)
        await passing()
        assert wire.written == [ONE, TWO]

    asyncio.run(story())


@pytest.mark.parametrize("broken", [False, True])
def test_the_reader_is_ended_once_all_is_written_or_nothing_can_be(broken: bool) -> None:
    async def story() -> None:
        wire = Wire()
        wire.broken = broken
        stream = Stream(1, "peer", wire.write)
        stream.put(ONE)
        stream.close()
        stream.put(TWO)
        with pytest.raises(asyncio.CancelledError):
            await stream.until_over()
        stream.forgive()
        assert stream.over
        assert wire.written == ([] if broken else [ONE])
        assert isinstance(stream.failure, OSError) is broken
        stream.close()
        await passing()

    asyncio.run(story())


def test_many_alike_at_once_are_a_few_lines() -> None:
    history = History()
    hub = Hub(MemoryRegistry(), history)
    for number in range(LINES_MOST + 7):
        history.record(0, "agent_registered", f"a{number}", "new")
    history.record(0, "framework_subscribed", "f1", "new")
    history.record(0, "task_status", "t1", "running")
    with capture_logs() as lines:
        asyncio.run(hub.perform([HistoryGrew(history.sequence, "")]))
    assert [line.get("subject", line.get("more")) for line in lines] == ["a0", "a1", "a2", "a3", "a4", 7, "f1"]
