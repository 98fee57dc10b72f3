"""One seed: a cluster with its workloads, its faults and its checkers, from start to end."""

import traceback
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from barter.agent.facts import TaskKey
from barter.core.tasks import TaskInfo
from barter.tools.sim import checkers
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing, usual_agents
from barter.tools.sim.faults.table import draw
from barter.tools.sim.host import Host
from barter.tools.sim.observe import Observer, Violated
from barter.tools.sim.population import Deed, Populate
from barter.tools.sim.world import SECOND_US, World

MINUTE_US = 60 * SECOND_US
QUIET_US, SETTLE_US = 10 * SECOND_US, 6 * MINUTE_US
FEWEST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is like. `rates` replace those of the table of faults, per hour and target."""

    agents: int = 10
    minutes: int = 30
    masters: int = 3
    timing: Timing = Timing(
        agent_timeout_ms=90_000,
        offer_timeout_ms=30_000,
        heartbeat_ms=30_000,
        measure_ms=10_000,
        removal_ms=120_000,
        loss_window_ms=90_000,
        session_ms=20_000,
    )
    rates: Mapping[str, float] = field(default_factory=dict)
    fewest_faults: int = FEWEST_FAULTS


@dataclass(frozen=True, slots=True)
class Violation:
    """`checker` is the file that says so; `at_us` when."""

    checker: str
    message: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`deeds` are all that was done to the world, in words; `faults` how many of them are faults.

    `happened` counts everything that happened in the world, `tasks` what really ran. `settled_checked`: whether
    anybody had said what must have come of it at the end.
    """

    seed: int
    violation: Violation | None
    deeds: tuple[str, ...]
    faults: int
    happened: int
    tasks: int
    virtual_us: int
    settled_checked: bool


class Run:
    """A world made from a seed, with `deeds` that will be done to it: faults, and what people ask of frameworks."""

    def __init__(self, seed: int, plan: Plan, populate: Populate) -> None:
        self.seed, self.plan = seed, plan
        self.world = World(seed)
        self.cluster = SimCluster(self.world, plan.timing, masters=plan.masters)
        self.cluster.add_agents(usual_agents(plan.agents))
        self.population = populate()
        self.end_us = plan.minutes * MINUTE_US
        self.calm_us = self.end_us - min(SETTLE_US, self.end_us // 2)
        asked = self.population.move_in(self.cluster, self.calm_us)
        faults = draw(self.world, self.cluster, plan.rates, QUIET_US, self.calm_us, plan.fewest_faults)
        self.deeds = sorted([*faults, *asked], key=lambda deed: (deed.at_us, deed.text))

    def play(self, kept: Collection[int] | None = None, observers: Sequence[Observer] = ()) -> Outcome:
        """To its end, or to the first violation; of the deeds only those numbered in `kept`. Once only."""
        chosen = [deed for number, deed in enumerate(self.deeds) if kept is None or number in kept]
        counter = _Tasks()
        for observer in (counter, *observers, *checkers.general(), *self.population.observers()):
            self.world.seen.add(observer)
        violation = self._violation(chosen)
        told = tuple(deed.text for deed in chosen)
        world = self.world
        faults = sum(deed.is_fault for deed in chosen)
        settles = self.population.settles
        return Outcome(self.seed, violation, told, faults, world.happened, counter.started, world.now_us, settles)

    def _violation(self, deeds: Sequence[Deed]) -> Violation | None:
        try:
            for deed in deeds:
                self.world.at(deed.at_us, deed.do)
            self.cluster.start()
            self.world.run_until(self.calm_us)
            self.cluster.heal()
            for see in self.world.seen.calmed:
                see(self.cluster)
            self.population.calm()
            self.world.run_until(self.end_us)
            for see in self.world.seen.at_end:
                see(self.cluster)
            if missing := self.population.unsettled(self.cluster):
                raise Violated("unsettled", missing)
        except Violated as violated:
            return Violation(violated.checker, violated.message, self.world.now_us)
        except (Exception, SystemExit) as error:
            # Also what an author's sys.exit raises: it would end the campaign as if all had held.
            return Violation("raises", f"{type(error).__name__}: {error} ({_where(error)})", self.world.now_us)
        return None


def _where(error: BaseException) -> str:
    """The same on every machine."""
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    return f"in {frame.f_globals.get('__name__')}.{frame.f_code.co_name}, line {line}"


class _Tasks(Observer):
    name = "tasks"

    def __init__(self) -> None:
        self.started = 0

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        self.started += 1
