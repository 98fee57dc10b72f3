"""The edge's watch: it follows the leader, waits for a master that is not there yet, and finds names' addresses."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from grpc import StatusCode

from barter.agent.edge.messages import Event, Told, WatchLost
from barter.agent.edge.shell.watch import Watch
from barter.core.addresses import split_addresses
from barter.core.route import MastersAre
from barter.proto.v1 import operator_pb2 as op
from barter.shell.transport import LEADER_METADATA
from tests.integration.edge_world import Context, Master
from tests.integration.machine import free_address

pytestmark = pytest.mark.integration


class Follower(Master):
    """Does not lead, and says who does."""

    leader = ""

    async def WatchEndpoints(
        self, request: op.WatchEndpointsRequest, context: Context
    ) -> AsyncIterator[op.EndpointsUpdate]:
        await context.abort(StatusCode.FAILED_PRECONDITION, "not the leader", ((LEADER_METADATA, self.leader),))
        yield op.EndpointsUpdate()


class Heard:
    """A watch and what it posted."""

    def __init__(self, masters: str) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._task = asyncio.create_task(Watch(split_addresses(masters), self.events.put_nowait).run())

    async def next(self) -> Event:
        return await asyncio.wait_for(self.events.get(), 20)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


def test_the_leader_is_followed_and_names_become_addresses() -> None:
    async def story() -> None:
        leader, follower = Master(), Follower()
        leader.host = "localhost"
        await leader.start()
        await follower.start()
        follower.leader = leader.address
        leader.tell("web", [31_000])
        heard = Heard(f"{follower.address},{free_address()}")
        told = await heard.next()
        assert isinstance(told, Told)
        assert (told.snapshot, told.settled) == (True, True)
        assert told.services[0].endpoints[0].host in ("127.0.0.1", "::1")
        leader.remove("web")
        assert await heard.next() == Told(removed=("web",))
        await leader.stop()
        assert isinstance(await heard.next(), WatchLost)
        await leader.start()
        assert await heard.next() == Told(snapshot=True)
        await heard.stop()
        await leader.stop()
        await follower.stop()

    asyncio.run(story())


def test_a_master_that_is_not_there_yet_is_waited_for() -> None:
    async def story() -> None:
        master = Master()
        master.address = free_address()
        heard = Heard(master.address)
        await asyncio.sleep(0)
        await master.start()
        assert await heard.next() == Told(snapshot=True)
        await heard.stop()
        await master.stop()

    asyncio.run(story())


def test_a_leader_that_is_news_is_gone_to_and_one_of_the_past_is_left() -> None:
    async def story() -> None:
        stale, leader = Master(), Master()
        stale.epoch, leader.epoch = 4, 5
        await stale.start()
        await leader.start()
        heard: asyncio.Queue[Event] = asyncio.Queue()
        watch = Watch([], heard.put_nowait)
        watch.told(MastersAre(()))
        running = asyncio.create_task(watch.run())
        await asyncio.sleep(0)
        watch.told(MastersAre((stale.address,), "", 0))
        assert await asyncio.wait_for(heard.get(), 20) == Told(snapshot=True)
        watch.told(MastersAre((), leader.address, 5))
        assert isinstance(await asyncio.wait_for(heard.get(), 20), WatchLost)
        assert await asyncio.wait_for(heard.get(), 20) == Told(snapshot=True)
        watch.told(MastersAre((), stale.address, 4))
        await leader.stop()
        assert isinstance(await asyncio.wait_for(heard.get(), 20), WatchLost)
        leader.tell("web", [31_000])
        await leader.start()
        told = await asyncio.wait_for(heard.get(), 20)
        assert isinstance(told, Told)
        assert [each.service.service_id for each in told.services] == ["web"]
        running.cancel()
        await asyncio.wait([running])
        await leader.stop()
        await stale.stop()

    asyncio.run(story())
