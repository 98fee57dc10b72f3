"""The second process: simulated agents, whose tasks run until they are killed. It says {"ready": true} when all are
registered, and ends when its stdin does."""

import asyncio
import sys

import grpc.aio as aio

from barter.shell import transport
from barter.tools.bench.master import messages
from barter.tools.bench.master.agents import FOREVER, Agent
from barter.tools.bench.master.load import keep_the_collector_away, say
from barter.tools.bench.measure import BenchFailed


async def main(master: str, count: int, agents_per_connection: int) -> None:
    channels: list[aio.Channel] = []
    agents: list[Agent] = []
    try:
        for first in range(0, count, agents_per_connection):
            channel = transport.channel(master, own_connection=True)
            channels.append(channel)
            for number in range(first, min(first + agents_per_connection, count)):
                agent_id = f"agent-{number:05}"
                told = messages.register(agent_id, number, 0, ())
                agents.append(Agent(agent_id, told, channel, FOREVER))
        await asyncio.gather(*(agent.register() for agent in agents))
        keep_the_collector_away()
        say({"ready": True})
        await asyncio.to_thread(sys.stdin.read)
    except (BenchFailed, aio.AioRpcError) as error:
        say({"error": str(error)})
    finally:
        for agent in agents:
            agent.close()
        for channel in channels:
            await channel.close(None)


if __name__ == "__main__":
    address, *numbers = sys.argv[1:]
    asyncio.run(main(address, *map(int, numbers)))
