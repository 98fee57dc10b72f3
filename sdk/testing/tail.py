"""The last of what happened as far as frameworks and machines are concerned: what an author reads when a test fails."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from barter.agent.facts import TaskKey
from barter.core.tasks import TaskInfo
from barter.sdk.callbacks import Callback
from barter.sdk.calls import Acknowledge, Call
from barter.tools.sim import telling
from barter.tools.sim.faults.model import Fault
from barter.tools.sim.folding import Folding
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.host import Host
from barter.tools.sim.observe import Observer
from barter.tools.sim.process import Process
from barter.tools.sim.world import World

KEPT, TAIL = 20_000, 40


class Kept(NamedTuple):
    at_us: int
    who: str
    thing: Callback | Call | None
    say: Callable[[], str]


class Tail(Observer):
    """Keeps the last `KEPT` things as they are; they become words when somebody asks, which is seldom."""

    name = "tail"

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: deque[Kept] = deque(maxlen=KEPT)

    def text(self, last: int = KEPT) -> str:
        """A line for each thing: seconds since the beginning, who, what; what repeats too often is folded."""
        lines: list[tuple[int, str, Callable[[], str]]] = []
        folding = Folding(lambda *line: lines.append(line))
        for at_us, who, thing, say in self._kept:
            kind = "" if thing is None else folding.kind_of(who, thing)
            folding.tell(at_us, who, kind, say)
        folding.close()
        return "\n".join(f"{at_us / 1e6:12.6f} {who:<18} {say()}" for at_us, who, say in lines[-last:])

    def note(self, who: str, what: str) -> None:
        self._keep(who, partial(str, what))

    def process_started(self, process: Process[Any, Any]) -> None:
        self.note(process.name, "starts")

    def process_ended(self, process: Process[Any, Any], reason: str) -> None:
        self.note(process.name, f"ends: {reason}")

    def fault(self, fault: Fault) -> None:
        self._keep("fault", partial(str, fault))

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        self._keep(host.name, lambda: f"task {key[1]} runs")

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        self._keep(host.name, lambda: f"task {key[1]} ends with {exit_code}")

    def called(self, framework: SimFramework, callback: Callback) -> None:
        self._keep(framework.name, lambda: f"is told {telling.callback(callback)}", callback)

    def asked(self, framework: SimFramework, call: Call) -> None:
        if not isinstance(call, Acknowledge):
            self._keep(framework.name, partial(telling.call, call), call)

    def _keep(self, who: str, say: Callable[[], str], thing: Callback | Call | None = None) -> None:
        self._kept.append(Kept(self._world.now_us, who, thing, say))
