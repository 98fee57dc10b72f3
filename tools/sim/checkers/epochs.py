"""Orders of a deposed master have no effect."""

from collections.abc import Iterable, Sequence
from typing import Any

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.facts import Acked, Admitted, EpochRaised, Fact, Forgotten, FrameworkRemoved, TaskKey, Told
from barter.core.ids import FrameworkId
from barter.core.task_state import TaskState
from barter.core.tasks import Source
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.process import Process

OTHERS = ev.ExecutorHello | ev.ExecutorReports | ev.LaunchFailed | ev.Leave


class Epochs(Checker):
    """The epoch an agent has durably only grows, over all its starts. In each batch, an order of a lower epoch than one
    that is durable or came before it brings about nothing:

    - RunTasks: none of its tasks is admitted or launched, unless an order of a valid epoch in the batch names it too;
    - KillTask: the task is neither told as killing or killed by the agent nor killed at the executor, unless a valid
      kill of the batch, or anything of the executor's or the operator's in it, may be the cause;
    - KillFramework: the framework is not noted as removed; Acknowledged: none of its updates is let go.
    """

    name = "epochs"

    def __init__(self) -> None:
        super().__init__()
        self._durable: dict[str, int] = {}

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimAgent):
            known, epoch = self._durable.get(process.name, 0), process.machine.book.epoch
            if epoch < known:
                self.fail(f"{process.name} starts with epoch {epoch}, and had {known} durably")

    def agent_committed(self, agent: SimAgent, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, EpochRaised):
                if fact.epoch <= self._durable.get(agent.name, 0):
                    self.fail(f"{agent.name} writes epoch {fact.epoch} after {self._durable[agent.name]}")
                self._durable[agent.name] = fact.epoch

    def agent_stepped(self, agent: SimAgent, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        epoch = self._durable.get(agent.name, 0)
        stale: list[ev.Order] = []
        valid: list[ev.Order] = []
        for event in events:
            if isinstance(event, ev.Order):
                (stale if event.epoch < epoch else valid).append(event)
                epoch = max(epoch, event.epoch)
        if stale:
            effects = _Effects(actions)
            for order in stale:
                self._judge(agent, order, epoch, effects, _Causes(valid, events))

    def _judge(self, agent: SimAgent, order: ev.Order, epoch: int, effects: "_Effects", causes: "_Causes") -> None:
        where = f"{agent.name}, which has seen epoch {epoch}, obeys {type(order).__name__} of epoch {order.epoch}"
        match order:
            case ev.RunTasks(framework_id=framework_id, tasks=tasks):
                for task in tasks:
                    key = (framework_id, task.task_id)
                    if (key in effects.admitted or key in effects.launched) and key not in causes.run:
                        self.fail(f"{where}: task {key[1]} of {key[0]}")
            case ev.KillTask(framework_id=framework_id, task_id=task_id):
                key = (framework_id, task_id)
                if key in effects.killed and not causes.others and not causes.kills(key):
                    self.fail(f"{where}: task {key[1]} of {key[0]}")
            case ev.KillFramework(framework_id=framework_id):
                if framework_id in effects.removed and framework_id not in causes.removed:
                    self.fail(f"{where}: {framework_id}")
            case ev.Acknowledged(acks=acks):
                for owner, task_id, uuid in acks:
                    if (owner, task_id) in effects.let_go and (owner, task_id) not in causes.acknowledged:
                        self.fail(f"{where}: {uuid} of {owner}")
            case _:
                pass


class _Effects:
    """What a batch of actions does, by task."""

    def __init__(self, actions: Iterable[act.Action]) -> None:
        self.admitted: set[TaskKey] = set()
        self.launched: set[TaskKey] = set()
        self.killed: set[TaskKey] = set()
        self.let_go: set[TaskKey] = set()
        self.removed: set[FrameworkId] = set()
        for action in actions:
            match action:
                case act.Record(facts):
                    for fact in facts:
                        self._note(fact)
                case act.LaunchTasks(tasks):
                    self.launched |= {(framework_id, task.task_id) for framework_id, task in tasks}
                case act.KillAtExecutor(framework_id, task_id):
                    self.killed.add((framework_id, task_id))
                case _:
                    pass

    def _note(self, fact: Fact) -> None:
        match fact:
            case Admitted(framework_id, task):
                self.admitted.add((framework_id, task.task_id))
            case Told(framework_id, status) if status.source is Source.AGENT:
                if status.state in (TaskState.KILLING, TaskState.KILLED):
                    self.killed.add((framework_id, status.task_id))
            case Acked(framework_id, task_id) | Forgotten(framework_id, task_id):
                self.let_go.add((framework_id, task_id))
            case FrameworkRemoved(framework_id):
                self.removed.add(framework_id)
            case _:
                pass


class _Causes:
    """What else in a batch may have had the same effects."""

    def __init__(self, valid: Iterable[ev.Order], events: Iterable[ev.Event]) -> None:
        self.others = any(isinstance(event, OTHERS) for event in events)
        self.run: set[TaskKey] = set()
        self.acknowledged: set[TaskKey] = set()
        self.removed: set[FrameworkId] = set()
        self._killed: set[TaskKey] = set()
        for order in valid:
            match order:
                case ev.RunTasks(framework_id=framework_id, tasks=tasks):
                    self.run |= {(framework_id, task.task_id) for task in tasks}
                case ev.KillTask(framework_id=framework_id, task_id=task_id):
                    self._killed.add((framework_id, task_id))
                case ev.KillFramework(framework_id=framework_id):
                    self.removed.add(framework_id)
                case ev.Acknowledged(acks=acks):
                    self.acknowledged |= {(framework_id, task_id) for framework_id, task_id, _ in acks}
                case _:
                    pass

    def kills(self, key: TaskKey) -> bool:
        return key in self._killed or key[0] in self.removed
