"""The floor: a gRPC server that reads the same messages on the same streams, answers at once, and keeps nothing."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import grpc.aio as aio

from barter.proto.v1 import agent_pb2, scheduler_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer, add_AgentServiceServicer_to_server
from barter.proto.v1.scheduler_pb2_grpc import SchedulerServiceServicer, add_SchedulerServiceServicer_to_server
from barter.shell import garbage, transport

BEAT = agent_pb2.AgentEvent(epoch=1, heartbeat={})
AgentContext = aio.ServicerContext[agent_pb2.AgentCall, agent_pb2.AgentEvent]
SchedulerContext = aio.ServicerContext[scheduler_pb2.SchedulerCall, scheduler_pb2.SchedulerEvent]


class BareAgents(AgentServiceServicer):
    """Answers each heartbeat with one, as a master does."""

    def __init__(self, heartbeat_ms: int) -> None:
        self._heartbeat_ms = heartbeat_ms

    async def Session(self, request_iterator: AsyncIterator[agent_pb2.AgentCall], context: AgentContext) -> None:
        await anext(request_iterator)
        registered = agent_pb2.AgentEvent.Registered(cluster_id="bare", heartbeat_ms=self._heartbeat_ms)
        await context.write(agent_pb2.AgentEvent(epoch=1, registered=registered))
        async for call in request_iterator:
            if call.HasField("heartbeat"):
                await context.write(BEAT)


class BareFrameworks(SchedulerServiceServicer):
    """Offers something for each demand."""

    async def Session(
        self, request_iterator: AsyncIterator[scheduler_pb2.SchedulerCall], context: SchedulerContext
    ) -> None:
        await anext(request_iterator)
        subscribed = scheduler_pb2.SchedulerEvent.Subscribed(framework_id="bare", epoch=1, heartbeat_ms=5_000)
        await context.write(scheduler_pb2.SchedulerEvent(subscribed=subscribed))
        async for call in request_iterator:
            offers = [{"offer_id": "o", "demand_id": each.demand_id} for each in call.demands.demands]
            if offers:
                await context.write(scheduler_pb2.SchedulerEvent(offers={"offers": offers}))


async def main(listen: str, heartbeat_ms: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = transport.server()
    add_AgentServiceServicer_to_server(BareAgents(heartbeat_ms), server)  # type: ignore[no-untyped-call]
    add_SchedulerServiceServicer_to_server(BareFrameworks(), server)  # type: ignore[no-untyped-call]
    transport.listen(server, listen)
    await server.start()
    tidying = asyncio.create_task(garbage.keep_out_of_the_way())
    await stop.wait()
    tidying.cancel()
    await server.stop(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
