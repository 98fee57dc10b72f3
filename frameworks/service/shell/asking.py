"""What the service framework asks its master as an operator may: why something that waits is not placed."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import grpc.aio as aio

from barter.frameworks.service.shell.closing import ConnectionGone, told_when_closed
from barter.frameworks.service.unused_offers import Refusal, Standing, UnusedOffer
from barter.proto import codec
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub

ANSWER_S = 2.0
_AT_ONCE = 4
Connection = Callable[[], aio.Channel | None]


async def standings(connection: Connection, demand_ids: Sequence[str], unused: bool) -> dict[str, Standing]:
    """Why each is not placed, as far as the master says so within `ANSWER_S`; with `unused` agent by agent."""
    channel = connection()
    if channel is None or not demand_ids:
        return {}
    stub = OperatorServiceStub(channel)  # type: ignore[no-untyped-call]
    found: dict[str, Standing] = {}
    waiting = iter(demand_ids)

    async def work() -> None:
        for demand_id in waiting:
            with contextlib.suppress(aio.AioRpcError, ConnectionGone), told_when_closed():
                said = await stub.Explain(pb.ExplainRequest(subject=demand_id, all_agents=unused))
                if said.kind == "demand":
                    found[demand_id] = _standing(said, agents)

    with contextlib.suppress(TimeoutError, aio.AioRpcError, ConnectionGone):
        async with asyncio.timeout(ANSWER_S):
            with told_when_closed():
                listed = (await stub.ListAgents(pb.ListAgentsRequest())).agents if unused else ()
            agents = {view.agent.agent_id: view for view in listed}
            await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    return found


def _standing(said: pb.ExplainResponse, agents: dict[str, pb.AgentView]) -> Standing:
    refusals = tuple(Refusal(tuple(each.failing), each.agents) for each in said.groups if each.failing)
    unused = (_unused(each, agents[each.agent_id]) for each in said.agents if each.agent_id in agents)
    return Standing(said.agents_known, refusals, said.summary, tuple(each for each in unused if each.verdicts))


def _unused(said: pb.AgentVerdicts, view: pb.AgentView) -> UnusedOffer:
    return UnusedOffer(
        said.agent_id,
        said.hostname,
        codec.resources_from_wire(view.free),
        tuple(sorted(view.agent.attributes.items())),
        tuple((each.filter, each.detail) for each in said.verdicts if not each.passed),
    )
