"""ACCEPT: from offers to one Run order, with every bad task refused on its own."""

from dataclasses import replace

from barter.core.cluster import Filters
from barter.core.ids import DemandId, OfferId, TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus
from barter.master import offers, tasks
from barter.master.cluster import Cluster
from barter.master.events import Accept
from barter.master.messages import Run, Update
from barter.master.pool import Pool
from barter.master.state import Agent, Framework, OpenOffer
from barter.master.validate import Refusal, refusal


def accept(cluster: Cluster, framework: Framework, event: Accept, now: int) -> None:
    """Use up the offers: tasks that pass run, what is left is free again and filtered for this framework."""
    opened = [framework.offers[offer_id] for offer_id in dict.fromkeys(event.offer_ids) if offer_id in framework.offers]
    unusable = _unusable(cluster, framework, event.offer_ids, opened)
    for one in opened:
        offers.close(cluster, one)
    if unusable:
        _drop_all(cluster, framework, event.tasks, unusable, now)
        return
    agent = cluster.agents[opened[0].offer.agent_id]
    _launch(cluster, framework, agent, opened, event.tasks, event.filters, now)


def _unusable(cluster: Cluster, framework: Framework, named: tuple[OfferId, ...], opened: list[OpenOffer]) -> str:
    """Why these offers cannot be used together; empty when they can."""
    own = {one.offer.offer_id for one in opened}
    for offer_id in named:
        if offer_id in own:
            continue
        other = cluster.offers.get(offer_id)
        fate = "belongs to another framework" if other else "is gone: used, declined, expired or rescinded"
        return f"offer {offer_id} {fate}; wait for new offers"
    if not opened:
        return "no offer is named"
    if len({one.offer.agent_id for one in opened}) > 1:
        return "the offers are of different agents: accept those of one agent at a time"
    if len(own) < len(named):
        return "an offer is named twice"
    return ""


def _launch(
    cluster: Cluster,
    framework: Framework,
    agent: Agent,
    opened: list[OpenOffer],
    wanted: tuple[TaskInfo, ...],
    filters: Filters,
    now: int,
) -> None:
    rest = Pool()
    rest.add(offers.total(opened))
    run: list[TaskInfo] = []
    refused: list[TaskStatus] = []
    staging: dict[DemandId, int] = {}
    for info in wanted:
        why = _duplicate(cluster, framework, info.task_id) or refusal(info, rest, agent.info.runtimes)
        if why is not None:
            refused.append(_refused(cluster, agent, info, why, now))
            continue
        rest.take(info.resources)
        _begin(cluster, framework, agent, info, now)
        if info.demand_id:
            staging[info.demand_id] = staging.get(info.demand_id, 0) + 1
        run.append(info)
    if run:
        reason = f"accepted by {framework.info.name}"
        cluster.to_agent(agent, Run(framework.framework_id, tuple(run)), reason)
    if refused:
        cluster.to_framework(framework, Update(tuple(refused)), "tasks of an accept were refused")
    _lower_demands(framework, staging)
    offers.refuse(cluster, framework, agent, rest.value, filters, now)
    for one in opened:
        cluster.history.record(now, "offer_accepted", one.offer.offer_id, f"{len(run)} tasks by {framework.info.name}")


def _begin(cluster: Cluster, framework: Framework, agent: Agent, info: TaskInfo, now: int) -> None:
    agent_id = agent.info.agent_id
    staging = TaskStatus(info.task_id, TaskState.STAGING, Source.MASTER, now, agent_id=agent_id)
    tasks.begin(cluster, framework, agent, info, staging, now)
    reason = f"{info.resources} on {agent.info.hostname} for {framework.info.name}"
    cluster.history.record(now, "task_launched", info.task_id, reason)


def _duplicate(cluster: Cluster, framework: Framework, task_id: TaskId) -> Refusal | None:
    known = framework.tasks.get(task_id) or cluster.ended.get((framework.framework_id, task_id))
    if known is None:
        return None
    return Refusal(
        Reason.DUPLICATE_TASK_ID,
        f"task id {task_id} was used before (now {known.status.state}): a task id runs at most once, draw a new one",
    )


def _lower_demands(framework: Framework, launched: dict[DemandId, int]) -> None:
    """What was launched for a demand is wanted no more, until the framework tells its demands anew."""
    for demand_id, demand in framework.demands.items():
        count = launched.get(demand_id, 0)
        if count:
            framework.demands[demand_id] = replace(demand, count=max(demand.count - count, 0))


def _refused(cluster: Cluster, agent: Agent, info: TaskInfo, why: Refusal, now: int) -> TaskStatus:
    cluster.history.record(now, "task_refused", info.task_id, f"{why.reason}: {why.message}")
    return TaskStatus(
        info.task_id,
        TaskState.ERROR,
        Source.MASTER,
        now,
        agent_id=agent.info.agent_id,
        reason=why.reason,
        message=why.message,
    )


def _drop_all(cluster: Cluster, framework: Framework, wanted: tuple[TaskInfo, ...], message: str, now: int) -> None:
    cluster.history.record(now, "accept_refused", framework.framework_id, message)
    dropped = tuple(
        TaskStatus(info.task_id, TaskState.DROPPED, Source.MASTER, now, reason=Reason.INVALID_OFFERS, message=message)
        for info in wanted
    )
    if dropped:
        cluster.to_framework(framework, Update(dropped), message)
