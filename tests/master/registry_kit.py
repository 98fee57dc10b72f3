"""Facts of every kind, drawn; and what a registry gives back, in an order of its own."""

from dataclasses import fields, replace
from typing import Any

from hypothesis import strategies as st

from barter.core.cluster import AgentInfo, FrameworkInfo
from barter.core.ids import AgentId, FrameworkId, ReservationId, TaskId, VolumeId
from barter.core.maintenance import Maintenance, Mode
from barter.core.removals import RemovalMode, Removals, RemovedAgent
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import parse_resources, resources
from barter.core.roles import RoleConfig
from barter.master import facts as f
from barter.master.facts import Recovered

AGENTS = st.sampled_from([AgentId("a1"), AgentId("a2"), AgentId("a10"), AgentId("a1-x")])
FRAMEWORKS = st.sampled_from([FrameworkId(f"abc123-1-000{each}") for each in range(4)])
ROLES = st.sampled_from(["eng", "eng/web", "ops"])
RESERVATIONS = st.sampled_from([ReservationId("r1"), ReservationId("r2")])
VOLUMES = st.sampled_from([VolumeId("v1"), VolumeId("v2")])
NUMBERS = st.integers(0, 1 << 40)
TEXTS = st.sampled_from(["", "a switch is replaced", "größer als sonst", "x" * 120])
TASKS = st.lists(st.tuples(FRAMEWORKS, st.sampled_from([TaskId(f"t{each}") for each in range(30)])), max_size=9)
PARTS = st.builds(lambda cpus: resources(cpus=cpus, mem=1 << 30), st.integers(1, 9_000))


def _agent(agent_id: AgentId, cpus: int, host: str, zone: str) -> AgentInfo:
    has = parse_resources(f"cpus={cpus},mem=4GiB,ports=[31000-31099]")
    return AgentInfo(agent_id, host, host, has, attributes={"zone": zone}, reserved={"eng": resources(cpus=cpus)})


def _maintenance(agent_id: AgentId, mode: Mode, start_ms: int, deadline_ms: int, reason: str) -> Maintenance:
    return Maintenance(agent_id, mode, start_ms, deadline_ms, reason)


FACTS: st.SearchStrategy[f.Fact] = st.one_of(
    st.builds(f.AgentAdmitted, st.builds(_agent, AGENTS, st.integers(1, 64), TEXTS, st.sampled_from("abc"))),
    st.builds(f.AgentLeft, AGENTS),
    st.builds(
        f.FrameworkAdmitted,
        st.builds(FrameworkInfo, st.sampled_from(["web", "jobs"]), FRAMEWORKS, roles=st.tuples(ROLES)),
    ),
    st.builds(f.FrameworkRemoved, FRAMEWORKS),
    st.builds(f.RoleSet, st.builds(RoleConfig, ROLES, st.sampled_from([1_000, 2_000, 3_500]))),
    st.builds(f.ReservationMade, st.builds(Reservation, RESERVATIONS, AGENTS, ROLES, PARTS)),
    st.builds(f.ReservationEnded, AGENTS, RESERVATIONS),
    st.builds(f.VolumeMade, st.builds(PersistentVolume, VOLUMES, RESERVATIONS, AGENTS, NUMBERS)),
    st.builds(f.VolumeCondemned, AGENTS, VOLUMES),
    st.builds(f.VolumeEnded, AGENTS, VOLUMES),
    st.builds(f.MaintenanceSet, st.builds(_maintenance, AGENTS, st.sampled_from(list(Mode)), NUMBERS, NUMBERS, TEXTS)),
    st.builds(f.AgentGone, AGENTS, TEXTS),
    st.builds(
        f.AgentRemoved,
        st.builds(RemovedAgent, AGENTS, TEXTS, NUMBERS, TEXTS, TASKS.map(tuple), st.booleans(), st.booleans()),
    ),
    st.builds(f.RemovedForgotten, AGENTS),
    st.builds(
        f.RemovalsSet,
        st.builds(Removals, st.sampled_from(list(RemovalMode)), NUMBERS, TEXTS, NUMBERS, st.tuples(AGENTS)),
    ),
)


def in_order(recovered: Recovered, epoch: int = 0) -> Recovered:
    """With its facts sorted, for stores differ in that, and with this epoch."""
    changed: dict[str, Any] = {}
    for each in fields(recovered):
        value = getattr(recovered, each.name)
        if isinstance(value, tuple):
            changed[each.name] = tuple(sorted(value, key=repr))
    return replace(recovered, epoch=epoch, **changed)


def told_again(recovered: Recovered) -> list[f.Fact]:
    """Facts that say what was recovered."""
    return [
        *map(f.AgentAdmitted, recovered.agents),
        *map(f.FrameworkAdmitted, recovered.frameworks),
        *map(f.RoleSet, recovered.roles),
        *map(f.ReservationMade, recovered.reservations),
        *(f.VolumeCondemned(*each) for each in recovered.condemned),
        *map(f.VolumeMade, recovered.volumes),
        *map(f.MaintenanceSet, recovered.maintenance),
        *recovered.gone,
        *map(f.AgentRemoved, recovered.removed),
        f.RemovalsSet(recovered.removals),
    ]
