"""A cluster of an author's own: machines, a master, frameworks, and what goes wrong with them."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, TypeVar

from barter.core.cluster import FrameworkInfo
from barter.core.resources import resources
from barter.core.tasks import TaskInfo
from barter.core.units import parse_bytes, parse_milli
from barter.sdk.scheduler import Scheduler
from barter.sdk.testing.author import AuthorProgram
from barter.sdk.testing.broken import Broken, NotInTime
from barter.sdk.testing.operated import Operated
from barter.sdk.testing.tail import TAIL
from barter.sdk.testing.unfit import unfit
from barter.sdk.testing.view import Framework
from barter.tools.sim import checkers
from barter.tools.sim.behaviour import Behaviour, Run, by_command
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import AgentSpec, Timing
from barter.tools.sim.observe import Observer, Violated
from barter.tools.sim.world import SECOND_US, World

LOOK_US = SECOND_US // 10
LONGEST = 120
USUAL_TIMING = Timing()
USUAL_PORTS = ((31_000, 31_999),)
SchedulerT = TypeVar("SchedulerT", bound=Scheduler)


class Cluster(Operated):
    """Nothing happens but in `run_for` and `run_until`; the same seed does the same.

    `checks` watch it meanwhile, the general checkers where none are given; what they forbid ends it with `Broken`.
    """

    def __init__(self, seed: int = 1, timing: Timing = USUAL_TIMING, checks: Sequence[Observer] | None = None) -> None:
        self.seed = seed
        self._behaviour: Behaviour = by_command
        world = World(seed)
        super().__init__(SimCluster(world, timing, self._behave))
        for observer in checkers.general() if checks is None else checks:
            world.seen.add(observer)
        self._started = False

    # What it is made of.

    def agents(
        self,
        count: int,
        *,
        cpus: float = 8,
        mem: str | int = "16GiB",
        disk: str | int = 0,
        zones: str | Sequence[str] = "",
        public: bool = False,
        docker: bool = True,
        name: str = "agent",
        attributes: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Adds machines `name-0`, `name-1` and so on, in the zones by turns; returns their names.

        `zones` may be a text of one-letter zones. `attributes` are those of each; each has ports 31000 to 31999.
        """
        first = sum(other.startswith(f"{name}-") for other in self._sim.agents)
        memory = parse_bytes(mem) if isinstance(mem, str) else mem
        room = parse_bytes(disk) if isinstance(disk, str) else disk
        has = resources(cpus=parse_milli(str(cpus)), mem=memory, disk=room, ports=USUAL_PORTS)
        specs = [
            AgentSpec(f"{name}-{number}", has, self._attributes(number, zones, attributes or {}), public, docker)
            for number in range(first, first + count)
        ]
        self._sim.add_agents(specs)
        if self._started:
            for spec in specs:
                self._sim.agents[spec.name].start()
        return [spec.name for spec in specs]

    def framework(
        self,
        factory: Callable[..., SchedulerT],
        *,
        name: str = "",
        demands_only: bool = False,
        framework: FrameworkInfo | None = None,
    ) -> Framework[SchedulerT]:
        """`factory` is a scheduler's class, or makes one, from the StateStore if it takes it; each process calls it.

        Raises TypeError where that cannot be done.
        """
        if why := unfit(factory):
            raise TypeError(f"framework({getattr(factory, '__name__', factory)!s}): {why}")
        called = name or (framework.name if framework else getattr(factory, "__name__", "framework").lower())
        if called in self._sim.frameworks or called in self._sim.agents or called == self._sim.master.name:
            raise ValueError(f"the name {called!r} is taken: give the framework another with name=")
        program = AuthorProgram(framework or FrameworkInfo(called), demands_only, factory)
        process = self._sim.add_framework(called, program)
        if self._started:
            process.start()
        return Framework(process)

    def behaviour(self, behaviour: Callable[[TaskInfo], Run]) -> None:
        """What tasks do that are started from now on; as long as none is given their commands say it."""
        if not callable(behaviour):
            raise TypeError("behaviour() takes a function of a task: behaviour(lambda task: Run(seconds=30))")
        self._behaviour = behaviour

    # Time.

    def run_for(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Raises ValueError where no time is given, or one that is past."""
        __tracebackhide__ = True
        total_s = hours * 3600 + minutes * 60 + seconds
        if not 0 < total_s < inf:
            raise ValueError(f"run_for() of {total_s:g} seconds: say how long, as in run_for(minutes=5)")
        self._run(self._sim.world.now_us + int(total_s * SECOND_US))

    def run_until(self, condition: Callable[[], object], *, within_minutes: float = 5) -> None:
        """Until `condition` holds, looking ten times a second; raises NotInTime."""
        __tracebackhide__ = True
        if not callable(condition):
            raise TypeError(f"run_until() asks again and again, and was given {condition!r}: run_until(lambda: ...)")
        until_us = self._sim.world.now_us + int(within_minutes * 60 * SECOND_US)
        while not condition():
            if self._sim.world.now_us >= until_us:
                message = f"not within {within_minutes:g} minutes: {_source(condition)}"
                raise NotInTime(self.seed, "run_until", message, self._tail.text(TAIL))
            self._run(min(self._sim.world.now_us + LOOK_US, until_us))

    # What came of it.

    def story(self, last: int | None = None) -> str:
        """What happened, a line each; the oldest are forgotten after a while."""
        return self._tail.text() if last is None else self._tail.text(last)

    def check(self) -> None:
        """What must hold once all is healed and had some minutes to settle; raises Broken."""
        __tracebackhide__ = True
        self._guard(lambda: [see(self._sim) for see in self._sim.world.seen.at_end])

    def _run(self, until_us: int) -> None:
        __tracebackhide__ = True
        if not self._started:
            self._started = True
            self._guard(self._sim.start)
        self._guard(lambda: self._sim.world.run_until(until_us))

    def _guard(self, do: Callable[[], Any]) -> None:
        __tracebackhide__ = True
        try:
            do()
        except Violated as violated:
            tail = self._tail.text(TAIL)
            cause = next((each.error for each in self._sim.frameworks.values() if each.error is not None), None)
            raise Broken(self.seed, violated.checker, violated.message, tail) from cause

    def _behave(self, task: TaskInfo) -> Run:
        run: object = self._behaviour(task)
        if not isinstance(run, Run):
            what = f"behaviour() has {run!r} for task {task.task_id}"
            raise TypeError(f"{what}: return a Run for each, as in Run(seconds=30, exit_code=1)")
        return run

    def _attributes(self, number: int, zones: str | Sequence[str], attributes: Mapping[str, str]) -> dict[str, str]:
        return {"zone": zones[number % len(zones)], **attributes} if zones else dict(attributes)


def _source(condition: Callable[[], object]) -> str:
    """Its first line, without what it was given to."""
    try:
        line = inspect.getsource(condition).strip().partition("\n")[0]
    except (OSError, TypeError):
        line = repr(condition)
    text = line.partition("run_until(")[2] or line
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
