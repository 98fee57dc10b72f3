"""Commands beside tasks: what is refused, and what becomes of a session whose other side goes away."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from barter.agent.shell.execs import Execs, NoExec, Session, Tell, Wanted
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import TaskInfo
from barter.proto.v1 import node_pb2 as pb

TASK = TaskInfo(TaskId("t1"), "t1", resources())


class Recorded(Session):
    """Says back what comes, until its input ends."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.closed = False
        self._input: asyncio.Queue[bytes] = asyncio.Queue()

    async def run(self, tell: Tell) -> int:
        while data := await self._input.get():
            await tell(pb.ExecEvent(stdout=data))
        return 3

    async def write(self, data: bytes) -> None:
        await self._input.put(data)

    async def end_input(self) -> None:
        await self._input.put(b"")

    async def resize(self, rows: int, columns: int) -> None:
        self.heard.append((rows, columns))

    async def signal(self, number: signal.Signals) -> None:
        self.heard.append(number)

    async def close(self) -> None:
        self.closed = True


def start(**more: object) -> pb.ExecCall:
    given: dict[str, object] = {"framework_id": "f", "task_id": "t1", "command": ["sh"], "interactive": True}
    return pb.ExecCall(start=pb.ExecStart(**(given | more)))  # type: ignore[arg-type]


async def run(session: Session, *calls: pb.ExecCall, task: TaskInfo | None = TASK) -> list[pb.ExecEvent]:
    async def said() -> AsyncIterator[pb.ExecCall]:
        for call in calls:
            yield call

    async def begin(_: Wanted, __: TaskInfo) -> Session:
        return session

    def find(_: FrameworkId, task_id: TaskId) -> TaskInfo | None:
        return task if task_id == "t1" else None

    return [event async for event in Execs(find, begin).run(said())]


def test_a_conversation() -> None:
    session = Recorded()
    calls = [
        start(),
        pb.ExecCall(stdin=b"a"),
        pb.ExecCall(resize=pb.TerminalSize(rows=-5, columns=99_999)),
        pb.ExecCall(signal="SIGINT"),
        pb.ExecCall(signal="SIGSTOP"),
        pb.ExecCall(),
        pb.ExecCall(end_of_input=True),
    ]
    events = asyncio.run(run(session, *calls))
    assert events == [pb.ExecEvent(stdout=b"a"), pb.ExecEvent(exit_code=3)]
    assert session.heard == [(0, 10_000), signal.SIGINT]
    assert session.closed


def test_without_interest_nothing_goes_in() -> None:
    events = asyncio.run(run(Recorded(), start(interactive=False), pb.ExecCall(stdin=b"a")))
    assert events == [pb.ExecEvent(exit_code=3)]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (pb.ExecCall(stdin=b"x"), "must be a start"),
        (start(command=[]), "no command"),
        (start(command=[""]), "no command"),
        (start(command=["a\0b"]), "NUL"),
        (start(term="a\0b"), "NUL"),
        (start(task_id="../t1"), "not usable"),
        (start(framework_id=""), "not usable"),
    ],
)
def test_what_is_no_start(call: pb.ExecCall, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        asyncio.run(run(Recorded(), call))
    with pytest.raises(ValueError, match="must be a start"):
        asyncio.run(run(Recorded()))


def test_only_beside_what_runs_here() -> None:
    with pytest.raises(NoExec, match="does not run here"):
        asyncio.run(run(Recorded(), start(task_id="t2")))


def test_who_goes_away_ends_the_session() -> None:
    async def story() -> bool:
        session, began = Recorded(), asyncio.Event()

        async def said() -> AsyncIterator[pb.ExecCall]:
            yield start()
            began.set()
            await asyncio.Event().wait()

        async def begin(_: Wanted, __: TaskInfo) -> Session:
            return session

        async def listen() -> None:
            async for _ in Execs(lambda *_: TASK, begin).run(said()):
                pass

        listening = asyncio.create_task(listen())
        await began.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        return session.closed

    assert asyncio.run(story())
