"""When nothing goes wrong any more, all comes to rest as it was wanted."""

from collections.abc import Sequence
from typing import Any

from barter.agent.facts import Admitted, Fact, TaskKey, Told
from barter.core.cluster import Demand
from barter.core.task_state import TaskState
from barter.master import actions as act
from barter.master import events as ev
from barter.master.state import Agent, Framework
from barter.sdk.calls import Call, Kill
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.declined import Declined
from barter.tools.sim.checkers.feasible import fitting, is_worth_offering, open_tasks, taker_of
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

REST_US, LONG_US = 30_000_000, 180_000_000
BEGINNING = (TaskState.STAGING, TaskState.STARTING)


class Convergence(Checker):
    """At the end, of what was left alone for the last 30 s:

    - Every process is up, but for frameworks that have finished by themselves. Every agent is active at the master and
      has an executor, every framework is connected, and the master is settled.
    - No task is out of reach, but those of agents that left for good and whose goodbye was lost.
    - No task has been staged or starting at its agent for 3 minutes.
    - A task that its framework's living process asked to have killed, or that its agent records as being killed, has
      ended once its grace has passed.
    - No demand of a connected, unsuppressed framework waits that fits on some active agent, by `feasible`, which the
      framework has not refused, by `declined`. What open offers hold counts as placed, and is not free.
    - What is free on an active agent, and worth an offer, is offered where some framework takes classic offers there,
      is not suppressed, and has not refused the agent.
    """

    name = "convergence"

    def __init__(self, declined: Declined) -> None:
        super().__init__()
        self._since_us: dict[str, int] = {}
        self._asked_us: dict[TaskKey, tuple[int, str, int]] = {}
        self._killing_us: dict[TaskKey, int] = {}
        self._admitted_us: dict[TaskKey, int] = {}
        self._declined = declined

    def process_started(self, process: Process[Any, Any]) -> None:
        self._since_us[process.name] = process.world.now_us
        if isinstance(process, SimMaster):
            self._declined.clear()

    def process_ended(self, process: Process[Any, Any], reason: str) -> None:
        self._since_us[process.name] = process.world.now_us

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._declined.note(master, events, actions)

    def asked(self, framework: SimFramework, call: Call) -> None:
        if isinstance(call, Kill) and call.task_id in framework.driver.session.tasks:
            key = (framework.driver.framework_id, call.task_id)
            self._asked_us.setdefault(key, (framework.world.now_us, framework.name, framework.life))

    def agent_committed(self, agent: SimAgent, facts: Sequence[Fact]) -> None:
        for fact in facts:
            match fact:
                case Admitted(framework_id, task):
                    self._admitted_us[framework_id, task.task_id] = agent.world.now_us
                case Told(framework_id, status) if status.state is TaskState.KILLING:
                    self._killing_us.setdefault((framework_id, status.task_id), agent.world.now_us)
                case _:
                    pass

    def at_end(self, cluster: SimCluster) -> None:
        self._processes(cluster)
        self._tasks(cluster)
        books = cluster.master.machine.cluster
        for framework in books.frameworks.values():
            if framework.connected:
                for demand in framework.demands.values():
                    self._demand(cluster, framework, demand)
        for agent in books.agents.values():
            if agent.active:
                self._offered(cluster, agent)

    def _left_alone(self, process: Process[Any, Any]) -> bool:
        return self._since_us.get(process.name, 0) <= process.world.now_us - REST_US

    def _processes(self, cluster: SimCluster) -> None:
        processes: list[Process[Any, Any]] = [cluster.master, *cluster.agents.values(), *cluster.frameworks.values()]
        for process in processes:
            finished = isinstance(process, SimFramework) and process.code == 0 and not process.stopped_for_failover
            if self._left_alone(process) and not process.up and not finished:
                self.fail(f"{process.name} is down since {self._since_us.get(process.name, 0) / 1e6:.3f} s")
        books = cluster.master.machine.cluster
        if self._left_alone(cluster.master) and not books.settled:
            waiting = ", ".join(sorted([*books.expected_agents, *books.expected_frameworks]))
            self.fail(f"the master of epoch {books.epoch} is not settled, it waits for {waiting}")
        for agent in cluster.agents.values():
            if agent.up and self._left_alone(agent):
                self._agent(agent, books.agents.get(agent.info.agent_id))
        for framework in cluster.frameworks.values():
            if framework.up and self._left_alone(framework):
                known = books.frameworks.get(framework.driver.framework_id)
                if not framework.driver.session.connected or known is None or not known.connected:
                    self.fail(f"{framework.name} ({framework.driver.framework_id or 'no id'}) is not connected")

    def _agent(self, agent: SimAgent, known: Agent | None) -> None:
        if known is None or not known.active:
            state = "unknown" if known is None else "unreachable" if known.unreachable else "disconnected"
            self.fail(f"{agent.name} ({agent.info.agent_id}) is {state} at the master")
        if not agent.machine.executor.connected:
            self.fail(f"{agent.name} has no executor")

    def _tasks(self, cluster: SimCluster) -> None:
        now_us, world_agents = cluster.world.now_us, {each.info.agent_id: each for each in cluster.agents.values()}
        for agent in cluster.master.machine.cluster.agents.values():
            for key, task in agent.tasks.items() if agent.info.agent_id in world_agents else ():
                if task.status.state is TaskState.UNREACHABLE:
                    self.fail(f"task {key[1]} of {key[0]} is out of reach on {agent.info.agent_id}, which is here")
        for sim_agent in cluster.agents.values():
            for entry in sim_agent.machine.book.entries():
                since_us = self._admitted_us.get(entry.key, 0)
                if entry.status.state in BEGINNING and since_us < now_us - LONG_US:
                    what = f"task {entry.key[1]} of {entry.key[0]} on {sim_agent.name} is {entry.status.state}"
                    self.fail(f"{what}, and was admitted at {since_us / 1e6:.3f} s")
        for host in cluster.hosts.values():
            for key, running in host.tasks.items():
                self._killed(cluster, key, f"on {host.name}", now_us - REST_US - running.task.kill_grace_ms * 1000)

    def _killed(self, cluster: SimCluster, key: TaskKey, where: str, long_ago: int) -> None:
        what = f"task {key[1]} of {key[0]} runs {where}"
        if self._killing_us.get(key, long_ago) < long_ago:
            self.fail(f"{what}, and its agent has been killing it since {self._killing_us[key] / 1e6:.3f} s")
        if key in self._asked_us:
            us, name, life = self._asked_us[key]
            if us < long_ago and cluster.frameworks[name].life == life:
                self.fail(f"{what}, and {name} asked to have it killed at {us / 1e6:.3f} s")

    def _demand(self, cluster: SimCluster, framework: Framework, demand: Demand) -> None:
        waiting = demand.count - open_tasks(framework, demand)
        if waiting <= 0 or demand.role not in framework.info.roles or demand.role in framework.suppressed:
            return
        now = cluster.master.clock.now() - 1
        for agent in fitting(cluster.master.machine.cluster, framework, demand):
            if not self._declined.holds(framework.framework_id, agent.info.agent_id, now):
                what = (
                    f"{waiting} of demand {demand.demand_id} of {framework.info.name} ({framework.framework_id}) wait"
                )
                self.fail(f"{what}, and fit on {agent.info.agent_id}, where {agent.free} are free")

    def _offered(self, cluster: SimCluster, agent: Agent) -> None:
        wishes = {each.driver.framework_id: each.driver.suppressed_us for each in cluster.frameworks.values()}
        taker = taker_of(cluster.master, agent, self._declined, lambda known: wishes.get(known.framework_id, ()))
        if taker is not None and is_worth_offering(agent.free):
            what = f"{agent.free} are free on {agent.info.agent_id} and offered to nobody"
            self.fail(f"{what}: {taker.info.name} ({taker.framework_id}) takes offers and refused none")
