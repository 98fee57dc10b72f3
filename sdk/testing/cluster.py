"""A cluster of an author's own: machines, a master, frameworks, and what goes wrong with them."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from barter.core.cluster import FrameworkInfo
from barter.core.ids import TaskId
from barter.core.resources import resources
from barter.core.tasks import TaskInfo
from barter.core.units import parse_bytes, parse_milli
from barter.sdk.scheduler import Scheduler
from barter.sdk.testing.author import AuthorProgram
from barter.sdk.testing.records import SECOND_US, TaskRecord
from barter.sdk.testing.tail import TAIL, Tail
from barter.sdk.testing.unrest import Unrest, chosen
from barter.sdk.testing.view import Framework, View
from barter.tools.sim import checkers
from barter.tools.sim.behaviour import Behaviour, Run, by_command
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import AgentSpec, Timing
from barter.tools.sim.host import Running
from barter.tools.sim.observe import Observer, Violated
from barter.tools.sim.world import World

LOOK_US = SECOND_US // 10
USUAL_TIMING = Timing()
USUAL_PORTS = ((31_000, 31_999),)
SchedulerT = TypeVar("SchedulerT", bound=Scheduler)


class Broken(AssertionError):
    """Something that must never be, was. `checker` says what kind of thing, `message` what; the text has the story."""

    def __init__(self, seed: int, checker: str, message: str, tail: str) -> None:
        super().__init__(f"{checker}: {message}\n\nseed {seed}, the last of the story:\n{tail}")
        self.seed = seed
        self.checker = checker
        self.message = message


class NotInTime(Broken):
    """What `run_until` waited for did not come."""


class Cluster(View):
    """Nothing happens but in `run_for` and `run_until`; the same seed does the same.

    `checks` watch it meanwhile, the general checkers where none are given; what they forbid ends it with `Broken`.
    """

    def __init__(self, seed: int = 1, timing: Timing = USUAL_TIMING, checks: Sequence[Observer] | None = None) -> None:
        self.seed = seed
        self._behaviour: Behaviour = by_command
        world = World(seed)
        super().__init__(SimCluster(world, timing, self._behave))
        self._story = Tail(world)
        for observer in (self._story, *(checkers.general() if checks is None else checks)):
            world.seen.add(observer)
        self._started = False
        self._cuts: list[str] = []
        self._lost: list[str] = []
        self._unrest: list[Unrest] = []

    # What it is made of.

    def agents(
        self,
        count: int,
        *,
        cpus: float = 8,
        mem: str | int = "16GiB",
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
        has = resources(cpus=parse_milli(str(cpus)), mem=memory, ports=USUAL_PORTS)
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
        """`factory` is a scheduler's class, or makes one, from the StateStore if it takes it; each process calls it."""
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
        self._behaviour = behaviour

    # Time.

    def run_for(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        self._run(self._sim.world.now_us + int((hours * 3600 + minutes * 60 + seconds) * SECOND_US))

    def run_until(self, condition: Callable[[], object], *, within_minutes: float = 5) -> None:
        """Until `condition` holds, looking ten times a second; raises NotInTime."""
        until_us = self._sim.world.now_us + int(within_minutes * 60 * SECOND_US)
        while not condition():
            if self._sim.world.now_us >= until_us:
                message = f"not within {within_minutes:g} minutes: {_source(condition)}"
                raise NotInTime(self.seed, "run_until", message, self._story.text(TAIL))
            self._run(min(self._sim.world.now_us + LOOK_US, until_us))

    # What goes wrong.

    def lose(self, *names: str, zone: str = "") -> None:
        """Power off machines, by name or all of a zone, until `restore`."""
        for name in self._machines(names, zone):
            if name not in self._lost:
                self._lost.append(name)
                self._note(f"{name} loses power")
                self._sim.power_off(name)

    def restore(self, *names: str, zone: str = "") -> None:
        """Power them on again: all that were lost where nothing is named."""
        for name in self._machines(names, zone) or list(self._lost):
            if name in self._lost:
                self._lost.remove(name)
                self._note(f"{name} has power again")
                self._sim.power_on(name)

    def partition(self, *names: str, zone: str = "") -> None:
        """No packet passes between the master and these agents or frameworks until `heal`."""
        for name in self._peers(names, zone):
            if name not in self._cuts:
                self._cuts.append(name)
                self._note(f"{name} is cut off from the master")
                self._sim.network.cut(name, self._sim.master.host)
                self._sim.network.cut(self._sim.master.host, name)

    def heal(self) -> None:
        """End all partitions and all faults with what they left; machines that were lost stay so until `restore`."""
        self._note("all is healed")
        for unrest in self._unrest:
            unrest.over = True
        for name in self._cuts:
            self._sim.network.mend(name, self._sim.master.host)
            self._sim.network.mend(self._sim.master.host, name)
        self._cuts.clear()
        self._sim.heal()

    def failover(self, seconds_down: float = 1.0) -> None:
        """The master dies; after so long another comes up on the same store, under a higher epoch."""
        self._sim.master.down_us = int(seconds_down * SECOND_US)
        self._sim.master.crash("kill -9")

    def faults(self, rate: float = 1.0, only: str | Sequence[str] = ()) -> None:
        """From now on everything in the table of faults happens, `rate` times as often as it says there, until `heal`.

        `only` names some kinds of it; raises ValueError on one that is not there.
        """
        kinds = chosen((only,) if isinstance(only, str) else only)
        self._unrest.append(Unrest(self._sim, len(self._unrest), rate, kinds))

    def kill(self, task: str | TaskRecord, exit_code: int = 1) -> None:
        """It ends by itself with this exit code. Raises LookupError where it does not run."""
        record = self._record(task)
        key = self._sim.frameworks[record.framework].driver.framework_id, record.task_id
        self._running(record)
        self._sim.hosts[record.agent].end(key, exit_code)

    def sick(self, task: str | TaskRecord, seconds: float | None = None) -> None:
        """It fails its health checks for so long, or as long as it runs. Raises LookupError where it does not run."""
        running = self._running(self._record(task))
        running.healthy = False
        if seconds is not None:
            self._sim.until(int(seconds * SECOND_US), lambda: setattr(running, "healthy", True))

    # What came of it.

    def story(self, last: int | None = None) -> str:
        """What happened, a line each; the oldest are forgotten after a while."""
        return self._story.text() if last is None else self._story.text(last)

    def check(self) -> None:
        """What must hold once all is healed and had some minutes to settle; raises Broken."""
        self._guard(lambda: [see(self._sim) for see in self._sim.world.seen.at_end])

    def _run(self, until_us: int) -> None:
        if not self._started:
            self._started = True
            self._guard(self._sim.start)
        self._guard(lambda: self._sim.world.run_until(until_us))

    def _guard(self, do: Callable[[], Any]) -> None:
        try:
            do()
        except Violated as violated:
            tail = self._story.text(TAIL)
            cause = next((each.error for each in self._sim.frameworks.values() if each.error is not None), None)
            raise Broken(self.seed, violated.checker, violated.message, tail) from cause

    def _behave(self, task: TaskInfo) -> Run:
        return self._behaviour(task)

    def _note(self, text: str) -> None:
        self._story.note("test", text)

    def _attributes(self, number: int, zones: str | Sequence[str], attributes: Mapping[str, str]) -> dict[str, str]:
        return {"zone": zones[number % len(zones)], **attributes} if zones else dict(attributes)

    def _machines(self, names: Sequence[str], zone: str) -> list[str]:
        """Raises LookupError on a machine or zone that is not there."""
        if unknown := [name for name in names if name not in self._sim.agents]:
            raise LookupError(f"there is no agent {unknown[0]!r}")
        found = [name for name, agent in self._sim.agents.items() if agent.info.attributes.get("zone") == zone]
        if zone and not found:
            raise LookupError(f"no agent is in zone {zone!r}")
        return [*names, *(found if zone else ())]

    def _peers(self, names: Sequence[str], zone: str) -> list[str]:
        frameworks = [name for name in names if name in self._sim.frameworks]
        return [*frameworks, *self._machines([name for name in names if name not in frameworks], zone)]

    def _record(self, task: str | TaskRecord) -> TaskRecord:
        return self.history(task) if isinstance(task, str) else task

    def _running(self, record: TaskRecord) -> Running:
        key = self._sim.frameworks[record.framework].driver.framework_id, TaskId(record.task_id)
        host = self._sim.hosts.get(record.agent)
        if host is None or key not in host.tasks:
            raise LookupError(f"task {record.task_id} does not run")
        return host.tasks[key]


def _source(condition: Callable[[], object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
