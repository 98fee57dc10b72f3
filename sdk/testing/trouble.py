"""What an author has go wrong with a cluster."""

from collections.abc import Sequence
from math import inf

from barter.core.ids import TaskId
from barter.sdk.testing.records import TaskRecord
from barter.sdk.testing.tail import Tail
from barter.sdk.testing.unrest import Unrest, chosen
from barter.sdk.testing.view import View
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.running import Running
from barter.tools.sim.telling import listed
from barter.tools.sim.world import SECOND_US


class Troubled(View):
    """Everything here happens at once, and lasts until something here ends it."""

    def __init__(self, sim: SimCluster) -> None:
        super().__init__(sim)
        self._tail = Tail(sim.world)
        sim.world.seen.add(self._tail)
        self._cuts: list[str] = []
        self._lost: list[str] = []
        self._unrest: list[Unrest] = []

    def lose(self, *names: str, zone: str = "") -> None:
        """Power off machines, by name or all of a zone, until `restore`."""
        named_or_refused("lose", "agent-0", names, zone)
        for name in self._machines(names, zone):
            if name not in self._lost:
                self._lost.append(name)
                self._note(f"{name} loses power")
                self._sim.power_off(name)

    def restore(self, *names: str, zone: str = "") -> None:
        """Power them on again: all that were lost where nothing is named.

        Raises ValueError where a machine was not lost, or none of a zone.
        """
        named = self._machines(names, zone)
        lost = [name for name in named if name in self._lost] if named else list(self._lost)
        if (named and not lost) or any(name not in self._lost for name in names):
            never = next((repr(name) for name in names if name not in self._lost), f"zone {zone!r}")
            raise ValueError(f"{never} was not lost, so there is nothing to restore: lose(...) comes first")
        for name in dict.fromkeys(lost):
            self._lost.remove(name)
            self._note(f"{name} has power again")
            self._sim.power_on(name)

    def partition(self, *names: str, zone: str = "") -> None:
        """No packet passes between the master and these agents or frameworks until `heal`."""
        named_or_refused("partition", "workers", names, zone)
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

        `only` names some kinds of it; raises ValueError on one that is not there, and on a rate that is none.
        """
        if not 0 <= rate < inf:
            raise ValueError(f"rate={rate:g} is not how often: 1 is as often as the table says, 0 never")
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

    def _note(self, text: str) -> None:
        self._tail.note("test", text)

    def _machines(self, names: Sequence[str], zone: str) -> list[str]:
        """Raises LookupError on a machine or zone that is not there."""
        for name in names:
            self._check("", name, "")
        self._check("", "", zone)
        return [*names, *(self._in_zone(zone) if zone else ())]

    def _peers(self, names: Sequence[str], zone: str) -> list[str]:
        frameworks = [name for name in names if name in self._sim.frameworks]
        if unknown := [name for name in names if name not in frameworks and name not in self._sim.agents]:
            known = f"agents {listed(self._sim.agents)}; frameworks {listed(self._sim.frameworks)}"
            raise LookupError(f"there is no agent and no framework {unknown[0]!r}: {known}")
        return [*frameworks, *self._machines([name for name in names if name not in frameworks], zone)]

    def _record(self, task: str | TaskRecord) -> TaskRecord:
        return self.history(task) if isinstance(task, str) else task

    def _running(self, record: TaskRecord) -> Running:
        key = self._sim.frameworks[record.framework].driver.framework_id, TaskId(record.task_id)
        host = self._sim.hosts.get(record.agent)
        if host is None or key not in host.tasks:
            raise LookupError(f"task {record.task_id} does not run")
        return host.tasks[key]


def named_or_refused(call: str, example: str, names: Sequence[str], zone: str) -> None:
    """Raises ValueError where nothing is."""
    if not names and not zone:
        raise ValueError(f"{call}() names nothing: say whom, as in {call}({example!r}) or {call}(zone='b')")
