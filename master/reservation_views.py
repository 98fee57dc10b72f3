"""Reservations and persistent volumes as operators see them, with what of each is used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from barter.core.ids import ReservationId, TaskId, VolumeId
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import Resources
from barter.master.cluster import Cluster
from barter.master.holdings import total_of
from barter.master.state import Agent
from barter.master.volumes import leftover

FREE, USED, DELETING, LEFTOVER = "free", "used", "deleting", "leftover"


@dataclass(frozen=True, slots=True)
class ReservationSummary:
    """Tasks use `used`, offers hold `offered`, volumes have their own disk, and the rest is `free`."""

    reservation: Reservation
    hostname: str
    used: Resources
    offered: Resources
    free: Resources


@dataclass(frozen=True, slots=True)
class VolumeSummary:
    """`state` is free, used (by `task_id`), deleting (ordered, not yet done) or leftover (data of no known volume)."""

    volume: PersistentVolume
    hostname: str
    state: str
    task_id: TaskId = TaskId("")


def reservations(cluster: Cluster) -> list[ReservationSummary]:
    return [each for agent in cluster.agents.values() for each in _of_agent(agent)]


def _of_agent(agent: Agent) -> Iterator[ReservationSummary]:
    for reservation, free in agent.division.reserved:
        name = reservation.reservation_id
        used = _parts(name, (task.info.reserved for task in agent.tasks.values()))
        offered = _parts(name, (opened.offer.reserved for opened in agent.offers.values()))
        yield ReservationSummary(reservation, agent.info.hostname, used, offered, free)


def _parts(name: ReservationId, held: Iterator[Mapping[ReservationId, Resources]]) -> Resources:
    return total_of(parts[name] for parts in held if name in parts)


def volumes(cluster: Cluster) -> list[VolumeSummary]:
    return [each for agent in cluster.agents.values() for each in _volumes_of(agent)]


def _volumes_of(agent: Agent) -> Iterator[VolumeSummary]:
    users = {mount.volume_id: task.info.task_id for task in agent.tasks.values() for mount in task.info.volumes}
    host = agent.info.hostname
    for name, volume in agent.volumes.items():
        user = users.get(name, TaskId(""))
        yield VolumeSummary(volume, host, USED if user else FREE, user)
    for state, names in ((DELETING, list(agent.condemned)), (LEFTOVER, sorted(leftover(agent)))):
        for name in names:
            yield VolumeSummary(_unknown(agent, name), host, state)


def _unknown(agent: Agent, name: VolumeId) -> PersistentVolume:
    return PersistentVolume(name, ReservationId(""), agent.info.agent_id, 0)
