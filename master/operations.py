"""Reservations and persistent volumes: what frameworks and operators do with an agent's resources."""

from collections.abc import Mapping

from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.master import reserving, volumes
from barter.master.cluster import Cluster
from barter.master.events import Accept, AgentVolumes, Operate
from barter.master.hand import Hand
from barter.master.holdings import of_known, static_reservations
from barter.master.messages import DestroyVolume as DestroyOrder
from barter.master.messages import Error
from barter.master.reserving import Actor
from barter.master.state import Agent, Framework

BACK = "the agent is back, and has the volume still"


def operate(cluster: Cluster, event: Operate, now: int) -> str:
    """Returns why not."""
    agent = cluster.agents.get(event.agent_id)
    if agent is None:
        return f"there is no agent {event.agent_id}: see `barter agents`"
    if agent.never_heard:
        return f"agent {event.agent_id} has not come back since the master's start: what its tasks use is not known yet"
    return _perform(cluster, agent, event.operation, Actor(event.principal), now)


def of_accept(
    cluster: Cluster, framework: Framework, agent: Agent, role: str, hand: Hand, event: Accept, now: int
) -> Mapping[str, str]:
    """Do them in order, each that cannot be done refused on its own; why, by the id of what is not there then."""
    actor = Actor(framework.info.principal or framework.info.name, role, hand)
    refused = dict(event.unreadable)
    for name, why in event.unreadable:
        _refuse(cluster, framework, name, why, now)
    for operation in event.operations:
        why = _perform(cluster, agent, operation, actor, now)
        if why:
            if isinstance(operation, Reserve | CreateVolume):
                refused[subject(operation)] = why
            _refuse(cluster, framework, subject(operation), f"{type(operation).__name__}: {why}", now)
    return refused


def refuse_all(cluster: Cluster, framework: Framework, event: Accept, why: str, now: int) -> None:
    """None of them is done."""
    for operation in event.operations:
        _refuse(cluster, framework, subject(operation), f"{type(operation).__name__}: {why}", now)
    for name, wrong in event.unreadable:
        _refuse(cluster, framework, name, wrong, now)


def _refuse(cluster: Cluster, framework: Framework, name: str, why: str, now: int) -> None:
    message = f"{name}: {why}"
    cluster.history.record(now, "operation_refused", name, message)
    cluster.to_framework(framework, Error(message), "an operation of an accept was refused")


def subject(operation: Operation) -> str:
    """The id of the reservation or volume that it makes or ends."""
    match operation:
        case Reserve() | Unreserve():
            return operation.reservation_id
        case CreateVolume() | DestroyVolume():
            return operation.volume_id


def _perform(cluster: Cluster, agent: Agent, operation: Operation, actor: Actor, now: int) -> str:
    match operation:
        case Reserve():
            return reserving.reserve(cluster, agent, operation, actor, now)
        case Unreserve():
            return reserving.unreserve(cluster, agent, operation, actor, now)
        case CreateVolume():
            return volumes.create(cluster, agent, operation, actor, now)
        case DestroyVolume():
            return volumes.destroy(cluster, agent, operation, actor, now)


def registered(cluster: Cluster, agent: Agent, stored: AgentVolumes, now: int) -> None:
    """What it reserved at its start replaces what it had so reserved before; what is condemned is ordered again."""
    made = {name: each for name, each in agent.reservations.items() if not each.static}
    agent.reservations = {**static_reservations(agent.info), **made}
    for task in agent.tasks.values():
        if (info := of_known(task.info, agent.reservations)) is not task.info:
            framework = cluster.frameworks.get(task.framework_id)
            cluster.release(agent, framework, task.info)
            task.info = info
            cluster.hold(agent, framework, info)
    volumes_told(cluster, agent, stored, now)
    for volume_id in agent.condemned:
        cluster.to_agent(agent, DestroyOrder(volume_id, BACK), BACK)


def volumes_told(cluster: Cluster, agent: Agent, event: AgentVolumes, now: int) -> None:
    """Which volumes the agent has now: what is condemned and not among them is deleted, what nobody knows is kept."""
    volumes.told(cluster, agent, frozenset(event.volumes), now)
