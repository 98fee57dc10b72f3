"""What agents tell of a task's end is what happened, and when."""

from collections.abc import Sequence

from barter.agent.facts import Fact, TaskKey, Told
from barter.core.task_state import TERMINAL
from barter.core.tasks import Source, TaskInfo, TaskStatus
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.engine import UNKNOWN
from barter.tools.sim.faults.model import Fault
from barter.tools.sim.host import Host

BLINDING = frozenset(
    ("machine-crash", "keeper-crash", "keeper-notes", "all-crash", "engine-dies", "engine-dies-amid", "engine-late")
)
SLACK_MS = 1_000


class TrueEnds(Checker):
    """An agent's durable record of the end of a task that ran, where its executor told it:

    - An exit code is the true one, and then the time is the true one too, to a second: whoever was down meanwhile.
    - There is one, unless somebody who alone could know it was killed, or the machine lost power, since its start: the
      keeper of process tasks, or the engine, which may know no more than that it has ended.
    """

    name = "true_ends"

    def __init__(self) -> None:
        super().__init__()
        self._started_us: dict[TaskKey, int] = {}
        self._ended: dict[TaskKey, tuple[int, int]] = {}
        self._blind_us: dict[str, int] = {}

    def fault(self, fault: Fault) -> None:
        if fault.kind in BLINDING:
            self._blind_us[fault.target] = max(fault.at_us + fault.us, self._blind_us.get(fault.target, 0))

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        self._started_us[key] = host.world.now_us

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        self._ended[key] = exit_code, host.world.now_ms

    def agent_committed(self, agent: SimAgent, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, Told) and fact.status.state in TERMINAL and fact.status.source is Source.EXECUTOR:
                self._judge(agent, (fact.framework_id, fact.status.task_id), fact.status)

    def _judge(self, agent: SimAgent, key: TaskKey, status: TaskStatus) -> None:
        truth = self._ended.get(key)
        what = f"{agent.name} records {status.state} of task {key[1]} of {key[0]}"
        if truth is None:
            if key in self._started_us:
                self.fail(f"{what} ({status.reason} {status.message}), and it runs")
            return
        code, at_ms = truth
        host = self.cluster.hosts[agent.host]
        blind = max(self._blind_us.get(agent.host, -1), host.lost_power_us) >= self._started_us[key]
        if status.exit_code is None or (status.exit_code == UNKNOWN and code != UNKNOWN):
            if not blind:
                self.fail(f"{what} with exit code {status.exit_code} ({status.reason} {status.message}): it was {code}")
            return
        if status.exit_code != code:
            self.fail(f"{what} with exit code {status.exit_code}: it was {code}")
        if abs(status.timestamp_ms - at_ms) > SLACK_MS:
            self.fail(f"{what} at {status.timestamp_ms}: that was at {at_ms}")
