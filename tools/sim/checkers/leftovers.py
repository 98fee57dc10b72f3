"""What has ended leaves nothing behind on its machine."""

from collections import Counter

from barter.agent.book import Entry
from barter.agent.facts import TaskKey
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.host import Host

LONG_US = 120_000_000


class Leftovers(Checker):
    """At the end, of tasks that ended two minutes ago or longer:

    - No container of theirs and no entry in the keeper's notes is left on the machine.
    - No agent's ledger has them, unless their framework is away, and so acknowledges nothing.

    And no executor holds more tasks than its agent answers for, but for those that ended since.
    """

    name = "leftovers"

    def __init__(self) -> None:
        super().__init__()
        self._ended_us: dict[TaskKey, int] = {}
        self._where: dict[TaskKey, str] = {}

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        self._ended_us[key], self._where[key] = self.cluster.world.now_us, host.name

    def at_end(self, cluster: SimCluster) -> None:
        for host in cluster.hosts.values():
            for held in host.engine.containers.values() if host.engine is not None else ():
                self._gone(host, held.order.key, "its container")
            for kept in host.keeper.notes.entries():
                self._gone(host, kept.order.key, "its entry in the keeper's notes")
        lately = Counter(self._where[key] for key in self._ended_us if not self._long_over(key))
        for agent in cluster.agents.values():
            if agent.up:
                self._ledger(agent)
                self._executor(agent, lately[agent.name])

    def _long_over(self, key: TaskKey) -> bool:
        return self._ended_us.get(key, 0) < self.cluster.world.now_us - LONG_US

    def _gone(self, host: Host, key: TaskKey, what: str) -> None:
        if key not in host.tasks and self._long_over(key):
            self.fail(f"{what} is still on {host.name}: {self._named(key)}")

    def _ledger(self, agent: SimAgent) -> None:
        books, long_ago = self.cluster.master.machine.cluster, agent.clock.now() - LONG_US // 1000
        for entry in agent.machine.book.entries():
            framework = books.frameworks.get(entry.framework_id)
            away = framework is not None and not framework.connected
            if not entry.live and not away and entry.status.timestamp_ms < long_ago:
                self.fail(f"{agent.name} still has {self._named(entry.key)}: {_waits(entry)}")

    def _executor(self, agent: SimAgent, lately: int) -> None:
        executor, answers_for = agent.executor, sum(1 for _ in agent.machine.book.entries())
        if executor is not None and executor.machine.held > answers_for + lately:
            told = f"{agent.name} answers for {answers_for}, and {lately} ended lately"
            self.fail(f"{executor.identity} holds {executor.machine.held} tasks: {told}")

    def _named(self, key: TaskKey) -> str:
        ended_us = self._ended_us.get(key)
        when = "never ran" if ended_us is None else f"ended at {ended_us / 1e6:.3f} s"
        return f"task {key[1]} of {key[0]} {when}"


def _waits(entry: Entry) -> str:
    return f"{len(entry.pending)} updates wait for their acknowledgement" if entry.pending else "nothing waits"
