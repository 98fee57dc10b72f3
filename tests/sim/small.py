"""A small world with a small framework, for tests of what watches worlds; as a script it prints a seed's story."""

import sys
from collections.abc import Callable, Sequence
from random import Random

from barter.core.cluster import FrameworkInfo, Offer
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import Command, TaskInfo, TaskStatus
from barter.core.units import GIB, MIB
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import AgentSpec, Timing
from barter.tools.sim.population import Deed, Population
from barter.tools.sim.seed import Plan, Run
from barter.tools.sim.story import Story
from barter.tools.sim.world import World

NEED = resources(cpus=500, mem=128 * MIB)
NAMES = ("ada", "bert", "cleo")
START_LIMIT = 3


class Keeper(Scheduler):
    """Keeps three tasks that run for `seconds`; a set of names, in whose order nothing may happen, is part of it."""

    def __init__(self, store: StateStore, seconds: str) -> None:
        self.store, self.seconds = store, seconds
        self.count = int(store.get("count") or b"0")
        self.names = set(NAMES)
        self.alive: dict[TaskId, None] = {}

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        for offer in offers:
            tasks: list[TaskInfo] = []
            while len(self.alive) < START_LIMIT and not tasks:
                self.count += 1
                self.store.set("count", str(self.count).encode())
                tasks.append(self._task(f"{min(self.names)}-{self.count}"))
                self.alive[tasks[0].task_id] = None
            driver.launch(offer, tasks)

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        if status.terminal:
            self.alive.pop(status.task_id, None)
            driver.revive()
        else:
            self.alive[status.task_id] = None

    def _task(self, name: str) -> TaskInfo:
        return TaskInfo(TaskId(name), name, NEED, Command(f"sleep {self.seconds}"))


class KeeperProgram:
    demands_only = False

    def __init__(self, seconds: str = "infinity", framework_id: str = "") -> None:
        self.framework = FrameworkInfo("keeper", FrameworkId(framework_id))
        self.seconds = seconds
        self.scheduler: Keeper

    def start(self, store: StateStore, rng: Random) -> Keeper:
        self.scheduler = Keeper(store, self.seconds)
        return self.scheduler


class Keepers(Population):
    def move_in(self, cluster: SimCluster, until_us: int) -> Sequence[Deed]:
        cluster.add_framework("keeper-0", KeeperProgram("20"))
        cluster.add_framework("keeper-1", KeeperProgram("infinity"))
        return ()


def cluster_of(agents: int, *, docker: bool = False) -> SimCluster:
    """Not started; one framework, `keeper`."""
    cluster = SimCluster(World(1), Timing())
    has = resources(cpus=4_000, mem=4 * GIB, ports=((31_000, 31_009),))
    cluster.add_agents([AgentSpec(f"agent-{number}", has, docker=docker) for number in range(agents)])
    cluster.add_framework("keeper", KeeperProgram())
    return cluster


def story(seed: int, write: Callable[[str], None]) -> None:
    """Three agents, two frameworks, six minutes with faults."""
    Run(seed, Plan(agents=3, minutes=6, fewest_faults=20), Keepers).play(observers=[Story(write)])


if __name__ == "__main__":
    story(int(sys.argv[1]), print)
