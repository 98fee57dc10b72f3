"""Hand-made observations for a checker: production objects that nothing drives but the test."""

from collections.abc import Callable, Sequence

import pytest

from barter.agent import actions as agent_act
from barter.agent import events as agent_ev
from barter.agent.facts import Admitted, Fact, TaskKey, Told
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import Resources, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Source, TaskInfo, TaskStatus
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.sdk.callbacks import StatusUpdate
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.observe import Violated
from tests.master.world import World as MasterWorld
from tests.sim.small import KeeperProgram, cluster_of

NEED = resources(cpus=500, mem=128 * MIB)
F = FrameworkId("abc123-1-0001")


class Stage:
    """A checker before a master's production core, two agents and a framework `keeper`; none runs by itself."""

    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.cluster = cluster_of(2)
        self.agent, self.other = self.cluster.agents.values()
        for agent in (self.agent, self.other):
            agent.make()
        self.framework = self.cluster.add_framework("keeper", KeeperProgram(framework_id=F))
        self.framework.make()
        self.masters = MasterWorld()
        self.cluster.master.machine = self.masters.master
        self.cluster.master.up = True
        checker.begin(self.cluster)
        checker.process_started(self.cluster.master)

    def master(self, *events: ev.Event | Tick) -> list[act.Action]:
        """The core's own actions, seen by the checker."""
        actions = self.masters.do(*events)
        self.see([event for event in events if not isinstance(event, Tick)], actions)
        return actions

    def see(self, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self.checker.master_stepped(self.cluster.master, list(events), actions)

    def orders(self, *events: agent_ev.Event, does: Sequence[agent_act.Action] = ()) -> None:
        self.checker.agent_stepped(self.agent, events, does)

    def writes(self, *facts: Fact, agent: SimAgent | None = None) -> None:
        self.checker.agent_committed(agent or self.agent, facts)

    def told(self, status: TaskStatus, framework: SimFramework | None = None) -> None:
        self.checker.called(framework or self.framework, StatusUpdate(status))


def task(name: str, need: Resources = NEED) -> TaskInfo:
    return TaskInfo(TaskId(name), name, need, Command("sleep infinity"))


def key(name: str) -> TaskKey:
    return F, TaskId(name)


def said(name: str, state: TaskState, number: int = 0, source: Source = Source.AGENT) -> TaskStatus:
    uuid = f"{name}:{number}" if number else ""
    return TaskStatus(TaskId(name), state, source, 0, uuid, agent_id=AgentId("agent-0.1"))


def admitted(name: str) -> Admitted:
    return Admitted(F, task(name), said(name, TaskState.STAGING), "executor", 0)


def next_told(name: str, state: TaskState, number: int) -> Told:
    return Told(F, said(name, state, number))


def violates(what: str, do: Callable[[], object]) -> None:
    """`do` is refused, in words that hold `what`."""
    with pytest.raises(Violated) as refused:
        do()
    assert what in refused.value.message
