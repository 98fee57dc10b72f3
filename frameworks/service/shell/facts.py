"""What the master says of its agents and of what limits roles, asked when a change has to be proved possible."""

import asyncio
from collections.abc import Callable

from grpc.aio import AioRpcError, Channel

from barter.core.cluster import AgentInfo
from barter.frameworks.service.preflight.facts import AgentFacts, ClusterFacts
from barter.frameworks.service.shell.closing import ConnectionGone, told_when_closed
from barter.proto import codec
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell.log import logger

TIMEOUT_S = 2.0
FRESH_MS, STILL_GOOD_MS = 1_000, 30_000

log = logger("service")


class Facts:
    """`channel` is the connection to the master, None while there is none. Agents that stay the same are read once."""

    def __init__(self, channel: Callable[[], Channel | None], now: Callable[[], int]) -> None:
        self._channel, self._now = channel, now
        self._asking = asyncio.Lock()
        self._asked_ms = -STILL_GOOD_MS
        self._known: ClusterFacts | None = None
        self._agents: dict[str, tuple[types_pb2.AgentInfo, AgentInfo]] = {}
        self.why_none = ""

    async def known(self, within_ms: int) -> ClusterFacts | None:
        """As they were at most so long ago; None where the master could not be asked, `why_none` says why."""
        async with self._asking:
            if self._now() - self._asked_ms >= (within_ms if self._known else FRESH_MS):
                self._known = await self._ask()
                self._asked_ms = self._now()
            return self._known

    async def _ask(self) -> ClusterFacts | None:
        connection, why = self._channel(), "no master is connected"
        if connection is not None:
            stub = OperatorServiceStub(connection)  # type: ignore[no-untyped-call]
            try:
                with told_when_closed():
                    agents = await stub.ListAgents(pb.ListAgentsRequest(), timeout=TIMEOUT_S)
                    roles = await stub.ListRoles(pb.ListRolesRequest(), timeout=TIMEOUT_S)
                return self._read(agents, roles)
            except ConnectionGone as gone:
                why = f"the master does not answer: {gone}"
            except AioRpcError as error:
                why = f"the master does not answer: {error.details() or error.code().name}"
            except ValueError as error:
                why = f"the master answers what cannot be read: {error}"
        if why != self.why_none:
            log.warning("changes are not proved possible", reason=why)
        self.why_none = why
        return None

    def _read(self, agents: pb.ListAgentsResponse, roles: pb.ListRolesResponse) -> ClusterFacts:
        self.why_none = ""
        read = {view.agent.agent_id: (view.agent, self._agent(view.agent)) for view in agents.agents}
        self._agents = read
        facts = tuple(AgentFacts(read[view.agent.agent_id][1], view.state) for view in agents.agents)
        configs = [codec.role_from_wire(view.config) for view in roles.roles]
        return ClusterFacts(facts, {each.role: each.limit for each in configs if each.limit})

    def _agent(self, wire: types_pb2.AgentInfo) -> AgentInfo:
        before = self._agents.get(wire.agent_id)
        return before[1] if before is not None and before[0] == wire else codec.agent_from_wire(wire)
