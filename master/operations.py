"""Reservations and persistent volumes: what frameworks and operators do with an agent's resources."""

from collections.abc import Mapping

from barter.core.ids import AgentId, ReservationId
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.reservations import ReservationsHeld
from barter.core.tasks import TaskInfo
from barter.master import reserving, volumes
from barter.master.cluster import Cluster
from barter.master.events import Accept, AgentVolumes, Operate, ReconcileReservations
from barter.master.hand import Hand
from barter.master.holdings import of_known, static_reservations
from barter.master.messages import DestroyVolume as DestroyOrder
from barter.master.messages import Error
from barter.master.reserving import Actor
from barter.master.state import Agent, Framework

NOT_BACK = "agent {agent_id} has not come back since the master's start: what its tasks use is not known yet"
BACK = "the agent is back, and has the volume still"


def operate(cluster: Cluster, event: Operate, now: int) -> str:
    """Returns why not."""
    agent = cluster.agents.get(event.agent_id)
    if agent is None:
        return f"there is no agent {event.agent_id}: see `barter agents`"
    if agent.never_heard:
        return NOT_BACK.format(agent_id=event.agent_id)
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


def reconcile(cluster: Cluster, framework: Framework, event: ReconcileReservations, now: int) -> None:
    """End those named, each with its volumes or not at all; then tell what the framework's principal has."""
    principal = framework.info.principal or framework.info.name
    for agent_id, name in event.endings:
        if why := _end_whole(cluster, agent_id, name, principal, now):
            _refuse(cluster, framework, name, why, now)
    made = [one for agent in cluster.agents.values() for one in agent.reservations.values()]
    volumes_made = [one for agent in cluster.agents.values() for one in agent.volumes.values()]
    held = ReservationsHeld(
        tuple(one for one in made if one.principal == principal and not one.static),
        tuple(one for one in volumes_made if one.principal == principal),
    )
    cluster.to_framework(framework, held, "it asked for its reservations")


def _end_whole(cluster: Cluster, agent_id: AgentId, name: ReservationId, principal: str, now: int) -> str:
    """Returns why not. What is not there is ended already."""
    agent = cluster.agents.get(agent_id)
    reservation = agent.reservations.get(name) if agent is not None else None
    if agent is None or reservation is None:
        return ""
    if reservation.principal != principal:
        return f"reservation {name} is of principal {reservation.principal or '(none)'}: only that one may end it"
    if users := [task.info.task_id for task in agent.tasks.values() if _uses(agent, task.info, name)]:
        return f"reservation {name} on {agent.info.hostname}: task {users[0]} uses it; end it first"
    if agent.never_heard:
        return NOT_BACK.format(agent_id=agent_id)
    for volume_id in [each for each, volume in agent.volumes.items() if volume.reservation_id == name]:
        if why := _perform(cluster, agent, DestroyVolume(volume_id), Actor(principal), now):
            return why
    return _perform(cluster, agent, Unreserve(name), Actor(principal), now)


def _uses(agent: Agent, info: TaskInfo, name: ReservationId) -> bool:
    volumes_of = {volume_id for volume_id, volume in agent.volumes.items() if volume.reservation_id == name}
    return name in info.reserved or any(mount.volume_id in volumes_of for mount in info.volumes)


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
