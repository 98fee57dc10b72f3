"""CREATE and DESTROY: persistent volumes on reserved disk, and what agents say of their data."""

from barter.core.ids import VolumeId
from barter.core.operations import CreateVolume, DestroyVolume
from barter.core.reservations import PersistentVolume
from barter.core.resources import NOTHING, Resources
from barter.core.roles import is_within
from barter.core.tasks import Reason, TaskInfo
from barter.core.units import format_bytes
from barter.master import messages as msg
from barter.master import offers, placement
from barter.master.allocator.model import AgentSlot
from barter.master.cluster import Cluster
from barter.master.facts import VolumeCondemned, VolumeEnded, VolumeMade
from barter.master.holdings import disk
from barter.master.reserving import MOST_OF_AN_AGENT, Actor, take_back
from barter.master.state import Agent
from barter.master.validate import Refusal


def create(cluster: Cluster, agent: Agent, operation: CreateVolume, actor: Actor, now: int) -> str:
    name, need = operation.volume_id, disk(operation.size)
    if why := _cannot_make(agent, operation, actor):
        return why
    if name in agent.volumes:
        return ""
    if len(agent.volumes) + len(agent.condemned) >= MOST_OF_AN_AGENT:
        return f"{agent.info.hostname} has {MOST_OF_AN_AGENT} volumes already: destroy some first"
    reservation_id = operation.reservation_id

    def free_of(slot: AgentSlot) -> Resources:
        return next((each.free for each in slot.reserved if each.reservation_id == reservation_id), NOTHING)

    returned = placement.slot(agent, tuple(agent.offers.values()))
    free = free_of(returned) if actor.hand is None else actor.hand.reserved(reservation_id)
    if need not in free:
        held = "free" if actor.hand is None else "in the offers"
        size, has = format_bytes(operation.size), format_bytes(free.scalars.get("disk", 0))
        return f"disk: {size} needed, {has} of reservation {reservation_id} {held}"
    if actor.hand is None:
        take_back(cluster, agent, need, free_of, f"volume {name} is created by an operator", now)
    else:
        actor.hand.shrink(reservation_id, need)
    volume = PersistentVolume(name, reservation_id, agent.info.agent_id, operation.size, actor.principal)
    agent.volumes[name] = volume
    reason = f"{format_bytes(operation.size)} of reservation {reservation_id} on {agent.info.hostname}"
    cluster.persist(VolumeMade(volume), reason)
    cluster.history.record(now, "volume_created", name, reason)
    cluster.touch(agent)
    return ""


def _cannot_make(agent: Agent, operation: CreateVolume, actor: Actor) -> str:
    name, host = operation.volume_id, agent.info.hostname
    known = agent.volumes.get(name)
    if known is not None:
        wanted = (operation.reservation_id, operation.size, actor.principal)
        same = (known.reservation_id, known.size, known.principal) == wanted
        said = f"{format_bytes(known.size)} of reservation {known.reservation_id}, by {known.principal or '(none)'}"
        return "" if same else f"{host} has another of that id: {said}"
    if name in agent.condemned:
        return f"{host} is still deleting the data of an earlier volume {name}: try again, or choose another id"
    if actor.hand is not None and name in agent.stored:
        return f"{host} has data of an earlier volume {name} that is nobody's: choose another id"
    reservation = agent.reservations.get(operation.reservation_id)
    if reservation is None:
        return f"{host} has no reservation {operation.reservation_id}: reserve disk first"
    return actor.may_not_use(reservation)


def destroy(cluster: Cluster, agent: Agent, operation: DestroyVolume, actor: Actor, now: int) -> str:
    """Data that is no known volume's may be deleted by operators alone."""
    name = operation.volume_id
    volume = agent.volumes.get(name)
    if volume is None and name in agent.condemned:
        return ""
    if volume is None and (actor.hand is not None or name not in agent.stored):
        return f"{agent.info.hostname} has no volume {name}: see `barter reservations`"
    if volume is not None and (why := _may_not_destroy(agent, volume, actor)):
        return why
    if user := _user(agent, name):
        return f"task {user} uses it: end it first"
    taken_back = [each for each in agent.offers.values() if name in each.offer.volumes]
    offers.rescind(cluster, taken_back, "offer_rescinded", f"volume {name} is destroyed", now)
    if volume is not None:
        if actor.hand is not None:
            actor.hand.grow(volume.reservation_id, disk(volume.size))
        del agent.volumes[name]
    agent.condemned[name] = None
    reason = f"destroyed by {actor.principal or 'an operator'}"
    cluster.persist(VolumeCondemned(agent.info.agent_id, name), reason)
    cluster.to_agent(agent, msg.DestroyVolume(name, reason), reason)
    cluster.history.record(now, "volume_destroyed", name, f"on {agent.info.hostname}, {reason}")
    cluster.touch(agent)
    return ""


def _may_not_destroy(agent: Agent, volume: PersistentVolume, actor: Actor) -> str:
    reservation = agent.reservations.get(volume.reservation_id)
    why = actor.may_not_use(reservation) if reservation is not None else ""
    return why or actor.may_not_end(f"volume {volume.volume_id}", volume.principal)


def _user(agent: Agent, name: VolumeId) -> str:
    for task in agent.tasks.values():
        if any(mount.volume_id == name for mount in task.info.volumes):
            return task.info.task_id
    return ""


def unusable(agent: Agent, role: str, info: TaskInfo) -> Refusal | None:
    """Why a task of that role cannot have its volumes now."""
    for mount in info.volumes:
        name = mount.volume_id
        volume = agent.volumes.get(name)
        reservation = agent.reservations.get(volume.reservation_id) if volume is not None else None
        why = ""
        if volume is None:
            why = f"{agent.info.hostname} has none of that id" + (" any more" if name in agent.condemned else "")
        elif reservation is None:
            why = f"its reservation {volume.reservation_id} is not there any more"
        elif not is_within(role, reservation.role):
            why = f"it is for role {reservation.role}, and the offers are for {role}"
        elif user := _user(agent, name):
            why = f"task {user} uses it"
        if why:
            return Refusal(Reason.VOLUME_UNUSABLE, f"volume {name}: {why}")
    return None


def told(cluster: Cluster, agent: Agent, stored: frozenset[VolumeId], now: int) -> None:
    agent_id, before = agent.info.agent_id, agent.stored
    agent.stored = stored
    for name in [each for each in agent.condemned if each not in stored]:
        del agent.condemned[name]
        cluster.persist(VolumeEnded(agent_id, name), "its agent has deleted its data")
        cluster.history.record(now, "volume_deleted", name, f"by agent {agent_id}")
    for name in sorted(leftover(agent) - before):
        reason = f"agent {agent_id} has data of it, and no volume of that id is known: kept until an operator ends it"
        cluster.history.record(now, "volume_leftover", name, reason)


def leftover(agent: Agent) -> frozenset[VolumeId]:
    """Data the agent has that is no known volume's."""
    return agent.stored - agent.volumes.keys() - agent.condemned.keys()
