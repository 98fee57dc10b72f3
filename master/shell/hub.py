"""Between the machine's actions and the streams: facts are committed first, then everything is put on its way."""

import asyncio
import itertools
from collections.abc import Callable

from barter.master.actions import (
    Action,
    Answer,
    CloseSession,
    EndpointsChanged,
    HistoryGrew,
    Persist,
    SendToAgent,
    SendToFramework,
)
from barter.master.history import Entry, History
from barter.master.messages import Error
from barter.master.registry import Registry
from barter.master.shell.stream import Stream, Write
from barter.master.shell.watchers import EndpointWatch, EventWatch
from barter.shell.log import logger

LOG = logger("master")
LOGGED = ("agent_", "framework_", "settled", "removals_")
LOUD = "removals_frozen"
LINES_MOST = 5


class LeadershipLost(Exception):
    """Another may lead by now, so nothing is done any more."""


class MasterEnded(Exception):
    """The master ended before it answered."""


class Hub:
    """All open streams and watches. `perform` raises what the registry raises, or LeadershipLost, before it sends."""

    def __init__(self, registry: Registry, history: History, may_act: Callable[[], bool] | None = None) -> None:
        """`may_act`: asked before and after whatever has an effect; always by default."""
        self._registry = registry
        self.may_act = may_act or _always
        self._history = history
        self._logged = history.sequence
        self._numbers = itertools.count(1)
        self._streams: dict[int, Stream] = {}
        self._of: dict[bool, set[Stream]] = {True: set(), False: set()}
        self.endpoint_watches: set[EndpointWatch] = set()
        self.event_watches: set[EventWatch] = set()
        self._calls: dict[int, asyncio.Future[Answer]] = {}

    def open(self, peer: str, write: Write, *, of_agent: bool = False) -> Stream:
        stream = Stream(next(self._numbers), peer, write)
        self._streams[stream.number] = stream
        self._of[of_agent].add(stream)
        return stream

    def drop(self, stream: Stream) -> None:
        stream.abandon()
        self._streams.pop(stream.number, None)
        for streams in self._of.values():
            streams.discard(stream)

    def call(self) -> tuple[int, asyncio.Future[Answer]]:
        """A number for an operator's call, and what will be its answer, or MasterEnded."""
        number = next(self._numbers)
        answer = self._calls[number] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: self._calls.pop(number, None))
        return number, answer

    async def perform(self, actions: list[Action]) -> None:
        self._check()
        facts = [action.fact for action in actions if isinstance(action, Persist)]
        if facts:
            await self._registry.commit(facts)
            self._check()
        for action in actions:
            self._do(action)

    async def beat(self, every_ms: Callable[[], int], *, agents: bool) -> None:
        """Let every agent, or every framework, hear something at least this often; until cancelled."""
        while True:
            await asyncio.sleep(every_ms() / 1000)
            for stream in self._of[agents]:
                stream.beat()

    def end_all(self) -> None:
        """The master ends: streams and watches end after what already waits for them, calls without an answer."""
        for stream in self._streams.values():
            stream.close()
        for endpoint_watch in self.endpoint_watches:
            endpoint_watch.close()
        for event_watch in self.event_watches:
            event_watch.close()
        for answer in [*self._calls.values()]:
            if not answer.done():
                answer.set_exception(MasterEnded())

    def _check(self) -> None:
        if not self.may_act():
            raise LeadershipLost("it may not act any more")

    def _do(self, action: Action) -> None:
        match action:
            case SendToAgent() | SendToFramework():
                stream = self._streams.get(action.session)
                if stream is not None:
                    stream.put(action.message)
            case CloseSession():
                self._close(action)
            case EndpointsChanged():
                for endpoint_watch in self.endpoint_watches:
                    endpoint_watch.changed(action)
            case HistoryGrew():
                self._say()
                for event_watch in self.event_watches:
                    event_watch.wake()
            case Answer():
                answer = self._calls.get(action.call)
                if answer is not None and not answer.done():
                    answer.set_result(action)
            case Persist():
                pass

    def _close(self, action: CloseSession) -> None:
        stream = self._streams.get(action.session)
        if stream is None:
            return
        if action.reason:
            stream.put(Error(action.reason, action.fatal))
        stream.close()

    def _say(self) -> None:
        """A line each; of many that are alike at once, such as all agents after a start, a line for all."""
        alike: dict[str, list[Entry]] = {}
        for entry in self._history.since(self._logged):
            if entry.kind.startswith(LOGGED):
                alike.setdefault(entry.kind, []).append(entry)
        self._logged = self._history.sequence
        for kind, entries in alike.items():
            for entry in entries[:LINES_MOST]:
                say = LOG.error if kind == LOUD else LOG.info
                say(kind, subject=entry.subject, reason=entry.reason)
            if len(entries) > LINES_MOST:
                LOG.info(kind, more=len(entries) - LINES_MOST)


def _always() -> bool:
    return True
