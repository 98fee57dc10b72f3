"""The end of a batch: the allocator is told what changed, once, and its grants become offers."""

from collections.abc import Collection
from dataclasses import replace

from barter.core.cluster import Offer
from barter.core.ids import VolumeId
from barter.core.maintenance import Mode
from barter.core.reservations import Reservation
from barter.core.resources import NOTHING, Resources
from barter.core.tasks import TaskInfo
from barter.master import offers
from barter.master.allocator.model import AgentSlot, ReservedSlot, Seeker
from barter.master.allocator.room import UNBOUNDED
from barter.master.cluster import Cluster
from barter.master.holdings import plain_of, total_of
from barter.master.kept import kept_of
from barter.master.state import Agent, Framework, OpenOffer, Task


def place(cluster: Cluster, now: int) -> None:
    tell(cluster)
    cluster.allocator.await_agents(len(cluster.expected_agents))
    grants = cluster.allocator.allocate(now)
    if grants:
        offers.make(cluster, grants, now)
        tell(cluster)


def tell(cluster: Cluster) -> None:
    for agent_id in cluster.fresh_agents:
        cluster.allocator.set_agent(told_slot(cluster.agents[agent_id]))
    for framework_id in cluster.fresh_frameworks:
        cluster.allocator.set_seeker(seeker(cluster.frameworks[framework_id]))
    cluster.fresh_agents.clear()
    cluster.fresh_frameworks.clear()


def told_slot(agent: Agent, returned: Collection[OpenOffer] = ()) -> AgentSlot:
    """What the allocator may give away of the agent as it stands, or would with these offers of it returned."""
    stands = slot(agent, returned)
    return replace(stands, free=stands.free.without(kept_of(agent, stands.free))) if agent.kept else stands


def slot(agent: Agent, returned: Collection[OpenOffer] = (), ended: Collection[Task] = ()) -> AgentSlot:
    """The agent as it stands, or would with these offers of it returned and these tasks ended."""
    reason = ""
    if agent.unreachable:
        reason = "unreachable"
    elif agent.leaving:
        reason = "leaving the cluster"
    elif not agent.connected:
        reason = "disconnected"
    elif agent.mode is not Mode.ACTIVE:
        reason = agent.mode.value
    division = agent.division
    back: list[Offer | TaskInfo] = [*(each.offer for each in returned), *(each.info for each in ended)]
    plain = list(map(plain_of, back))
    free = total_of([division.plain, *plain]) if plain else division.plain
    reserved = _reserved(agent, division.reserved, returned, ended) if division.reserved else ()
    revocable = NOTHING
    if agent.slack:
        revocable = agent.slack.without(agent.lent.value.without(total_of(each.revocable for each in back)))
    leaves_ms = agent.unavailable_from_ms if agent.mode is Mode.ACTIVE else 0
    containers = _containers(agent, returned, ended)
    return AgentSlot(agent.info, free, agent.active, reason, reserved, revocable, leaves_ms, containers)


def _containers(agent: Agent, returned: Collection[OpenOffer], ended: Collection[Task]) -> int:
    """How many more it may run."""
    most = agent.info.max_containers
    if not most:
        return UNBOUNDED
    back = sum(each.containers for each in returned) + sum(each.info.container is not None for each in ended)
    return max(most - agent.containers + back, 0)


def _reserved(
    agent: Agent,
    parts: tuple[tuple[Reservation, Resources], ...],
    returned: Collection[OpenOffer],
    ended: Collection[Task],
) -> tuple[ReservedSlot, ...]:
    held = agent.volumes_in_use - {mount.volume_id for each in ended for mount in each.info.volumes}
    held |= {volume_id for each in agent.offers.values() if each not in returned for volume_id in each.offer.volumes}
    slots: list[ReservedSlot] = []
    for reservation, free in parts:
        name = reservation.reservation_id
        back = [each.offer.reserved[name] for each in returned if name in each.offer.reserved]
        back += [each.info.reserved[name] for each in ended if name in each.info.reserved]
        volumes = tuple(each for each in _volumes_of(agent, reservation) if each not in held)
        free = total_of([free, *back]) if back else free
        counted, alone = _counted(agent, reservation), reservation.exclusive
        slots.append(ReservedSlot(name, reservation.role, counted, free, volumes, alone))
    return tuple(slots)


def _counted(agent: Agent, reservation: Reservation) -> Resources:
    """What of it counts against quotas: of a static one that has shrunk also what tasks hold beyond it."""
    taken = agent.taken.get(reservation.reservation_id)
    beyond = NOTHING if taken is None else taken.value.without(reservation.resources)
    return total_of([reservation.resources, beyond]) if beyond else reservation.resources


def _volumes_of(agent: Agent, reservation: Reservation) -> list[VolumeId]:
    name = reservation.reservation_id
    return [each.volume_id for each in agent.volumes.values() if each.reservation_id == name]


def seeker(framework: Framework) -> Seeker:
    return Seeker(
        framework.framework_id,
        framework.info.name,
        framework.info.roles,
        framework.connected,
        framework.suppressed,
        framework.demands_only,
        tuple(framework.demands.values()),
        framework.charged.by_role,
        framework.charged_reserved.by_role,
        revocable=framework.info.revocable,
        behind=framework.behind,
    )
