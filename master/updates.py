"""Status updates on their way from agents to frameworks, and acknowledgements on their way back."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from barter.core.cluster import Filters
from barter.core.ids import AgentId, FrameworkId
from barter.core.task_state import TERMINAL
from barter.core.tasks import Reason, Source, TaskStatus
from barter.master import offers, removals, tasks
from barter.master.adopt import known_or_adopted
from barter.master.cluster import Cluster
from barter.master.events import AcknowledgeUpdates, AgentStatus, AgentUpdates
from barter.master.messages import Ack, Acknowledge, KillFramework, Update
from barter.master.state import Agent, Framework, Pending, TaskKey

REMOVED = "the framework was removed"


def updates(cluster: Cluster, agent: Agent, event: AgentUpdates, now: int) -> None:
    """Enter each in the books and pass it on; what the books forbid is acknowledged instead, or it came for ever."""
    delivery = Delivery(cluster, agent, now)
    for framework_id, status in event.updates:
        framework = delivery.framework(framework_id, status)
        if framework is None or status.uuid in framework.pending:
            continue
        if status.reason is Reason.AGENT_STOPPED and status.source is Source.AGENT:
            _leaves(cluster, agent, now)
        if _enter(cluster, agent, framework, status, now):
            delivery.pass_on(framework, status)
            if status.reason is Reason.INSUFFICIENT_RESOURCES and status.source is Source.AGENT:
                _has_less_than_offered(cluster, agent, framework, now)
        else:
            delivery.answer(framework_id, status)
    delivery.send()


def _has_less_than_offered(cluster: Cluster, agent: Agent, framework: Framework, now: int) -> None:
    """What a removed framework's tasks hold until they have ended is offered already: not to this one again at once."""
    offers.refuse(cluster, framework, agent, agent.free, offers.at_least_asked(Filters(0)), now)


def _leaves(cluster: Cluster, agent: Agent, now: int) -> None:
    """It would refuse what is launched there, so nobody is offered it any more."""
    if agent.leaving:
        return
    agent.leaving = True
    reason = f"agent {agent.info.agent_id} leaves the cluster"
    offers.rescind(cluster, agent.offers.values(), "offer_rescinded", reason, now)
    cluster.touch(agent)
    cluster.history.record(now, "agent_leaving", agent.info.agent_id, reason)


def untold(
    cluster: Cluster, agent: Agent, told: tuple[AgentStatus, ...], buried: AbstractSet[TaskKey], now: int
) -> None:
    """Pass on what an agent that registers has had no acknowledgement for; its tasks' states are entered already.

    `buried` are executors whose end their frameworks were told of: it has no uuid by which they would know it again.
    """
    delivery = Delivery(cluster, agent, now)
    for framework_id, status in told:
        framework = delivery.framework(framework_id, status)
        if framework is None or status.uuid in framework.pending:
            continue
        ended = cluster.ended.get((framework_id, status.task_id))
        if (framework_id, status.task_id) in buried:
            delivery.answer(framework_id, status)
        elif ended is not None and ended.status.reason is Reason.AGENT_REMOVED:
            said = f"it was told as {ended.status.state}, and cannot be {status.state} again"
            cluster.history.record(now, "status_refused", status.task_id, said)
            delivery.answer(framework_id, status)
        else:
            delivery.pass_on(framework, status)
    delivery.send()


def acknowledge(cluster: Cluster, framework: Framework, event: AcknowledgeUpdates) -> None:
    """Tell the agents, one message each; an acknowledgement of nothing that is open changes nothing."""
    acks: dict[AgentId, list[Ack]] = {}
    for _, task_id, uuid in event.acks:
        pending = framework.pending.get(uuid)
        if pending is None or pending.status.task_id != task_id:
            continue
        del framework.pending[uuid]
        acks.setdefault(pending.agent_id, []).append((framework.framework_id, task_id, uuid))
    for agent_id, of_agent in acks.items():
        agent = cluster.agents.get(agent_id)
        if agent is not None:
            cluster.to_agent(agent, Acknowledge(tuple(of_agent)), f"acknowledged by {framework.info.name}")


class Delivery:
    """What one event of an agent brings to frameworks and back: one message to each, however many updates."""

    def __init__(self, cluster: Cluster, agent: Agent, now: int) -> None:
        self._cluster, self._agent, self._now = cluster, agent, now
        self._passed: dict[FrameworkId, list[TaskStatus]] = {}
        self._acks: list[Ack] = []
        self._removed: dict[FrameworkId, None] = {}

    def framework(self, framework_id: FrameworkId, status: TaskStatus) -> Framework | None:
        """The framework an update is for; the agent is answered where it was removed."""
        framework = known_or_adopted(self._cluster, framework_id, self._now)
        if framework is None:
            self.answer(framework_id, status)
            if status.state not in TERMINAL:
                self._removed[framework_id] = None
        return framework

    def pass_on(self, framework: Framework, status: TaskStatus) -> None:
        agent_id = self._agent.info.agent_id
        told = status if status.agent_id == agent_id else replace(status, agent_id=agent_id)
        task = framework.tasks.get(told.task_id) or self._cluster.ended.get((framework.framework_id, told.task_id))
        if task is not None and task.info.is_executor:
            self.answer(framework.framework_id, told)
            told = replace(told, uuid="")
        if told.uuid:
            framework.pending[told.uuid] = Pending(told, agent_id)
        self._passed.setdefault(framework.framework_id, []).append(told)

    def answer(self, framework_id: FrameworkId, status: TaskStatus) -> None:
        """Acknowledge it to the agent, because no framework will."""
        if status.uuid:
            self._acks.append((framework_id, status.task_id, status.uuid))

    def send(self) -> None:
        cluster, agent = self._cluster, self._agent
        for framework_id, statuses in self._passed.items():
            reason = f"told by agent {agent.info.agent_id}"
            cluster.to_framework(cluster.frameworks[framework_id], Update(tuple(statuses)), reason)
        if self._acks:
            cluster.to_agent(agent, Acknowledge(tuple(self._acks)), "nobody waits for them")
        for framework_id in self._removed:
            cluster.to_agent(agent, KillFramework(framework_id, REMOVED), REMOVED)


def _enter(cluster: Cluster, agent: Agent, framework: Framework, status: TaskStatus, now: int) -> bool:
    """Whether the framework is to hear of it; a task that the master never knew is passed on without an entry."""
    task = framework.tasks.get(status.task_id) or cluster.ended.get((framework.framework_id, status.task_id))
    if task is None:
        return True
    if task.agent_id != agent.info.agent_id:
        reason = f"agent {agent.info.agent_id} speaks of a task of agent {task.agent_id}"
        cluster.history.record(now, "status_refused", status.task_id, reason)
        return False
    if task.status.reason is Reason.AGENT_REMOVED and status.terminal:
        removals.ended(cluster, agent, (framework.framework_id, status.task_id))
    return tasks.apply(cluster, task, status, now)
