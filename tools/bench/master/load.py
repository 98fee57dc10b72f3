"""The second process: all simulated agents and frameworks, in phases that its parent asks for, a line each.

register          all agents at once: {"seconds": ...}
offers SECONDS    tasks start and end: {"latencies": [...], "ended": ..., "unanswered": ...}
end
"""

import asyncio
import gc
import json
import sys
import time

import grpc.aio as aio

from barter.shell import transport
from barter.tools.bench.master import messages
from barter.tools.bench.master.agents import Agent
from barter.tools.bench.master.frameworks import RAISE_SECONDS, Framework
from barter.tools.bench.measure import BenchFailed

FRAMEWORKS = 10
LONGEST_ANSWER_SECONDS = 60.0


class Load:
    def __init__(self, master: str, agents: int, tasks: int, agents_per_connection: int) -> None:
        self._agent_count, self._tasks, self._shared = agents, tasks, agents_per_connection
        self._master = master
        self._channels: list[aio.Channel] = []
        self._agents: list[Agent] = []
        self._frameworks: list[Framework] = []

    async def prepare(self) -> None:
        """The frameworks subscribe; every registration is made and every connection is there."""
        self._frameworks = [Framework(f"bench-{number}", self._channel()) for number in range(FRAMEWORKS)]
        for framework in self._frameworks:
            await framework.subscribe()
        owners = [framework.framework_id for framework in self._frameworks]
        for first in range(0, self._agent_count, self._shared):
            channel = self._channel()
            await channel.channel_ready()
            for number in range(first, min(first + self._shared, self._agent_count)):
                agent_id = f"agent-{number:05}"
                told = messages.register(agent_id, number, self._tasks, owners)
                self._agents.append(Agent(agent_id, told, channel))
        keep_the_collector_away()

    async def register(self) -> dict[str, object]:
        began = time.perf_counter()
        await asyncio.gather(*(agent.register() for agent in self._agents))
        took = time.perf_counter() - began
        keep_the_collector_away()
        return {"seconds": took}

    async def offers(self, seconds: float) -> dict[str, object]:
        """Counted from the first demand on: who wants to warm up asks for a phase before."""
        began = time.perf_counter()
        for framework in self._frameworks:
            framework.latencies.clear()
            framework.ended = 0
        apart = RAISE_SECONDS / len(self._frameworks)
        await asyncio.gather(*(each.ask(seconds, apart * index) for index, each in enumerate(self._frameworks)))
        ended, took = sum(framework.ended for framework in self._frameworks), time.perf_counter() - began
        await asyncio.gather(*(framework.settle(LONGEST_ANSWER_SECONDS) for framework in self._frameworks))
        latencies = [each for framework in self._frameworks for each in framework.latencies]
        return {
            "latencies": latencies,
            "ended": ended,
            "seconds": took,
            "unanswered": sum(each.unanswered for each in self._frameworks),
        }

    async def close(self) -> None:
        for agent in self._agents:
            agent.close()
        for framework in self._frameworks:
            framework.close()
        for channel in self._channels:
            await channel.close(None)

    def _channel(self) -> aio.Channel:
        channel = transport.channel(self._master, own_connection=True)
        self._channels.append(channel)
        return channel


async def main(master: str, agents: int, tasks: int, agents_per_connection: int) -> None:
    load = Load(master, agents, tasks, agents_per_connection)
    try:
        await load.prepare()
        say({"ready": True})
        while command := (await asyncio.to_thread(sys.stdin.readline)).split():
            match command:
                case ["register"]:
                    say(await load.register())
                case ["offers", seconds]:
                    say(await load.offers(float(seconds)))
                case _:
                    break
    except (BenchFailed, aio.AioRpcError) as error:
        say({"error": str(error)})
    finally:
        await load.close()


def keep_the_collector_away() -> None:
    """It would stop this process while it measures."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000, 5, 1_000_000)


def say(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    address, *numbers = sys.argv[1:]
    asyncio.run(main(address, *map(int, numbers)))
