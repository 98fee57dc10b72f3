"""The population of the campaign: the service framework, and two of four others, some of which behave badly."""

from collections.abc import Sequence
from functools import partial
from random import Random

from barter.core.tasks import TaskInfo
from barter.tools.sim.checkers.canaries import Canaries
from barter.tools.sim.checkers.capacity import Capacity
from barter.tools.sim.checkers.deadline import Deadline
from barter.tools.sim.checkers.fleet import Fleet
from barter.tools.sim.checkers.in_turn import InTurn
from barter.tools.sim.checkers.jobs import Jobs
from barter.tools.sim.checkers.kept_kills import KeptKills
from barter.tools.sim.checkers.needless import Needless
from barter.tools.sim.checkers.one_deployment import OneDeployment
from barter.tools.sim.checkers.paused import Paused
from barter.tools.sim.checkers.rolling import Rolling
from barter.tools.sim.checkers.slots import Slots
from barter.tools.sim.checkers.storms import Storms
from barter.tools.sim.checkers.unique import Unique
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.observe import Observer
from barter.tools.sim.operators import Operators
from barter.tools.sim.population import Deed, Population
from barter.tools.sim.workloads.batch import BatchWorkload
from barter.tools.sim.workloads.classic import ClassicWorkload
from barter.tools.sim.workloads.governing import Governing, draw_acts
from barter.tools.sim.workloads.greedy import GreedyWorkload, TakeAll
from barter.tools.sim.workloads.guests import GuestsWorkload
from barter.tools.sim.workloads.service import ServiceWorkload
from barter.tools.sim.workloads.workload import Act, Workload
from barter.tools.sim.world import SECOND_US

PUT_RIGHT_S = (1, 60, 120)
"""After the end of all faults: when operators look whether something can never come to rest by itself."""


class Usual(Population):
    settles = True

    def __init__(self) -> None:
        self.workloads: tuple[Workload, ...] = ()
        self._governing: Governing | None = None
        self._cluster: SimCluster

    def move_in(self, cluster: SimCluster, until_us: int) -> Sequence[Deed]:
        self._cluster = cluster
        self.workloads = (ServiceWorkload(), *_two_more(cluster.world.random("who lives here")))
        deeds: list[Deed] = []
        taken: list[int] = []
        for workload in self.workloads:
            framework = cluster.add_framework(workload.name, workload)
            acts = workload.operator_actions(cluster.world.random(f"acts {workload.name}"), until_us // 1000)
            deeds += [_deed(framework, workload, act) for act in acts]
            taken += [act.at_ms for act in acts if isinstance(act, TakeAll)]
        self._governing = governing = Governing(Operators(cluster))
        for act in draw_acts(cluster.world.random("acts of operators"), until_us // 1000, list(cluster.agents), taken):
            deeds.append(Deed(act.at_ms * 1000, _asked("the master", act), partial(governing.act, act)))
        return deeds

    def calm(self) -> None:
        for workload in self.workloads:
            workload.calm()
        if self._governing is not None:
            self._governing.calm()
        for at_s in PUT_RIGHT_S:
            self._cluster.world.after(at_s * SECOND_US, self._put_right)

    def _put_right(self) -> None:
        service = self._cluster.frameworks["service"]
        if service.up and isinstance(service.program, ServiceWorkload):
            service.within_life(service.program.put_right)()

    def observers(self) -> Sequence[Observer]:
        fleet = Fleet()
        of_fleet = (Rolling, Capacity, Needless, InTurn, Paused, Canaries, Deadline, Storms)
        return fleet, *(each(fleet) for each in of_fleet), OneDeployment(), Slots(), Unique(), KeptKills(), Jobs()

    def unsettled(self, cluster: SimCluster) -> str:
        return "; ".join(
            f"{workload.name}: {missing}"
            for workload in self.workloads
            if (missing := workload.settled(_running(cluster, workload.name)))
        )


def _two_more(rng: Random) -> list[Workload]:
    """More than three frameworks would cost a campaign more time than they find."""
    kinds = (BatchWorkload, ClassicWorkload, GreedyWorkload, GuestsWorkload)
    chosen = sorted(rng.sample(range(len(kinds)), 2))
    return [kinds[each]() for each in chosen]


def _running(cluster: SimCluster, name: str) -> list[TaskInfo]:
    framework_id = cluster.frameworks[name].driver.framework_id
    return [
        running.task
        for host in cluster.hosts.values()
        for (owner, _), running in host.tasks.items()
        if owner == framework_id
    ]


def _deed(framework: SimFramework, workload: Workload, act: Act) -> Deed:
    """Who asks a framework that is down gives up."""

    def ask() -> None:
        if framework.up:
            framework.within_life(partial(workload.act, act))()

    return Deed(act.at_ms * 1000, _asked(workload.name, act), ask)


def _asked(whom: str, act: Act) -> str:
    return f"{act.at_ms / 1000:10.3f} {whom} is asked: {act}"
