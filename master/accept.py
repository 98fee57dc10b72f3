"""ACCEPT: from offers to one Run order, with every bad task refused on its own."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from barter.core.groups import group_problem, units
from barter.core.ids import OfferId, TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus
from barter.master import offers, operations, tasks, waiting
from barter.master.cluster import Cluster
from barter.master.events import Accept
from barter.master.executors import with_executor
from barter.master.hand import Hand
from barter.master.messages import Run, Update
from barter.master.state import Agent, Framework, OpenOffer
from barter.master.validate import Refusal, refusal
from barter.master.volumes import unusable


def accept(cluster: Cluster, framework: Framework, event: Accept, now: int) -> None:
    """Use up the offers: tasks that pass run, what is left is free again and filtered for this framework."""
    opened = [framework.offers[offer_id] for offer_id in dict.fromkeys(event.offer_ids) if offer_id in framework.offers]
    unusable = _unusable(cluster, framework, event.offer_ids, opened)
    for one in opened:
        offers.close(cluster, one)
    if unusable:
        _drop_all(cluster, framework, event, unusable, now)
        offers.refuse_all(cluster, framework, opened, event.filters, f"its accept was refused: {unusable}", now)
    else:
        _launch(cluster, framework, opened, event, now)


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
    if len({one.offer.role for one in opened}) > 1:
        return "the offers are for different roles: accept those of one role at a time"
    if len(own) < len(named):
        return "an offer is named twice"
    return ""


def _launch(cluster: Cluster, framework: Framework, opened: list[OpenOffer], event: Accept, now: int) -> None:
    agent = cluster.agents[opened[0].offer.agent_id]
    role = opened[0].offer.role
    hand = Hand(one.offer for one in opened)
    undone = operations.of_accept(cluster, framework, agent, role, hand, event, now)
    run: list[TaskInfo] = []
    refused = [
        _refused(cluster, agent, task_id, Refusal(Reason.INVALID_TASK, message), now)
        for task_id, message in event.malformed
    ]
    for unit in units(event.tasks):
        # What belongs together is taken together or not at all.
        trial = hand.copy() if unit[0].group_id or unit[0].executor is not None else hand
        found = _together(cluster, framework, agent, role, trial, undone, unit)
        if isinstance(found, dict):
            refused += [_refused(cluster, agent, task_id, why, now) for task_id, why in found.items()]
            continue
        hand = trial
        for info in found:
            _begin(cluster, framework, agent, info, opened[0].reason, now)
        run += found
    if run:
        framework.behind = framework.behind and not any(one.offer.demand_id for one in opened)
        reason = f"accepted by {framework.info.name}"
        cluster.to_agent(agent, Run(framework.framework_id, tuple(run)), reason)
    if refused:
        cluster.to_framework(framework, Update(tuple(refused)), "tasks of an accept were refused")
    _lower_demands(cluster, framework, run, now)
    if not run and not hand.made_more:
        for one in opened:
            offers.left_unused(cluster, one)
    if run or not hand.made_more:
        filters = event.filters if run else offers.at_least_asked(event.filters)
        offers.refuse(cluster, framework, agent, hand.rest, filters, now)
    for one in opened:
        cluster.history.record(now, "offer_accepted", one.offer.offer_id, f"{len(run)} tasks by {framework.info.name}")


def _together(
    cluster: Cluster,
    framework: Framework,
    agent: Agent,
    role: str,
    hand: Hand,
    undone: Mapping[str, str],
    unit: tuple[TaskInfo, ...],
) -> list[TaskInfo] | dict[TaskId, Refusal]:
    """A task, or all of a group, with what is launched for it; or why none of them is."""
    if unit[0].group_id and (problem := _no_group(framework, unit)):
        return {info.task_id: Refusal(Reason.INVALID_TASK, f"group {unit[0].group_id}: {problem}") for info in unit}
    run: list[TaskInfo] = []
    for info in unit:
        parts = with_executor(agent, framework.framework_id, info)
        for part in (parts,) if isinstance(parts, Refusal) else parts:
            given = part if isinstance(part, Refusal) else _judged(cluster, framework, agent, role, hand, undone, part)
            if isinstance(given, Refusal):
                others = given._replace(message=f"task {info.task_id} of its group was refused: {given.message}")
                return {each.task_id: given if each is info else others for each in unit}
            run.append(replace(given, role=role))
    return run


def _judged(
    cluster: Cluster,
    framework: Framework,
    agent: Agent,
    role: str,
    hand: Hand,
    undone: Mapping[str, str],
    info: TaskInfo,
) -> TaskInfo | Refusal:
    why = _duplicate(cluster, framework, info.task_id) or refusal(info, agent.info.runtimes)
    return why or _without(undone, info) or unusable(agent, role, info) or _given(hand, info)


def _no_group(framework: Framework, unit: tuple[TaskInfo, ...]) -> str:
    if any(task.info.group_id == unit[0].group_id for task in framework.tasks.values()):
        return "tasks of it run already, and a group is launched at once: choose another group_id"
    return group_problem(unit)


def _given(hand: Hand, info: TaskInfo) -> TaskInfo | Refusal:
    given = hand.give(info)
    if isinstance(given, TaskInfo):
        return given
    return Refusal(Reason.INSUFFICIENT_RESOURCES, f"the offers do not hold what the task needs: {given}")


def _without(undone: Mapping[str, str], info: TaskInfo) -> Refusal | None:
    """Why a task that needs what an operation before it should have made is not launched."""
    if info.reservation_id in undone:
        why = f"reservation {info.reservation_id} was not made: {undone[info.reservation_id]}"
        return Refusal(Reason.INSUFFICIENT_RESOURCES, why)
    for mount in info.volumes:
        if mount.volume_id in undone:
            return Refusal(Reason.VOLUME_UNUSABLE, f"volume {mount.volume_id} was not made: {undone[mount.volume_id]}")
    return None


def _begin(cluster: Cluster, framework: Framework, agent: Agent, info: TaskInfo, why: str, now: int) -> None:
    agent_id = agent.info.agent_id
    staging = TaskStatus(info.task_id, TaskState.STAGING, Source.MASTER, now, agent_id=agent_id)
    tasks.begin(cluster, framework, agent, info, staging, now).why = why
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


def _lower_demands(cluster: Cluster, framework: Framework, launched: list[TaskInfo], now: int) -> None:
    """What was launched for a demand is wanted no more, until the framework tells its demands anew."""
    for demand_id, count in Counter(info.demand_id for info in launched).items():
        demand = framework.demands.get(demand_id)
        if demand is not None:
            left = max(demand.count - count, 0)
            framework.demands[demand_id] = replace(demand, count=left)
            waiting.launched(cluster, framework, demand_id, count, left, now)


def _refused(cluster: Cluster, agent: Agent, task_id: TaskId, why: Refusal, now: int) -> TaskStatus:
    cluster.history.record(now, "task_refused", task_id, f"{why.reason}: {why.message}")
    return TaskStatus(
        task_id,
        TaskState.ERROR,
        Source.MASTER,
        now,
        agent_id=agent.info.agent_id,
        reason=why.reason,
        message=why.message,
    )


def _drop_all(cluster: Cluster, framework: Framework, event: Accept, message: str, now: int) -> None:
    cluster.history.record(now, "accept_refused", framework.framework_id, message)
    operations.refuse_all(cluster, framework, event, message, now)
    task_ids = [info.task_id for info in event.tasks] + [task_id for task_id, _ in event.malformed]
    dropped = tuple(
        TaskStatus(task_id, TaskState.DROPPED, Source.MASTER, now, reason=Reason.INVALID_OFFERS, message=message)
        for task_id in task_ids
    )
    if dropped:
        cluster.to_framework(framework, Update(dropped), message)
