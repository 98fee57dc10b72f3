"""A master that stands alone: it leads for as long as it runs."""

import asyncio

from barter.master.allocator.allocator import Allocator
from barter.master.cluster import Timing
from barter.master.facts import Recovered
from barter.master.registry import Registry
from barter.master.shell.door import Door
from barter.master.shell.face import Face
from barter.master.shell.leadership import Leadership, Way
from barter.master.shell.metrics import registry_of
from barter.master.shell.pacing import CALLS_PER_SECOND
from barter.shell import http

GOODBYE_SECONDS = 1.0


class MasterService:
    """`start`, then `until` its end, then `stop`. Everything runs in the loop that called `start`."""

    def __init__(
        self,
        registry: Registry,
        recovered: Recovered,
        timing: Timing,
        heartbeat_ms: int,
        calls_per_second: int = CALLS_PER_SECOND,
        allocator: Allocator | None = None,
    ) -> None:
        self.cluster_id, self.epoch = recovered.cluster_id, recovered.epoch
        self._leadership = Leadership(registry, recovered, Way(timing, heartbeat_ms, calls_per_second), allocator)
        door = Door()
        door.serve(self._leadership.services)
        app = http.face("Barter master", registry_of(self._leadership.metrics), self._health)
        self._face = Face(door, app)
        self._running: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        return self._face.address

    async def start(self, listen: str, http_listen: str, *, insecure: bool = False) -> None:
        """Raises NotAllowed, AddressTaken or ValueError where an address cannot be used."""
        await self._face.start(listen, http_listen, insecure=insecure)
        self._running = asyncio.create_task(self._leadership.run())

    async def until(self, stop: asyncio.Event) -> None:
        """Until told to stop; raises what ended the machine before that, such as a registry that cannot be written."""
        assert self._running is not None
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopping, self._running], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done:
            task.result()

    async def stop(self) -> None:
        self._leadership.end()
        await self._face.stop(GOODBYE_SECONDS)
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    def _health(self) -> dict[str, object]:
        return {"status": "ok", "leading": True, "cluster": self.cluster_id, "epoch": self.epoch}
