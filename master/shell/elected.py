"""A master among others: it follows, leads if it is elected, and hands over or stops when that ends."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from barter.core.candidacy import Follow, Lead, Leave
from barter.core.znode_layout import MASTERS
from barter.master.allocator.allocator import Allocator
from barter.master.registry import NoLongerLeader, UnusableRegistry
from barter.master.shell.door import Door, Refusal
from barter.master.shell.face import Face
from barter.master.shell.hub import LeadershipLost
from barter.master.shell.leadership import Leadership, Way
from barter.master.shell.metrics import ElectionMetrics, registry_of
from barter.master.shell.outside import elected_app
from barter.master.shell.standing import Rival, Standing
from barter.master.shell.zookeeper_registry import ZooKeeperRegistry
from barter.shell.log import logger
from barter.shell.zookeeper.election import Campaign, new_token
from barter.shell.zookeeper.loop import ZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings

LOG = logger("master")
SUCCESSOR_SECONDS = 0.25
GOODBYE_SECONDS = 1.0
"""For the streams of thousands to end with the next leader's address; nobody waits who has heard it."""
SHORT_GOODBYE_SECONDS = 0.1
LAST_WORD_SECONDS = 0.1


class Ended(Exception):
    """Why a master that was not told to cannot go on."""


@dataclass(frozen=True, slots=True)
class Where:
    """What it listens on; `advertise` makes of such an address what others are told."""

    listen: str
    http: str
    advertise: Callable[[str], str]
    insecure: bool = False


class ElectedMaster:
    """`run` it once, in the loop that made it."""

    def __init__(
        self, settings: ZooKeeperSettings, way: Way, where: Where, allocator: Callable[[], Allocator], new_id: str
    ) -> None:
        """`new_id` is for a cluster that has no id yet. Raises ValueError for TLS files."""
        self._zk = ZooKeeper(settings)
        self._way, self._where, self._allocator, self._new_id = way, where, allocator, new_id
        self._door = Door(self._why)
        self._why_none = "the election has not begun"
        self._told: Mapping[str, str] = {}
        self._leader: Mapping[str, str] = {}
        self._metrics = ElectionMetrics(self._door)
        app = elected_app(registry_of(self._metrics), self._health, lambda: self._leader.get("http", ""))
        self._face = Face(self._door, app)
        self._campaign: Campaign | None = None
        self._leadership: Leadership | None = None
        self._leading: asyncio.Task[None] | None = None
        self._left: asyncio.Future[Leave] = asyncio.get_running_loop().create_future()

    async def run(self, stop: asyncio.Event, hurry: asyncio.Event) -> None:
        """Until told to stop; `hurry` makes that quicker. Raises Ended, and for an address what `Face.start` does."""
        where = self._where
        await self._face.start(where.listen, where.http, insecure=where.insecure)
        told = self._told = {"grpc": where.advertise(self._face.address), "http": where.advertise(where.http)}
        LOG.info("listening", grpc=self._face.address, http=where.http, told=told, zookeeper=str(self._zk.settings.url))
        campaign = self._campaign = Campaign(
            self._zk, MASTERS, new_token(), told, lead=self._lead, follow=self._follow, leave=self._leave
        )
        running = asyncio.create_task(campaign.run())
        stopping = asyncio.create_task(stop.wait())
        ends: list[asyncio.Future[Any]] = [running, self._left]
        try:
            await asyncio.wait([*ends, stopping], return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                campaign.resign("it was told to end")
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            await self._end(campaign, self._left.result(), hurry)
        finally:
            for task in (running, stopping):
                task.cancel()

    # What the election tells.

    def _lead(self, lead: Lead) -> None:
        self._why_none = f"this master has taken the lead with epoch {lead.epoch} and reads the registry"
        self._leader = {}
        self._door.hold()
        self._metrics.elected(lead.epoch, leading=True)
        self._leading = asyncio.create_task(self._reign(lead))
        self._leading.add_done_callback(self._reign_over)

    def _follow(self, follow: Follow) -> None:
        self._leader, self._why_none = follow.addresses, follow.reason
        self._metrics.elected(follow.epoch, leading=False)
        leader = follow.addresses.get("grpc", "")
        if leader == self._told["grpc"]:
            self._leader = {}
            self._why_none = (
                f"who leads is at {leader}, which is this master's own address: it was started again and its former "
                "session has to end, or another master says --advertise the same"
            )
            self._door.hold()
        elif leader:
            self._door.send_to(leader)
        else:
            self._door.hold()

    def _leave(self, leave: Leave) -> None:
        self._why_none, self._leader = leave.reason, {}
        self._door.hold()
        self._metrics.leading = False
        if not self._left.done():
            self._left.set_result(leave)

    # While it leads.

    async def _reign(self, lead: Lead) -> None:
        assert self._campaign is not None
        began = asyncio.get_running_loop().time()
        registry = ZooKeeperRegistry(self._zk, lead)
        recovered = await registry.start(self._new_id)
        leadership = self._leadership = Leadership(
            registry, recovered, self._way, self._allocator(), self._campaign.may_act, self._standing
        )
        self._metrics.of_leadership = leadership.metrics
        self._door.serve(leadership.services, self._campaign.may_act)
        LOG.info(
            "ready",
            grpc=self._face.address,
            http=self._where.http,
            cluster=leadership.cluster_id,
            epoch=leadership.epoch,
            agents=len(recovered.agents),
            registry_ms=int((asyncio.get_running_loop().time() - began) * 1000),
        )
        await leadership.run()

    def _reign_over(self, reign: "asyncio.Task[None]") -> None:
        assert self._campaign is not None
        if reign.cancelled() or (error := reign.exception()) is None or self._left.done():
            return
        match error:
            case LeadershipLost():
                # The election knows why, and says so at once; unless ZooKeeper answered just after.
                why = "ZooKeeper answered too late for what was being done"
                asyncio.get_running_loop().call_later(LAST_WORD_SECONDS, self._campaign.resign, why, 1)
            case NoLongerLeader() | UnusableRegistry():
                self._campaign.resign(f"{error} (below {self._zk.settings.url.path} in ZooKeeper)", 1)
            case _:
                LOG.error("a bug", exc_info=error)
                self._campaign.resign(f"{type(error).__name__}: {error}", 1)

    async def _end(self, campaign: Campaign, leave: Leave, hurry: asyncio.Event) -> None:
        """Streams end at once where another may lead, and else when the next one does, with its address."""
        successor = ""
        if leave.code == 0 and self._leadership is not None:
            successor = await self._successor(campaign, hurry)
            LOG.info("handed over", to=successor or "nobody yet")
        reason = "this master has handed over" if successor else f"this master leads no more: {leave.reason}"
        self._door.end(Refusal(reason, successor))
        if self._leadership is not None:
            self._leadership.end()
        if self._leading is not None:
            self._leading.cancel()
        goodbye = GOODBYE_SECONDS if successor and not hurry.is_set() else SHORT_GOODBYE_SECONDS
        await asyncio.gather(self._face.stop(goodbye), self._zk.close())
        if leave.code:
            raise Ended(leave.reason)

    async def _successor(self, campaign: Campaign, hurry: asyncio.Event) -> str:
        handing = asyncio.create_task(campaign.hand_over(SUCCESSOR_SECONDS))
        hurrying = asyncio.create_task(hurry.wait())
        await asyncio.wait([handing, hurrying], return_when=asyncio.FIRST_COMPLETED)
        hurrying.cancel()
        if handing.done():
            return handing.result().get("grpc", "")
        handing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await handing
        return ""

    # What it says of itself.

    def _why(self) -> str:
        return self._zk.diagnosis() if self._zk.silent_ms() else self._why_none

    def _health(self) -> dict[str, object]:
        campaign, leadership = self._campaign, self._leadership
        leads = campaign is not None and campaign.may_act() and leadership is not None
        said: dict[str, object] = {"status": "ok", "leading": leads, "epoch": self._metrics.epoch}
        if leads and leadership is not None:
            return said | {"leader": self._told["grpc"], "cluster": leadership.cluster_id}
        leader = self._leader.get("grpc", "")
        return said | {"leader": leader} | ({} if leader else {"reason": self._why()})

    def _standing(self) -> Standing:
        """Of one that leads."""
        assert self._campaign is not None
        rivals = [
            Rival(told.get("grpc", ""), told.get("http", ""), told == self._told)
            for told in (each.addresses for each in self._campaign.candidates)
        ]
        answers = self._zk.diagnosis() if self._zk.silent_ms() else "answers"
        zookeeper = f"{self._zk.settings.url} {answers}, session timeout {self._campaign.session_ms} ms"
        return Standing(tuple(sorted(rivals, key=lambda each: not each.leads)), zookeeper)
