"""Nothing runs that nobody knows, and nothing is believed to run that does not."""

from collections.abc import Sequence

from barter.agent.facts import TaskKey
from barter.core.ids import AgentId, FrameworkId
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo
from barter.master.facts import Fact, FrameworkRemoved
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.host import Host
from barter.tools.sim.master import SimMaster

RECENT_US = 30_000_000
RUNS = (TaskState.RUNNING, TaskState.KILLING)
AWAY = (TaskState.UNREACHABLE, TaskState.UNKNOWN)


class Orphans(Checker):
    """At the end, of all that has not begun or ended in the last 30 s:

    - What runs in truth is live in its agent's ledger, is in the master's books as that agent's and not as out of
      reach, and the session of its framework's living process believes it alive and in reach.
    - Tasks of a framework that a master has removed durably run no more.
    - What an agent, the master (of agents that live) or a framework's session has as running or being killed, runs.

    An agent that left for good and whose goodbye was lost stays in the books; what they have of it is not judged here.
    A framework id that no living process has is judged without a session: its failover timeout may be long.
    """

    name = "orphans"

    def __init__(self) -> None:
        super().__init__()
        self._started_us: dict[TaskKey, int] = {}
        self._ended_us: dict[TaskKey, int] = {}
        self._removed_us: dict[FrameworkId, int] = {}

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        self._started_us[key] = self.cluster.world.now_us

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        self._ended_us[key] = self.cluster.world.now_us

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, FrameworkRemoved):
                self._removed_us[fact.framework_id] = self.cluster.world.now_us

    def at_end(self, cluster: SimCluster) -> None:
        long_ago = cluster.world.now_us - RECENT_US
        processes = {each.driver.framework_id: each for each in cluster.frameworks.values() if each.up}
        for host in cluster.hosts.values():
            for key in host.tasks:
                if self._started_us[key] < long_ago:
                    self._known(cluster, host, key, processes.get(key[0]), long_ago)
        truth = {key for host in cluster.hosts.values() for key in host.tasks}
        truth |= {key for key, us in self._ended_us.items() if us >= long_ago}
        for agent in cluster.agents.values():
            self._believed(agent, truth)
        for framework_id, process in processes.items():
            for task_id, state in process.driver.session.tasks.items():
                if state in RUNS and (framework_id, task_id) not in truth:
                    self.fail(
                        f"{process.name} believes that task {task_id} of {framework_id} is {state}: it does not run"
                    )

    def _known(
        self, cluster: SimCluster, host: Host, key: TaskKey, process: SimFramework | None, long_ago: int
    ) -> None:
        framework_id, task_id = key
        agent = cluster.agents[host.name]
        what = f"task {task_id} of {framework_id} runs on {host.name}"
        if self._removed_us.get(framework_id, long_ago) < long_ago:
            self.fail(f"{what}, and its framework was removed at {self._removed_us[framework_id] / 1e6:.3f} s")
        if framework_id in self._removed_us:
            return
        entry = agent.machine.book.find(framework_id, task_id)
        if entry is None or not entry.live:
            self.fail(f"{what}: the agent's ledger has it as {entry.status.state if entry else 'unknown'}")
        framework = cluster.master.machine.cluster.frameworks.get(framework_id)
        task = framework.tasks.get(task_id) if framework is not None else None
        if task is None:
            self.fail(f"{what}: the master has no such live task")
        if task.agent_id != agent.info.agent_id or task.status.state in AWAY:
            self.fail(f"{what}: the master has it as {task.status.state} on agent {task.agent_id}")
        if process is not None:
            believed = process.driver.session.tasks.get(task_id)
            if believed is None or believed in AWAY:
                self.fail(f"{what}: the session of {process.name} has it as {believed or 'ended or unknown'}")

    def _believed(self, agent: SimAgent, truth: set[TaskKey]) -> None:
        for entry in agent.machine.book.entries():
            if entry.status.state in RUNS and entry.key not in truth:
                what = f"task {entry.key[1]} of {entry.key[0]} is {entry.status.state}"
                self.fail(f"{agent.name} believes that {what}: it does not run")
        known = self.cluster.master.machine.cluster.agents.get(AgentId(agent.info.agent_id))
        for key, task in known.tasks.items() if known is not None else ():
            if task.status.state in RUNS and key not in truth:
                what = f"task {key[1]} of {key[0]} is {task.status.state} on {agent.name}"
                self.fail(f"the master believes that {what}: it does not run")
