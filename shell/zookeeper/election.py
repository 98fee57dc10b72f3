"""One candidate's part in an election, with a real ensemble: of masters, and of the instances of a framework."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from barter.core import candidacy
from barter.core.candidacy import Candidate, Enlist, Event, Follow, Lead, Leader, Leave, Look, Take
from barter.core.candidate_nodes import (
    Unreadable,
    candidate_bytes,
    candidate_name,
    candidate_of,
    leader_bytes,
    leader_of,
    process_of,
)
from barter.core.election import Election, Phase
from barter.core.znode_layout import CANDIDATES, LEADER
from barter.core.znodes import Check, Conflict, Create, Delete, Operation, SetData, Unknown
from barter.shell.log import logger
from barter.shell.runner import Runner
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable
from barter.shell.zookeeper.guard import Refused, prepared
from barter.shell.zookeeper.lease import Lease
from barter.shell.zookeeper.loop import ZooKeeper

LOG = logger("election")
COMPLAIN_SECONDS = 60.0
_PASSING = (Conflict, Unknown, Unreachable, SessionOver)
_LASTING = (Refused, Unreadable, NotAllowed)


def new_token() -> str:
    """As no other process has it."""
    return secrets.token_hex(8)


class Campaign:
    """`run` it; `lead`, `follow` and `leave` are called in the loop, `leave` once and last.

    Made before `zk` is started, which `run` does. Whoever leads may act for as long as `may_act` says so, and asks it
    before and after whatever has an effect.
    """

    def __init__(
        self,
        zk: ZooKeeper,
        place: str,
        token: str,
        addresses: Mapping[str, str],
        *,
        lead: Callable[[Lead], None],
        follow: Callable[[Follow], None],
        leave: Callable[[Leave], None],
    ) -> None:
        """`place`: the node below which the election is held, `"masters"` or `"frameworks/NAME"`."""
        self._zk, self._place, self._addresses = zk, place, addresses
        self._token = token
        self._lead, self._follow, self._leave = lead, follow, leave
        self._election = Election(token)
        self._lease = Lease(self._election, zk.clock)
        self._runner: Runner[Event, candidacy.Action] = Runner(self._lease, zk.clock, self._perform)
        self._question: asyncio.Task[None] | None = None
        self._prepared = False
        self._known: dict[str, Candidate] = {}
        self._trouble: type[Exception] | None = None
        self.candidates: tuple[Candidate, ...] = ()
        """As they were when it last looked, the first in the queue first."""
        zk.attend(self._hear, self._lease.hear)

    @property
    def leader_path(self) -> str:
        return f"{self._place}/{LEADER}"

    @property
    def epoch(self) -> int:
        """The one it leads with, or has led with; 0 before."""
        return self._election.epoch

    @property
    def leads(self) -> bool:
        return self._election.phase is Phase.LEADING

    def may_act(self) -> bool:
        """Whether it leads and nobody else can yet; however busy the loop is."""
        return self._lease.may_act()

    @property
    def session_ms(self) -> int:
        """The timeout that ZooKeeper has granted; 0 before the first session."""
        return self._election.timeout_ms

    async def run(self) -> None:
        """Until cancelled."""
        await self._zk.start()
        complaining = asyncio.create_task(self._complain())
        try:
            await self._runner.run()
        finally:
            complaining.cancel()
            self._drop_question()

    def resign(self, reason: str, code: int = 0) -> None:
        """It acts no more from now on; `leave` follows."""
        self._lease.end()
        self._runner.post(candidacy.Resign(reason, code))

    async def hand_over(self, seconds: float) -> Mapping[str, str]:
        """After it has left: makes way, and waits for the next to lead. Its addresses; none if nobody does in time."""
        epoch, changed = self.epoch, asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                if not await self._make_way():
                    return {}
                while True:
                    changed.clear()
                    await self._zk.watch_data(self.leader_path, changed.set)
                    leader = await self._read_leader()
                    if leader.epoch > epoch:
                        return leader.addresses
                    await changed.wait()
        except (*_PASSING, *_LASTING, TimeoutError) as error:
            LOG.warning("nobody else leads yet", place=self._place, reason=str(error) or f"not within {seconds} s")
            return {}

    async def _make_way(self) -> bool:
        """Removes its node; tells whether there are others."""
        names = await self._zk.children(self._path(CANDIDATES))
        await self._zk.commit([Check(self.leader_path), *self._removing(names)])
        return len(names) > len(self._removing(names))

    def _hear(self, event: Event) -> None:
        if isinstance(event, candidacy.SessionLost):
            self._drop_question()
        self._runner.post(event)

    async def _perform(self, actions: list[candidacy.Action]) -> None:
        for action in actions:
            match action:
                case Enlist():
                    self._ask(action, self._enlist(action))
                case Look():
                    self._ask(action, self._look(action))
                case Take():
                    LOG.info("takes the lead", place=self._place, epoch=action.epoch, reason=action.reason)
                    self._ask(action, self._take(action))
                case Lead():
                    LOG.info("leads", place=self._place, epoch=action.epoch, reason=action.reason)
                    self._lead(action)
                case Follow():
                    LOG.info("follows", place=self._place, leader=dict(action.addresses), reason=action.reason)
                    self._follow(action)
                case Leave():
                    self._lease.end()
                    self._drop_question()
                    LOG.info("leaves the election", place=self._place, reason=action.reason)
                    self._leave(action)

    def _ask(self, question: Enlist | Look | Take, answering: Coroutine[Any, Any, Event]) -> None:
        async def ask() -> None:
            try:
                answer = await answering
            except _PASSING as error:
                self._warn(error)
                answer = candidacy.Failed(str(error), question.number)
            except _LASTING as error:
                answer = self._impossible(error, question.number)
            except Exception as error:
                LOG.error("a bug", exc_info=error)
                answer = candidacy.Resign(f"{type(error).__name__}: {error}", 1)
            else:
                self._trouble = None
            self._runner.post(answer)

        self._drop_question()
        self._question = asyncio.create_task(ask())

    def _impossible(self, error: Exception, number: int) -> Event:
        """Who leads goes on: nobody takes the lead while that cannot be read."""
        if not self.leads:
            return candidacy.Resign(str(error), 1)
        self._warn(error)
        return candidacy.Failed(str(error), number)

    def _warn(self, error: Exception) -> None:
        """Once for a kind, not for each try."""
        if self._trouble is not type(error):
            self._trouble = type(error)
            LOG.warning("trouble with ZooKeeper, trying again", place=self._place, reason=str(error))

    async def _complain(self) -> None:
        """For operators: that ZooKeeper does not answer, now and then for as long as it does not."""
        patience_ms = self._zk.settings.session_ms
        complained = 0.0
        while True:
            await asyncio.sleep(patience_ms / 1000)
            now = asyncio.get_running_loop().time()
            if self._zk.silent_ms() < patience_ms:
                if complained:
                    LOG.info("ZooKeeper answers again", place=self._place)
                complained = 0.0
            elif not complained or now - complained >= COMPLAIN_SECONDS:
                complained = now
                LOG.warning("no answer of ZooKeeper", place=self._place, reason=self._zk.diagnosis())

    def _drop_question(self) -> None:
        if self._question is not None:
            self._question.cancel()

    async def _enlist(self, enlist: Enlist) -> Event:
        """What earlier sessions left of this process goes: it would be first in the queue, and nobody's."""
        await self._prepare()
        path = self._path(CANDIDATES)
        names = await self._zk.children(path)
        data = candidate_bytes(enlist.token, self._addresses)
        create = Create(f"{path}/{candidate_name(enlist.token)}", data, ephemeral=True, sequence=True)
        await self._zk.commit([*self._removing(names), create])
        return candidacy.Enlisted(enlist.number)

    def _removing(self, names: Sequence[str]) -> list[Operation]:
        return [Delete(f"{self._path(CANDIDATES)}/{name}") for name in names if process_of(name) == self._token]

    async def _look(self, look: Look) -> Event:
        """All is asked at once; answers are in the order of questions, and the leader is not older than its rivals."""
        path = self._path(CANDIDATES)
        names, _, leader = await asyncio.gather(
            self._zk.watch_children(path, self._changed),
            self._zk.watch_data(self.leader_path, self._changed),
            self._read_leader(),
        )
        self._known = {name: self._known[name] for name in names if name in self._known}
        fresh = [f"{path}/{name}" for name in names if name not in self._known]
        if fresh:
            for each, node in (await self._zk.get_many(fresh)).items():
                if node is not None:
                    candidate = candidate_of(self._whole(each), node.data)
                    self._known[candidate.node] = candidate
        self.candidates = tuple(sorted(self._known.values(), key=lambda each: each.place))
        return candidacy.Looked(self.candidates, leader, look.number)

    async def _take(self, take: Take) -> Event:
        data = leader_bytes(take.epoch, take.candidate.token, self._addresses)
        await self._zk.commit(
            [
                Check(f"{self._path(CANDIDATES)}/{take.candidate.node}"),
                SetData(self.leader_path, data, take.version),
            ]
        )
        return candidacy.Taken(take.epoch, take.version + 1, take.number)

    async def _read_leader(self) -> Leader:
        """Raises Unreadable."""
        node = await self._zk.get(self.leader_path)
        if node is None:
            raise Unreadable(
                f"{self._whole(self.leader_path)} in ZooKeeper is gone: stop all, restore it, or use another path"
            )
        return leader_of(self._whole(self.leader_path), node.data, node.version)

    async def _prepare(self) -> None:
        if self._prepared:
            return
        await prepared(self._zk)
        if await self._zk.get(self.leader_path) is None:
            data = leader_bytes(0, "", {})
            await self._zk.commit([Create(self._place), Create(self._path(CANDIDATES)), Create(self.leader_path, data)])
        self._prepared = True

    def _changed(self) -> None:
        self._runner.post(candidacy.Changed())

    def _path(self, name: str) -> str:
        return f"{self._place}/{name}"

    def _whole(self, path: str) -> str:
        """As operators find it in ZooKeeper."""
        return self._zk.connection.absolute(path)
