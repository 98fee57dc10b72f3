"""What the framework asks of the master before a change, of one that answers from a table."""

import asyncio

import grpc
import pytest

from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.frameworks.service.shell.asking import standings
from barter.frameworks.service.shell.facts import FRESH_MS, STILL_GOOD_MS, Facts
from barter.proto import codec
from barter.proto.v1 import operator_pb2 as pb
from barter.shell.transport import channel
from tests.tools.stubs import StubMaster, serving

AGENT = AgentInfo(AgentId("a"), "host-a", "127.0.0.1", resources(cpus=4_000), {"zone": "z"})


def replies() -> dict[str, object]:
    view = pb.AgentView(agent=codec.agent_to_wire(AGENT), state="drained")
    eng = codec.role_to_wire(RoleConfig("eng", limit={"cpus": 2_000}))
    ops = codec.role_to_wire(RoleConfig("ops", 2_000))
    roles = [pb.RoleView(config=eng), pb.RoleView(config=ops)]
    return {"ListAgents": pb.ListAgentsResponse(agents=[view]), "ListRoles": pb.ListRolesResponse(roles=roles)}


def test_agents_and_limits_are_asked_for_once_in_a_while() -> None:
    stub, now = StubMaster(replies()), [5_000]

    async def ask(address: str) -> None:
        connection = channel(address)
        facts = Facts(lambda: connection, lambda: now[0])
        known = await facts.known(FRESH_MS)
        assert known is not None
        assert known.limits == {"eng": {"cpus": 2_000}}
        [agent] = known.agents
        assert (agent.info, agent.usable, agent.attributes["@zone"]) == (AGENT, False, "z")
        assert await facts.known(FRESH_MS) is known
        now[0] += FRESH_MS
        assert await facts.known(STILL_GOOD_MS) is known
        again = await facts.known(FRESH_MS)
        assert again is not known
        assert again is not None
        assert again.agents[0].info is agent.info
        await connection.close(None)

    with serving(stub) as address:
        asyncio.run(ask(address))
    assert len(stub.requests) == 4


def test_a_master_that_cannot_be_asked() -> None:
    async def ask(address: str) -> str:
        connection = channel(address) if address else None
        facts = Facts(lambda: connection, lambda: 0)
        assert await facts.known(FRESH_MS) is None
        if connection is not None:
            await connection.close(None)
        return facts.why_none

    assert asyncio.run(ask("")) == "no master is connected"
    stub = StubMaster({"ListAgents": (grpc.StatusCode.UNAVAILABLE, "no master leads")})
    with serving(stub) as address:
        assert "no master leads" in asyncio.run(ask(address))


def test_a_connection_that_is_closed_meanwhile_ends_no_request() -> None:
    async def ask() -> None:
        connection = channel("127.0.0.1:9")
        facts, later = (Facts(lambda: connection, lambda: 0) for _ in range(2))
        asking = asyncio.create_task(facts.known(FRESH_MS))
        why = asyncio.create_task(standings(lambda: connection, ["web"], unused=True))
        await asyncio.sleep(0)
        await connection.close(None)
        assert await asking is None
        assert await why == {}
        assert "connection was closed" in facts.why_none
        assert await later.known(FRESH_MS) is None
        assert "connection is closed" in later.why_none
        assert await standings(lambda: connection, ["web"], unused=False) == {}

    asyncio.run(ask())


def test_who_asks_may_be_cancelled() -> None:
    async def ask() -> None:
        connection = channel("127.0.0.1:9")
        asking = asyncio.create_task(Facts(lambda: connection, lambda: 0).known(FRESH_MS))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await connection.close(None)

    asyncio.run(ask())
