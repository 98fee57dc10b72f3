"""The second process: simulated agents and frameworks that live through failovers, asked by its parent, a line each.

begin             all register: {"seconds": ...}
again             answered at once; the leader may be ended now: {"waiting": true}
back              once all have registered with the next: {"offered": ..., "first": ..., "last": ...} (time.monotonic)
end
"""

import asyncio
import sys
import time

from barter.tools.bench.failover.peers import Agent, Channels, Framework, Moments, Peer
from barter.tools.bench.master import messages
from barter.tools.bench.master.load import keep_the_collector_away, say
from barter.tools.bench.measure import BenchFailed

FRAMEWORKS, POLL_SECONDS = 10, 0.01
LONGEST_SECONDS = 120.0


class Load:
    def __init__(self, masters: tuple[str, ...], agents: int, tasks: int, agents_per_connection: int) -> None:
        self._masters, self._count, self._tasks, self._shared = masters, agents, tasks, agents_per_connection
        self._moments = Moments()
        self._channels: list[Channels] = []
        self._agents: list[Agent] = []
        self._lives: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Frameworks subscribe; every registration is made."""
        frameworks = [Framework(f"bench-{n}", self._masters, self._own(), self._moments) for n in range(FRAMEWORKS)]
        for framework in frameworks:
            self._start(framework)
            async with asyncio.timeout(LONGEST_SECONDS):
                await framework.subscribed.wait()
        owners = [framework.framework_id for framework in frameworks]
        for first in range(0, self._count, self._shared):
            channels = self._own()
            for number in range(first, min(first + self._shared, self._count)):
                told = messages.register(f"agent-{number:05}", number, self._tasks, owners)
                self._agents.append(Agent(told, self._masters, channels, self._moments))
        keep_the_collector_away()

    async def begin(self) -> dict[str, object]:
        began = time.monotonic()
        for agent in self._agents:
            self._start(agent)
        await self._all()
        keep_the_collector_away()
        return {"seconds": self._moments.registered[-1] - began}

    def again(self) -> dict[str, object]:
        self._moments.begin()
        return {"waiting": True}

    async def back(self) -> dict[str, object]:
        await self._all()
        found = self._moments
        return {"offered": found.offered[0], "first": found.registered[0], "last": found.registered[-1]}

    async def close(self) -> None:
        for life in self._lives:
            life.cancel()
        for channels in self._channels:
            await channels.close()

    async def _all(self) -> None:
        """Every agent registered, and an offer made. Raises BenchFailed."""
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                while len(self._moments.registered) < self._count or not self._moments.offered:
                    self._look_after()
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            found, offers = len(self._moments.registered), len(self._moments.offered)
            raise BenchFailed(f"{found} of {self._count} agents were registered, {offers} offers made") from None

    def _look_after(self) -> None:
        """A peer's life ends with an error only."""
        for life in self._lives:
            if life.done():
                life.result()

    def _start(self, peer: Peer) -> None:
        self._lives.append(asyncio.create_task(peer.live()))

    def _own(self) -> Channels:
        self._channels.append(Channels())
        return self._channels[-1]


async def main(masters: str, agents: int, tasks: int, agents_per_connection: int) -> None:
    load = Load(tuple(masters.split(",")), agents, tasks, agents_per_connection)
    try:
        await load.prepare()
        say({"ready": True})
        while command := (await asyncio.to_thread(sys.stdin.readline)).split():
            match command:
                case ["begin"]:
                    say(await load.begin())
                case ["again"]:
                    say(load.again())
                case ["back"]:
                    say(await load.back())
                case _:
                    break
    except (BenchFailed, TimeoutError) as error:
        say({"error": str(error)})
    finally:
        await load.close()


if __name__ == "__main__":
    addresses, *numbers = sys.argv[1:]
    asyncio.run(main(addresses, *map(int, numbers)))
