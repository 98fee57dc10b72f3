"""What operators see: small summaries made on demand, from the state as it is now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from barter.core.cluster import AgentInfo, Demand, FrameworkInfo
from barter.core.ids import FrameworkId, TaskId
from barter.core.removals import Removals
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import NOTHING, Resources
from barter.master.cluster import Cluster
from barter.master.liveness import timeout_ms
from barter.master.role_views import roles
from barter.master.state import Agent, Framework, Task


@dataclass(frozen=True, slots=True)
class Summary:
    """`tasks` is how many there are in each state, the ended ones since the start included.

    `agents_removed` are those that may return.
    """

    agents_active: int
    agents_unreachable: int
    frameworks_active: int
    frameworks_disconnected: int
    offers: int
    tasks: dict[str, int]
    total: Resources
    used: Resources
    offered: Resources
    removals: Removals
    agents_removed: int


@dataclass(frozen=True, slots=True)
class AgentSummary:
    info: AgentInfo
    state: str
    used: Resources
    offered: Resources
    free: Resources
    registered_ms: int
    tasks: int
    reservations: tuple[Reservation, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    revocable: Resources = NOTHING
    lent: Resources = NOTHING
    heartbeat_ms: int = 0
    timeout_ms: int = 0


@dataclass(frozen=True, slots=True)
class FrameworkSummary:
    """`share_milli` is the largest dominant share among its roles, in thousandths."""

    info: FrameworkInfo
    state: str
    used: Resources
    offered: Resources
    tasks: int
    share_milli: int
    demands: tuple[Demand, ...]
    subscribed_ms: int


@dataclass(frozen=True, slots=True)
class TaskSummary:
    task: Task
    hostname: str
    node_address: str


def summary(cluster: Cluster) -> Summary:
    active = sum(agent.active for agent in cluster.agents.values())
    unreachable = sum(_standing(agent) == "unreachable" for agent in cluster.agents.values())
    connected = sum(framework.connected for framework in cluster.frameworks.values())
    return Summary(
        active,
        unreachable,
        connected,
        len(cluster.frameworks) - connected,
        len(cluster.offers),
        {state: count for state, count in cluster.states.items() if count},
        cluster.total.value,
        cluster.used.value,
        cluster.offered.value,
        cluster.reach.removals,
        sum(not each.returned for each in cluster.reach.removed.values()),
    )


def agents(cluster: Cluster) -> list[AgentSummary]:
    return [_agent(cluster, agent) for agent in cluster.agents.values()]


def _standing(agent: Agent) -> str:
    """One that is away is unreachable first of all, whatever operators want of it."""
    if not agent.connected or agent.unreachable:
        return "unreachable"
    return "leaving" if agent.leaving else agent.mode.value


def _agent(cluster: Cluster, agent: Agent) -> AgentSummary:
    return AgentSummary(
        agent.info,
        _standing(agent),
        agent.used.value,
        agent.offered.value,
        agent.free,
        agent.registered_ms,
        len(agent.tasks),
        tuple(agent.reservations.values()),
        tuple(agent.volumes.values()),
        agent.slack,
        agent.lent.value,
        agent.heartbeat_ms,
        timeout_ms(cluster, agent),
    )


def frameworks(cluster: Cluster) -> list[FrameworkSummary]:
    shares = {each.role: each.share for each in roles(cluster)}
    return [_framework(framework, shares) for framework in cluster.frameworks.values()]


def _framework(framework: Framework, shares: Mapping[str, float]) -> FrameworkSummary:
    share = max((shares.get(role, 0.0) for role in framework.info.roles), default=0.0)
    return FrameworkSummary(
        framework.info,
        _state(framework),
        framework.used.value,
        framework.offered.value,
        len(framework.tasks),
        round(share * 1000),
        tuple(framework.demands.values()),
        framework.subscribed_ms,
    )


def _state(framework: Framework) -> str:
    if not framework.connected:
        return "disconnected"
    return "suppressed" if framework.suppressed.issuperset(framework.info.roles) else "active"


def tasks(cluster: Cluster, *, ended: bool, task_id: str = "") -> list[TaskSummary]:
    """The live ones, with `ended` also those that are kept; only those named `task_id` where it is given."""
    chosen = find_tasks(cluster, TaskId(task_id), ended=ended) if task_id else _all_tasks(cluster, ended=ended)
    return [_task(cluster, task) for task in chosen]


def find_tasks(cluster: Cluster, task_id: TaskId, *, ended: bool) -> list[Task]:
    """One a framework at most: ids are the frameworks' own. Those of removed frameworks are found by a scan."""
    live = [framework.tasks[task_id] for framework in cluster.frameworks.values() if task_id in framework.tasks]
    return live + [task for task in cluster.ended.tasks.values() if ended and task.info.task_id == task_id]


def _all_tasks(cluster: Cluster, *, ended: bool) -> Iterator[Task]:
    for framework in cluster.frameworks.values():
        yield from framework.tasks.values()
    if ended:
        yield from cluster.ended.tasks.values()


def _task(cluster: Cluster, task: Task) -> TaskSummary:
    agent = cluster.agents.get(task.agent_id)
    return TaskSummary(task, agent.info.hostname if agent else "", agent.info.node_address if agent else "")


def frameworks_wanting(cluster: Cluster, demand_id: str) -> list[tuple[FrameworkId, Demand]]:
    """Who has a demand of that id."""
    return [
        (framework_id, demand)
        for framework_id, framework in cluster.frameworks.items()
        for demand in framework.demands.values()
        if demand.demand_id == demand_id
    ]
