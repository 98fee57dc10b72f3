"""Why a task or a demand is where it is: put together from the history and from the allocator's own verdicts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from barter.core.cluster import Demand
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TERMINAL
from barter.master import placement
from barter.master.agent_states import AgentState, offers_verdict, states, volume_verdict
from barter.master.allocator.explanation import Explanation, Reason, Verdict
from barter.master.cluster import Cluster
from barter.master.history import Entry
from barter.master.state import Task
from barter.master.story import SHOWN, of_demand
from barter.master.views import find_tasks, frameworks_wanting

CLOSE, FEW_AGENTS = 5, 20


@dataclass(frozen=True, slots=True)
class Why:
    """`kind` is task or demand; `explanation` is empty for what has its place.

    `waiting_since_ms` is 0 for what does not wait. `besides` says what the master knows beyond the allocator: what
    others' offers hold, and where the demand's volume is.
    """

    subject: str
    kind: str
    framework_id: FrameworkId
    summary: str
    explanation: Explanation
    history: tuple[Entry, ...]
    waiting_since_ms: int = 0
    states: tuple[AgentState, ...] = ()
    besides: tuple[Verdict, ...] = ()


def why(cluster: Cluster, subject: str, now: int, *, every_agent: bool = True) -> Why | None:
    """None when the master knows neither a task nor a demand of that name.

    FRAMEWORK_ID/NAME asks for that framework's.
    """
    owner, slash, rest = subject.partition("/")
    whose = FrameworkId(owner) if slash and owner in cluster.frameworks else None
    subject = rest if whose else subject
    found = [each for each in find_tasks(cluster, TaskId(subject), ended=True) if whose in (None, each.framework_id)]
    if found:
        of_task = _of_task(cluster, subject, found[0], now, every_agent=every_agent)
        return _with_others(cluster, of_task, [each.framework_id for each in found])
    wanting = [each for each in frameworks_wanting(cluster, subject) if whose in (None, each[0])]
    if wanting:
        # Of frameworks that name a demand alike, one that waits is asked for.
        waits_first = min(wanting, key=lambda each: not each[1].count)
        of_demand = _of_demand(cluster, *waits_first, now, every_agent=every_agent)
        return _with_others(cluster, of_demand, [framework_id for framework_id, _ in wanting])
    if placed := _placed(cluster, subject, whose):
        return placed
    history = _history(cluster, subject)
    if history:
        never = f"it was never placed: {history[-1].reason}"
        return Why(subject, "task", FrameworkId(""), never, Explanation(), history)
    return None


def _with_others(cluster: Cluster, found: Why, owners: Iterable[FrameworkId]) -> Why:
    """Ids are the frameworks' own: where others use the same one, how to ask for theirs."""
    others = [each for each in owners if each != found.framework_id]
    if not others:
        return found
    framework = cluster.frameworks.get(found.framework_id)
    whose = f"this is of {framework.info.name if framework else 'a removed framework'} ({found.framework_id})"
    asked = " and ".join(f"{each}/{found.subject}" for each in others[:CLOSE])
    return replace(found, summary=f"{found.summary}; {whose}, see also {asked}")


def few_agents(cluster: Cluster) -> bool:
    """Whether each may be told of unasked."""
    return len(cluster.agents) <= FEW_AGENTS


def close_names(cluster: Cluster, subject: str) -> tuple[str, ...]:
    """What there is to ask for of a like name; demands come first."""
    frameworks = cluster.frameworks.values()
    demands = dict.fromkeys(demand_id for framework in frameworks for demand_id in framework.demands)
    tasks = dict.fromkeys(task.info.demand_id for framework in frameworks for task in framework.tasks.values())
    apps = [str(each) for each in {**demands, **tasks} if each]
    found = get_close_matches(subject, apps, CLOSE, 0.5) + [each for each in apps if subject in each]
    if len(found) < CLOSE and subject:
        names = [str(name) for framework in frameworks for name in framework.tasks if subject in name]
        found += names[: CLOSE - len(found)]
    return tuple(dict.fromkeys(found))[:CLOSE]


def _of_task(cluster: Cluster, subject: str, task: Task, now: int, *, every_agent: bool) -> Why:
    status = task.status
    agent = cluster.agents.get(task.agent_id)
    where = f"on {agent.info.hostname}" if agent else f"on agent {task.agent_id}, which is gone"
    said = ": ".join(part for part in (status.reason, status.message) if part)
    summary = f"{status.state} {where}" + (f": {said}" if said else "")
    if task.kill is not None:
        summary += f"; its kill was asked for: {task.kill.reason}"
    elif status.state not in TERMINAL and task.why:
        summary += f"; placed there because {task.why}"
    explanation, since_ms, now_states = Explanation(), 0, tuple[AgentState, ...]()
    framework = cluster.frameworks.get(task.framework_id)
    demand = framework.demands.get(task.info.demand_id) if framework else None
    if framework is not None and demand is not None and status.state in TERMINAL:
        explanation = _explain(cluster, task.framework_id, demand, now, every_agent=every_agent)
        since_ms, now_states = framework.waiting.get(demand.demand_id, 0), states(cluster)
    return Why(
        subject, "task", task.framework_id, summary, explanation, _history(cluster, subject), since_ms, now_states
    )


def _placed(cluster: Cluster, subject: str, whose: FrameworkId | None) -> Why | None:
    """A demand of which nothing waits need not be told: its tasks say where it stands. None without any."""
    tasks = [
        task
        for framework in cluster.frameworks.values()
        for task in framework.tasks.values()
        if task.info.demand_id == subject and whose in (None, task.framework_id)
    ]
    if not tasks:
        return None
    hosts = {task.info.task_id: cluster.agents[task.agent_id].info.hostname for task in tasks}
    places = ", ".join(f"{task_id} on {host}" for task_id, host in sorted(hosts.items())[:SHOWN])
    summary = f"nothing of it waits to be placed: {places}" + (", ..." if len(hosts) > SHOWN else "")
    history = sorted(entry for task in tasks[:SHOWN] for entry in cluster.history.of(task.info.task_id))
    return Why(subject, "demand", tasks[0].framework_id, summary, Explanation(), tuple(history)[-SHOWN:])


def _of_demand(cluster: Cluster, framework_id: FrameworkId, demand: Demand, now: int, *, every_agent: bool) -> Why:
    explanation = _explain(cluster, framework_id, demand, now, every_agent=every_agent)
    framework = cluster.frameworks[framework_id]
    volume = volume_verdict(cluster, demand.volume) if demand.volume else None
    offers = offers_verdict(cluster, framework_id, now)
    if demand.count:
        summary = f"{demand.count} more wanted; {_stands(explanation, volume)}"
    else:
        running = sum(task.info.demand_id == demand.demand_id for task in framework.tasks.values())
        summary = f"nothing more is wanted; {running} tasks of it are placed"
    return Why(
        demand.demand_id,
        "demand",
        framework_id,
        summary,
        explanation,
        of_demand(cluster, framework, demand, explanation),
        framework.waiting.get(demand.demand_id, 0),
        states(cluster),
        tuple(verdict for verdict in (offers, volume) if verdict is not None),
    )


def _stands(explanation: Explanation, volume: Verdict | None) -> str:
    """What is in the way of all of it; else of how many agents what is."""
    known, no = explanation.known, explanation.in_the_way
    quota = no is not None and no.filter.startswith(("limit", "guarantees"))
    if no is not None and no.filter == "count":
        return "all of it is offered, and not answered yet"
    if no is not None and not quota and no.filter not in ("filters", "agents"):
        return f"not offered: {no.detail}"
    if explanation.fitting:
        return f"{explanation.fitting} of {known} agents fit: the next pass offers them"
    none = f"none of {known} agents fits"
    if volume is not None and not volume.passed:
        return f"{none}: {volume.detail}"
    if explanation.impossible:
        return f"{none}: {explanation.impossible}"
    if no is not None and quota:
        return f"not offered: {no.filter}: {no.detail}"
    everywhere = [reason for reason in explanation.reasons if reason.agents == known]
    telling = [reason for reason in explanation.reasons if reason.filter != "public"]
    main = (everywhere or sorted(telling, key=lambda reason: -reason.agents))[:2]
    return ": ".join((none, "; ".join(_told(reason, known) for reason in main))) if main else none


def _told(reason: Reason, known: int) -> str:
    many = "all" if reason.agents == known else f"{reason.agents} of {known}"
    return f"{reason.filter} on {many} ({reason.findings[0].found})"


def _explain(
    cluster: Cluster, framework_id: FrameworkId, demand: Demand, now: int, *, every_agent: bool
) -> Explanation:
    placement.tell(cluster)
    return cluster.allocator.explain(framework_id, demand, now, every_agent=every_agent)


def _history(cluster: Cluster, subject: str) -> tuple[Entry, ...]:
    return tuple(cluster.history.of(subject))[-SHOWN:]
