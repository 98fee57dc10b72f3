"""Why a task or a demand is where it is: put together from the history and from the allocator's own verdicts."""

from dataclasses import dataclass

from barter.core.cluster import Demand
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TERMINAL
from barter.master import placement
from barter.master.allocator.model import Explanation
from barter.master.cluster import Cluster
from barter.master.history import Entry
from barter.master.state import Task
from barter.master.views import find_tasks, frameworks_wanting

HISTORY_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Why:
    """`kind` is task or demand; `explanation` is empty for a task that has its place."""

    subject: str
    kind: str
    framework_id: FrameworkId
    summary: str
    explanation: Explanation
    history: tuple[Entry, ...]


def why(cluster: Cluster, subject: str, now: int) -> Why | None:
    """None when the master knows neither a task nor a demand of that name."""
    found = find_tasks(cluster, TaskId(subject), ended=True)
    if found:
        return _of_task(cluster, subject, found[0], now)
    wanting = frameworks_wanting(cluster, subject)
    if wanting:
        return _of_demand(cluster, *wanting[0], now)
    history = _history(cluster, subject)
    if history:
        return Why(
            subject, "task", FrameworkId(""), f"it was never placed: {history[-1].reason}", Explanation(), history
        )
    return None


def _of_task(cluster: Cluster, subject: str, task: Task, now: int) -> Why:
    status = task.status
    agent = cluster.agents.get(task.agent_id)
    where = f"on {agent.info.hostname}" if agent else f"on agent {task.agent_id}, which is gone"
    said = ": ".join(part for part in (status.reason, status.message) if part)
    summary = f"{status.state} {where}" + (f": {said}" if said else "")
    explanation = Explanation()
    framework = cluster.frameworks.get(task.framework_id)
    demand = framework.demands.get(task.info.demand_id) if framework else None
    if status.state in TERMINAL and demand is not None:
        explanation = _explain(cluster, task.framework_id, demand, now)
    return Why(subject, "task", task.framework_id, summary, explanation, _history(cluster, subject))


def _of_demand(cluster: Cluster, framework_id: FrameworkId, demand: Demand, now: int) -> Why:
    explanation = _explain(cluster, framework_id, demand, now)
    framework = cluster.frameworks[framework_id]
    running = sum(task.info.demand_id == demand.demand_id for task in framework.tasks.values())
    fitting = sum(agent.fits for agent in explanation.agents)
    if not demand.count:
        summary = f"nothing more is wanted; {running} tasks of it are placed"
    elif refusing := next((verdict for verdict in explanation.framework if not verdict.passed), None):
        summary = f"{demand.count} more wanted; not offered: {refusing.detail}"
    elif fitting:
        summary = f"{demand.count} more wanted; {fitting} of {len(explanation.agents)} agents fit"
    else:
        summary = f"{demand.count} more wanted; none of {len(explanation.agents)} agents fits"
    subject = demand.demand_id
    history = (*cluster.history.of(framework_id), *cluster.history.of(subject))
    kept = tuple(sorted(history)[-HISTORY_SHOWN:])
    return Why(subject, "demand", framework_id, summary, explanation, kept)


def _explain(cluster: Cluster, framework_id: FrameworkId, demand: Demand, now: int) -> Explanation:
    placement.tell(cluster)
    return cluster.allocator.explain(framework_id, demand, now)


def _history(cluster: Cluster, subject: str) -> tuple[Entry, ...]:
    return tuple(cluster.history.of(subject))[-HISTORY_SHOWN:]
