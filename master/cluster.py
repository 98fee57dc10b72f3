"""The whole state of a master, and what its handlers share: sending, recording, and what a batch has touched."""

from dataclasses import dataclass

from barter.core.cluster import ServiceServed
from barter.core.ids import AgentId, FrameworkId, OfferId
from barter.core.roles import RoleConfig
from barter.core.tasks import TaskInfo, TaskStatus
from barter.master.actions import Action, CloseSession, Persist, SendToAgent, SendToFramework
from barter.master.allocator.allocator import Allocator
from barter.master.edges import Edges
from barter.master.endpoints import Endpoints
from barter.master.facts import AgentGone, Fact, Recovered
from barter.master.hearing import heard
from barter.master.history import History
from barter.master.messages import ServicesServed, ToAgent, ToFramework, Update
from barter.master.pool import Tally
from barter.master.reach import Reach
from barter.master.state import Agent, Ended, Framework, Kept, OpenOffer, Task
from barter.master.timers import Timers

ENDED_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Timing:
    """In milliseconds: how long an agent may be silent, and how long an offer stands.

    Agents say every `heartbeat_ms` that they are there, rarer where they are many, see `master/liveness.py`. Those
    known at the start have at least `reregister_ms` to come back.
    Preempted tasks have `preemption_grace_ms` to end, their own where it is less than 0. An agent out of reach for
    `removal_ms` more is removed (0: never), one in `removal_every_ms`. Where `loss_least` or more, and more than
    `loss_share_milli` thousandths, are lost within `loss_window_ms`, none is until they are back.
    """

    agent_timeout_ms: int = 4_500
    offer_timeout_ms: int = 30_000
    preemption_grace_ms: int = -1
    removal_ms: int = 900_000
    removal_every_ms: int = 20_000
    loss_share_milli: int = 250
    loss_least: int = 3
    loss_window_ms: int = 600_000
    heartbeat_ms: int = 1_000
    reregister_ms: int = 30_000

    @property
    def settling_ms(self) -> int:
        """How long a master that starts waits for those it knows."""
        return max(self.agent_timeout_ms, self.reregister_ms)

    def check(self) -> None:
        """Raises ValueError where agents lost together would be removed before that is noticed."""
        if 0 < self.removal_ms < self.loss_window_ms:
            raise ValueError(
                f"agents would be removed {self.removal_ms // 1000} s after they are lost, before the window of "
                f"{self.loss_window_ms // 1000} s in which a loss of many is noticed has passed: "
                "give --agent-removal-timeout the longer time, or --correlated-loss-window a shorter one"
            )


class Cluster:
    """Handlers change it in place and leave what is to be done in `out`.

    `fresh_agents` and `fresh_frameworks` are those the allocator has yet to be told of, at the end of the batch or
    before. At its end `maintained` are looked at for their maintenance.
    `owed_inverse` are those whose inverse offer is to be told, or told anew, then.
    `told_more` once an agent has told of tasks or reservations, which count against limits unasked.
    Before `preempts_ms` nobody is preempted for a demand again. `keeping` are agents that keep what victims leave,
    `made_room` what is kept no more in this batch, as its victims have ended.
    `expected_agents` and `expected_frameworks` are durably known, were not heard of since the start, and may return.
    """

    def __init__(self, recovered: Recovered, timing: Timing, allocator: Allocator) -> None:
        self.cluster_id = recovered.cluster_id
        self.epoch = recovered.epoch
        self.timing = timing
        self.allocator = allocator
        self.agents: dict[AgentId, Agent] = {}
        self.frameworks: dict[FrameworkId, Framework] = {}
        self.sessions: dict[int, FrameworkId] = {}
        self.offers: dict[OfferId, OpenOffer] = {}
        self.ended = Ended(ENDED_KEPT)
        self.states: dict[str, int] = {}
        self.total, self.used, self.offered = Tally(), Tally(), Tally()
        self.endpoints = Endpoints()
        self.edges = Edges()
        self.history = History()
        self.told_history = 0
        self.timers = Timers()
        self.fresh_agents: dict[AgentId, None] = {}
        self.fresh_frameworks: dict[FrameworkId, None] = {}
        self.maintained: dict[AgentId, None] = {}
        self.owed_inverse: dict[tuple[AgentId, FrameworkId], None] = {}
        self.told_more = False
        self.preempts_ms = 0
        self.keeping: dict[AgentId, None] = {}
        self.made_room: list[tuple[AgentId, Kept]] = []
        self.roles: dict[str, RoleConfig] = {}
        self.gone: dict[AgentId, AgentGone] = {}
        self.reach = Reach()
        self.expected_agents: set[AgentId] = set()
        self.expected_frameworks: set[FrameworkId] = set()
        self.settled_changed = False
        self.frameworks_made = 0
        self.offers_made = 0
        self.out: list[Action] = []

    @property
    def settled(self) -> bool:
        """Whether all that were known at the start are back or given up."""
        return not self.expected_agents and not self.expected_frameworks

    def framework_settled(self, framework_id: FrameworkId) -> None:
        """A framework expected after the start has told its services, or is gone."""
        if framework_id in self.expected_frameworks:
            self.expected_frameworks.remove(framework_id)
            self.settled_changed |= self.settled

    def take_actions(self) -> list[Action]:
        actions, self.out = self.out, []
        return actions

    def to_agent(self, agent: Agent, message: ToAgent, reason: str) -> None:
        """Say it, if the agent is there to hear it."""
        if agent.connected:
            self.out.append(SendToAgent(agent.session, agent.info.agent_id, message, reason))

    def to_framework(self, framework: Framework, message: ToFramework, reason: str) -> None:
        """Say it, if the framework is there to hear it."""
        if framework.connected:
            for each in heard(framework, self.ended, message) if isinstance(message, Update) else (message,):
                self.out.append(SendToFramework(framework.session, framework.framework_id, each, reason))

    def persist(self, fact: Fact, reason: str) -> None:
        self.out.append(Persist(fact, reason))

    def close(self, session: int, reason: str, *, fatal: bool) -> None:
        self.out.append(CloseSession(session, reason, fatal))

    def touch(self, agent: Agent | None = None, framework: Framework | None = None) -> None:
        """Have the allocator told of them at the end of the batch."""
        if agent is not None:
            self.fresh_agents[agent.info.agent_id] = None
            if agent.maintenance is not None:
                self.maintained[agent.info.agent_id] = None
        if framework is not None:
            self.fresh_frameworks[framework.framework_id] = None

    def owe_inverse(self, agent: Agent, framework_id: FrameworkId) -> None:
        """If the agent is to be given up, have the framework told at the end of the batch what it has there."""
        if agent.unavailable_from_ms:
            self.owed_inverse[agent.info.agent_id, framework_id] = None

    def hold(self, agent: Agent, framework: Framework | None, info: TaskInfo) -> None:
        """Count a task's resources as used on its agent by its framework; what is revocable is only lent to it."""
        owned = info.resources.without(info.revocable)
        agent.take(agent.used, owned, info.reserved)
        if info.revocable:
            agent.lent.add(info.revocable)
        agent.containers += info.container is not None
        self.used.add(owned)
        if framework is not None:
            framework.used.add(owned)
            framework.charge(info)
        self.touch(agent, framework)

    def release(self, agent: Agent, framework: Framework | None, info: TaskInfo) -> None:
        owned = info.resources.without(info.revocable)
        agent.give_back(agent.used, owned, info.reserved)
        agent.lent.take(info.revocable)
        agent.containers -= info.container is not None
        self.used.take(owned)
        if framework is not None:
            framework.used.take(owned)
            framework.discharge(info)
        self.touch(agent, framework)

    def set_status(self, task: Task, status: TaskStatus) -> None:
        """Replace a live task's status and keep the counts by state and its endpoints in line."""
        self.count(task.status.state, -1)
        self.count(status.state, 1)
        task.status = status
        agent = self.agents.get(task.agent_id)
        self.endpoints.sync(task, agent.info.host if agent else "")

    def tell_served(self) -> None:
        """Tell each framework what of its services has changed at the edges."""
        changed, self.edges.changed = self.edges.changed, {}
        news: dict[FrameworkId, list[ServiceServed]] = {}
        for service_id in changed:
            owner = self.frameworks.get(self.endpoints.owner(service_id) or FrameworkId(""))
            if owner is not None and owner.connected and (served := self.edges.news(service_id, owner.session)):
                news.setdefault(owner.framework_id, []).append(served)
        for framework_id, services in news.items():
            self.to_framework(self.frameworks[framework_id], ServicesServed(tuple(services)), "an edge did as told")

    def count(self, state: str, change: int) -> None:
        self.states[state] = self.states.get(state, 0) + change
