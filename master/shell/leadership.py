"""What a master does while it leads: its machine, its streams, its services, in one loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version

from barter.master.actions import Action
from barter.master.allocator.allocator import Allocator
from barter.master.cluster import Timing
from barter.master.events import Event
from barter.master.facts import Recovered
from barter.master.liveness import heartbeat_ms
from barter.master.machine import Master
from barter.master.registry import Registry
from barter.master.shell.door import Services
from barter.master.shell.hub import Hub
from barter.master.shell.metrics import MasterMetrics
from barter.master.shell.operators import Operators
from barter.master.shell.pacing import CALLS_PER_SECOND, Paces
from barter.master.shell.record import Recordings
from barter.master.shell.sessions import AgentSessions, Identity, SchedulerSessions
from barter.master.shell.standing import Standing, alone
from barter.proto.v1.agent_pb2_grpc import add_AgentServiceServicer_to_server
from barter.proto.v1.operator_pb2_grpc import add_OperatorServiceServicer_to_server
from barter.proto.v1.scheduler_pb2_grpc import add_SchedulerServiceServicer_to_server
from barter.shell.clock import Clock
from barter.shell.runner import Runner

LONGEST_REST_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Way:
    """How a master is to lead. Times in ms; `heartbeat_ms` is for frameworks, and for agents while they are few."""

    timing: Timing
    heartbeat_ms: int
    calls_per_second: int = CALLS_PER_SECOND


class Leadership:
    """`services` may be called from its making on; `run` until it ends; then `end`."""

    def __init__(
        self,
        registry: Registry,
        recovered: Recovered,
        way: Way,
        allocator: Allocator | None = None,
        may_act: Callable[[], bool] | None = None,
        standing: Callable[[], Standing] = alone,
    ) -> None:
        """`may_act`: whether it leads still, asked before and after whatever has an effect; always by default."""
        clock = Clock()
        self.cluster_id, self.epoch = recovered.cluster_id, recovered.epoch
        machine = Master(recovered, replace(way.timing, heartbeat_ms=way.heartbeat_ms), clock.now(), allocator)
        cluster = machine.cluster
        self._heartbeat_ms = way.heartbeat_ms
        self._agents_heartbeat_ms = partial(heartbeat_ms, cluster)
        self._hub = Hub(registry, cluster.history, may_act)
        self._runner: Runner[Event, Action] = Runner(machine, clock, self._hub.perform, LONGEST_REST_SECONDS)
        paces = Paces(way.calls_per_second, clock.now)
        self.metrics = MasterMetrics(cluster, paces)
        self.services = Services()
        identity = Identity(self.cluster_id, self.epoch, way.heartbeat_ms)
        frameworks = SchedulerSessions(self._hub, identity, self._post, paces, clock.now)
        add_SchedulerServiceServicer_to_server(frameworks, self.services)  # type: ignore[no-untyped-call]
        agents = AgentSessions(self._hub, identity, self._post, self._post_later)
        add_AgentServiceServicer_to_server(agents, self.services)  # type: ignore[no-untyped-call]
        of_code = version("barter-scheduler")
        self._recordings = Recordings(machine, self._runner, clock.now, of_code)
        operators = Operators(cluster, self._hub, self._recordings, self._post, clock.now, of_code, standing)
        add_OperatorServiceServicer_to_server(operators, self.services)  # type: ignore[no-untyped-call]

    async def run(self) -> None:
        """Until cancelled; raises what ends the machine: a registry that cannot be written, LeadershipLost."""
        tasks = [
            asyncio.create_task(self._runner.run()),
            asyncio.create_task(self._hub.beat(lambda: self._heartbeat_ms, agents=False)),
            asyncio.create_task(self._hub.beat(self._agents_heartbeat_ms, agents=True)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def end(self) -> None:
        """All streams, watches and calls end, after what already waits for them."""
        self._hub.end_all()
        self._recordings.close()

    def _post(self, event: Event) -> None:
        self.metrics.events_handled += 1
        self._runner.post(event)

    def _post_later(self, event: Event) -> None:
        self.metrics.events_handled += 1
        self._runner.post_later(event)
