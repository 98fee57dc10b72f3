"""A drained agent is offered to nobody, and its tasks may stay until they are replaced, or until the deadline."""

from collections.abc import Sequence
from typing import Any

from barter.agent.facts import TaskKey
from barter.core.ids import AgentId
from barter.core.maintenance import Maintenance, Mode
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import Fact
from barter.master.messages import InverseOffers, Kill, Offers
from barter.sdk import calls
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.maintained import Maintained
from barter.tools.sim.faults.model import Fault
from barter.tools.sim.faults.network import cut_together
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

EVERY_US, REST_US = 10_000_000, 150_000_000
FAR_REACHING = ("switch",)


class Drain(Checker):
    """By what masters made durable of agents' maintenance, over all their lives:

    - Nothing is offered of an agent that is draining, drained or deactivated; offers of one that is announced say so.
    - A kill for a drain is of a task that a process of its framework has released, or comes after the deadline.
    - Who has tasks on an agent to be given up is told so on its session within 20 s, each but those being killed,
      also where their agent is out of reach meanwhile.
    - 150 s after the deadline, where nothing went wrong with agent or master since, nothing runs there in truth. While
      some of it runs the agent is not said to be drained.
    """

    name = "drain"

    def __init__(self) -> None:
        super().__init__()
        self._maintained = Maintained()
        self._may_end: set[TaskKey] = set()
        self._told: dict[tuple[int, AgentId], set[str]] = {}
        self._untold: dict[tuple[int, TaskKey], None] = {}
        self._ending: set[TaskKey] = set()
        self._noisy_until_us: dict[str, int] = {}
        self._look_us = 0

    def fault(self, fault: Fault) -> None:
        now_us = self.cluster.world.now_us
        agents = list(self.cluster.agents)
        for name in agents if fault.kind in FAR_REACHING else (fault.target, *cut_together(agents, fault)):
            self._noisy_until_us[name] = max(self._noisy_until_us.get(name, 0), now_us + fault.us + REST_US)

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._maintained.started()
            self._told.clear()
            self._untold.clear()
        self._noisy_until_us[process.name] = max(
            self._noisy_until_us.get(process.name, 0), process.world.now_us + REST_US
        )

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        if isinstance(call, calls.Release):
            self._may_end |= {(framework.driver.framework_id, task_id) for task_id in call.task_ids}

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        self._maintained.committed(facts)

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for maintenance in self._maintained.stepped(actions):
            if maintenance.mode is Mode.DRAINED:
                self._judge_drained(master, maintenance)
        maintained = self._maintained.now
        if not maintained:
            return
        self._note_late(master)
        for action in actions:
            match action:
                case act.SendToFramework(message=Offers(offers)):
                    for offer in offers:
                        if (known := maintained.get(offer.agent_id)) is not None:
                            self._judge_offer(offer.offer_id, offer.unavailable_from_ms, known)
                case act.SendToFramework(session, message=InverseOffers(inverse_offers)):
                    for inverse in inverse_offers:
                        self._told[session, inverse.agent_id] = set(inverse.tasks)
                case act.SendToAgent(agent_id=agent_id, message=Kill(cause=Reason.AGENT_DRAINING) as kill):
                    self._judge_kill(master, agent_id, kill)
                case _:
                    pass
        if master.world.now_us >= self._look_us:
            self._look_us = master.world.now_us + EVERY_US
            for maintenance in maintained.values():
                if maintenance.start_ms:
                    self._look(master, maintenance)

    def _note_late(self, master: SimMaster) -> None:
        """What is killed at the deadline while its agent is away is killed when that is back, and active again."""
        now = master.clock.now()
        for maintenance in self._maintained.now.values():
            agent = master.machine.cluster.agents.get(maintenance.agent_id)
            if agent is not None and agent.unreachable and maintenance.start_ms and now >= maintenance.deadline_ms:
                self._may_end |= agent.tasks.keys()

    def _judge_offer(self, offer_id: str, says_ms: int, maintenance: Maintenance) -> None:
        if maintenance.mode is not Mode.ACTIVE:
            self.fail(f"{offer_id} is of {maintenance.agent_id}, which is {maintenance.mode}")
        if says_ms != maintenance.start_ms:
            self.fail(f"{offer_id} says {says_ms} of {maintenance.agent_id}, which goes at {maintenance.start_ms}")

    def _judge_kill(self, master: SimMaster, agent_id: AgentId, kill: Kill) -> None:
        key = (kill.framework_id, kill.task_id)
        maintenance = self._maintained.now.get(agent_id)
        if maintenance is not None and maintenance.start_ms and master.clock.now() >= maintenance.deadline_ms:
            self._may_end.add(key)
        if key not in self._may_end:
            what = f"agent {agent_id} is to kill task {key[1]} of {key[0]} for its drain"
            until = f"stays until {maintenance.deadline_ms}" if maintenance else "is not drained"
            self.fail(f"{what}, which nobody released; now is {master.clock.now()}, and the agent {until}")

    def _judge_drained(self, master: SimMaster, maintenance: Maintenance) -> None:
        agent = self._on(maintenance.agent_id)
        for framework_id, task_id in self.cluster.hosts[agent.name].tasks if agent is not None else ():
            if framework_id in master.machine.cluster.frameworks:
                self.fail(f"{maintenance.agent_id} is said to be drained, and runs {task_id} of {framework_id}")

    def _look(self, master: SimMaster, maintenance: Maintenance) -> None:
        self._look_for_untold(master, maintenance)
        agent, now_us = self._on(maintenance.agent_id), master.world.now_us
        late_ms = master.world.now_ms - maintenance.deadline_ms
        if agent is None or maintenance.mode is Mode.DEACTIVATED or late_ms * 1000 < REST_US:
            return
        if any(self._noisy_until_us.get(name, 0) > now_us for name in (agent.name, master.name)):
            return
        for framework_id, task_id in self.cluster.hosts[agent.name].tasks:
            if framework_id in master.machine.cluster.frameworks:
                late = f"{late_ms} ms after its drain's deadline"
                self.fail(f"task {task_id} of {framework_id} runs on {maintenance.agent_id} {late}")

    def _look_for_untold(self, master: SimMaster, maintenance: Maintenance) -> None:
        books = master.machine.cluster
        agent, before = books.agents.get(maintenance.agent_id), self._untold
        for key, task in agent.tasks.items() if agent is not None and maintenance.mode is not Mode.DEACTIVATED else ():
            framework = books.frameworks.get(key[0])
            ending = task.kill is not None or task.status.state is TaskState.KILLING
            if ending:
                self._ending.add(key)
            if framework is None or not framework.connected or key in self._ending:
                continue
            if key[1] in self._told.get((framework.session, maintenance.agent_id), ()):
                before.pop((framework.session, key), None)
            elif (framework.session, key) in before:
                who = f"{framework.info.name} ({framework.framework_id})"
                self.fail(f"{who} was not told that {maintenance.agent_id} is to be given up, where {key[1]} runs")
            else:
                before[framework.session, key] = None

    def _on(self, agent_id: AgentId) -> SimAgent | None:
        return next((agent for agent in self.cluster.agents.values() if agent.info.agent_id == agent_id), None)
