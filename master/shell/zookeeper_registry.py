"""The durable facts of elected masters, in ZooKeeper: written by who leads, and by nobody who did."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from barter.core.candidacy import Lead
from barter.core.znode_layout import LEADER, MASTERS
from barter.core.znodes import Check, Conflict, Node, Operation, Unknown
from barter.master.facts import Fact, Recovered
from barter.master.registry import NoLongerLeader, UnusableRegistry
from barter.master.registry_format import check_format
from barter.master.registry_rows import KINDS, Undecodable
from barter.master.shell.wire_facts import body_of, value_of
from barter.master.znode_registry import ROOT, Meta, Step, ZnodeRegistry
from barter.shell.log import logger
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable
from barter.shell.zookeeper.loop import ZooKeeper

LOG = logger("registry")
FENCE = f"{MASTERS}/{LEADER}"
PAUSE_S = 0.02
"""Between attempts while the connection is lost; the session's end ends them."""
AnswerT = TypeVar("AnswerT")


class ZooKeeperRegistry:
    """Of one leader: `lead` is what the election gave it. Nothing is written before all was read and understood."""

    def __init__(self, zk: ZooKeeper, lead: Lead) -> None:
        self._zk, self._epoch = zk, lead.epoch
        self._fence = Check(FENCE, lead.version)
        self._nodes = ZnodeRegistry(self._fence, body_of, value_of)

    async def start(self, new_cluster_id: str) -> Recovered:
        """An older format is migrated. Raises NoLongerLeader, UnusableRegistry."""
        while True:
            meta = await self._ask(lambda: self._zk.get(ROOT))
            if meta is not None:
                break
            await self._found(new_cluster_id)
        check_format(ROOT, Meta.from_bytes(meta.data).format)
        self._nodes.load(meta, await self._ask(lambda: read_shards(self._zk)))
        recovered = self._nodes.recovered(self._epoch)
        try:
            steps = self._nodes.migrate()
        except Undecodable as error:
            raise UnusableRegistry(f"{ROOT} is damaged: {error}: restore a backup") from error
        if steps:
            await self._carry_out(steps)
            recovered = self._nodes.recovered(self._epoch)
        return recovered

    async def commit(self, facts: Sequence[Fact]) -> None:
        await self._carry_out(self._nodes.plan(facts))

    async def close(self) -> None:
        """The connection is the election's, too, and stays."""

    async def _found(self, new_cluster_id: str) -> None:
        """May be to no effect: then it is looked again."""
        try:
            await self._zk.commit(self._nodes.found(new_cluster_id).all)
        except Conflict:
            await self._still_leads()
        except SessionOver as error:
            raise NoLongerLeader(f"the session with ZooKeeper is over: {error}") from error
        except NotAllowed as error:
            raise UnusableRegistry(str(error)) from error
        except (Unknown, Unreachable):
            await self._pause()

    async def _carry_out(self, steps: Sequence[Step]) -> None:
        for step in steps:
            await self._write(step.transaction.all)
            self._nodes.happened(step)

    async def _write(self, operations: Sequence[Operation]) -> None:
        """Return once it is known to have happened. Nobody else writes as long as the fence has its version."""
        unknown = False
        while True:
            try:
                await self._zk.commit(operations)
                return
            except Conflict as error:
                await self._still_leads()
                if unknown and await self._has_happened():
                    return
                raise UnusableRegistry(
                    f"{error.path}: somebody else has changed it ({error}); what was to be written is not there"
                ) from error
            except Unknown:
                unknown = True
                LOG.warning("answer lost", next="looking whether it was written")
            except Unreachable:
                pass
            except SessionOver as error:
                raise NoLongerLeader(f"the session with ZooKeeper is over: {error}") from error
            except NotAllowed as error:
                raise UnusableRegistry(str(error)) from error
            except ValueError as error:
                raise UnusableRegistry(f"{error}; what was to be written is not there") from error
            if unknown and await self._has_happened():
                LOG.info("answer found", written=True)
                return
            await self._pause()

    async def _has_happened(self) -> bool:
        """Whether the next step has. Where it has and a server that lags says no, writing it again conflicts."""
        found = await self._ask(lambda: self._zk.get(ROOT))
        await self._still_leads()
        return found is not None and found.version == self._nodes.version + 1

    async def _still_leads(self) -> None:
        """Raises NoLongerLeader."""
        leader = await self._ask(lambda: self._zk.get(FENCE))
        if leader is None or leader.version != self._fence.version:
            raise NoLongerLeader(
                f"{FENCE} is no longer as epoch {self._epoch} left it, so another has taken the lead; "
                "what was to be written is not there"
            )

    async def _ask(self, ask: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        """Again until there is an answer, or the session is over."""
        while True:
            try:
                return await ask()
            except (Unknown, Unreachable):
                await self._pause()
            except SessionOver as error:
                raise NoLongerLeader(f"the session with ZooKeeper is over: {error}") from error
            except NotAllowed as error:
                raise UnusableRegistry(str(error)) from error

    async def _pause(self) -> None:
        """Raises NoLongerLeader where it is in vain to try again."""
        if not self._zk.connection.open:
            raise NoLongerLeader(f"the session with ZooKeeper is over: {self._zk.diagnosis()}")
        await asyncio.sleep(PAUSE_S)


async def read_shards(zk: ZooKeeper) -> dict[str, Node]:
    """By path. Raises UnusableRegistry, and what every question raises."""
    kinds = await zk.children(ROOT)
    check_kinds(kinds)
    numbers = await asyncio.gather(*(zk.children(f"{ROOT}/{kind}") for kind in kinds))
    paths = [f"{ROOT}/{kind}/{number}" for kind, each in zip(kinds, numbers, strict=True) for number in each]
    found = await zk.get_many(paths)
    shards = {path: node for path, node in found.items() if node is not None}
    if gone := found.keys() - shards.keys():
        raise UnusableRegistry(f"{min(gone)}: somebody has removed it while it was read")
    return shards


def check_kinds(found: Collection[str]) -> None:
    """Of the nodes below the registry's. Raises UnusableRegistry."""
    if lacking := sorted(set(KINDS).difference(found)):
        raise UnusableRegistry(f"{ROOT}/{lacking[0]} is not there: restore a backup under another path")
    if unknown := sorted(set(found).difference(KINDS)):
        raise UnusableRegistry(f"{ROOT}/{unknown[0]} is no part of a registry: remove it, or choose another path")
