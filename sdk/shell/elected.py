"""A framework of several processes, one of which ZooKeeper elects: that one runs it, the others wait."""

import asyncio
import contextlib
import logging
import re
import signal
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from barter.core.candidacy import Follow, Lead, Leave
from barter.core.znode_layout import FRAMEWORKS
from barter.sdk.shell.driver import MasterDriver
from barter.sdk.store import StateStore, StoreLost, StoreRefused

if TYPE_CHECKING:
    from barter.shell.zookeeper.settings import ZooKeeperSettings

LOG = logging.getLogger("barter.sdk")
Make = Callable[[StateStore], MasterDriver]
LAST_WORD_SECONDS = 1.0
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+")


def run_elected(zk: "str | ZooKeeperSettings", name: str, make: Make) -> int:
    """Wait until this process leads, then run the driver that `make` makes; return the exit code.

    0: the driver has stopped, or SIGINT or SIGTERM came, and the next process takes over at once. 1, with a last line:
    the lead is lost, or the master ended the framework; a supervisor may start it again. Raises ValueError.
    """

    async def run() -> int:
        elected = Elected(zk, name, make)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, elected.stop)
        code = await elected.serve()
        if code:
            print(f"{name}: {elected.last_words}", file=sys.stderr)
        return code

    return asyncio.run(run())


class Elected:
    """One of the processes, in the loop that makes it: `serve` it once.

    `make` is called when it leads, with the framework's state as the leader before has left it; its driver is to have
    that store, as it asks it before it acts. `addresses` is what the others are told of this process, by protocol.
    Kazoo is loaded only here.
    """

    def __init__(
        self, zk: "str | ZooKeeperSettings", name: str, make: Make, addresses: Mapping[str, str] | None = None
    ) -> None:
        """`zk`: zk://user:password@host:port,host:port/path. Raises ValueError."""
        from barter.shell.zookeeper.election import Campaign, new_token
        from barter.shell.zookeeper.loop import ZooKeeper

        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a framework in ZooKeeper: letters, digits, dots, dashes alone")
        self.last_words = ""
        self._name, self._make, self._addresses = name, make, addresses or {}
        self._zk = ZooKeeper(_settings(zk))
        self._leader: Mapping[str, str] = {}
        self._why_none = "the election has not begun"
        self._driver: MasterDriver | None = None
        loop = asyncio.get_running_loop()
        self._led: asyncio.Future[Lead] = loop.create_future()
        self._left: asyncio.Future[Leave] = loop.create_future()
        self._campaign = Campaign(
            self._zk,
            f"{FRAMEWORKS}/{name}",
            new_token(),
            self._addresses,
            lead=self._on_lead,
            follow=self._on_follow,
            leave=self._on_leave,
        )

    @property
    def leads(self) -> bool:
        """Whether this process runs the framework, and no other can yet."""
        return self._driver is not None and self._campaign.may_act()

    @property
    def leader(self) -> Mapping[str, str]:
        """The addresses of who leads; none while nobody is known to."""
        return self._addresses if self.leads else self._leader

    @property
    def why_no_leader(self) -> str:
        return self._zk.diagnosis() if self._zk.silent_ms() else self._why_none

    def stop(self) -> None:
        """Have `serve` end with 0, and another process lead at once; tasks stay."""
        if self._driver is not None:
            self._driver.stop(failover=True)
        else:
            self._campaign.resign("it was told to end")

    async def serve(self) -> int:
        """Until it has led and that is over, or `stop`. 0, or 1 with the reason in `last_words`."""
        campaign = asyncio.create_task(self._campaign.run())
        try:
            await _first(campaign, self._led, self._left)
            if self._led.done() and not self._left.done():
                return await self._run(self._led.result(), campaign)
            return await self._over(campaign)
        except (StoreLost, StoreRefused) as error:
            return self._end(1, str(error))
        finally:
            campaign.cancel()
            await asyncio.wait({campaign})
            await self._zk.close()

    async def _run(self, lead: Lead, campaign: "asyncio.Task[None]") -> int:
        from barter.sdk.shell.zookeeper_store import ZooKeeperStore

        self._why_none = f"this process has taken the lead with epoch {lead.epoch} and reads the state"
        store = ZooKeeperStore(self._zk.blocking, self._name, lead, self._campaign.may_act)
        self._driver = self._make(store)
        LOG.info("leads with epoch %d", lead.epoch)
        driving = asyncio.create_task(self._driver.serve())
        try:
            await _first(driving, campaign, self._left)
            if driving.done() and store.held():
                return self._end(driving.result(), "its driver has given up, as the lines before say")
            return await self._over(campaign)
        finally:
            self._driver = None
            driving.cancel()
            await asyncio.gather(driving, return_exceptions=True)

    async def _over(self, campaign: "asyncio.Task[None]") -> int:
        """What the election says of its end, which it does soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await _first(campaign, self._left)
        if campaign.done():
            campaign.result()
        if self._left.done():
            return self._end(self._left.result().code, self._left.result().reason)
        return self._end(1, "another process may lead")

    def _end(self, code: int, reason: str) -> int:
        self._leader, self._why_none = {}, reason
        self.last_words = f"{reason}; tasks go on" if code else ""
        return code

    def _on_lead(self, lead: Lead) -> None:
        self._leader = {}
        self._led.set_result(lead)

    def _on_follow(self, follow: Follow) -> None:
        self._leader, self._why_none = follow.addresses, follow.reason

    def _on_leave(self, leave: Leave) -> None:
        self._leader, self._why_none = {}, leave.reason
        self._left.set_result(leave)


async def _first(*waiting: "asyncio.Future[Any]") -> None:
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)


def _settings(zk: "str | ZooKeeperSettings") -> "ZooKeeperSettings":
    from barter.core.zookeeper_url import parse_url
    from barter.shell.zookeeper.settings import ZooKeeperSettings

    return ZooKeeperSettings(parse_url(zk)) if isinstance(zk, str) else zk
