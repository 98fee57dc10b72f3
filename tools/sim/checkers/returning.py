"""Tasks that come back are dealt with as their framework wants."""

from collections.abc import Sequence
from typing import Any

from barter.agent.facts import TaskKey
from barter.core.cluster import ReturningTasks
from barter.core.task_state import TERMINAL, TaskState
from barter.core.tasks import Reason
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Kill, Registered, Update
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

TAKES_BACK = (ReturningTasks.KEEP, ReturningTasks.DECIDE)
AWAY, GONE = "out of reach", "gone"


class Returning(Checker):
    """What a living master has told of a task, when the agent of it registers and lists it as live:

    - Told gone with its agent, it is killed, unless its framework takes such tasks back; then it is not, and is told
      as live in that step.
    - Told out of reach, it is killed for a framework that wants no such tasks, and for no other (but by its own wish).
    - To a framework that decides both are told as RETURNED_LATE.

    Of a task that is to end for another reason nothing is asked.
    """

    name = "returning"

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[TaskKey, str] = {}
        self._asked: set[TaskKey] = set()

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._told.clear()
            self._asked.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        books = master.machine.cluster
        for event in events:
            if isinstance(event, ev.KillTask) and (framework_id := books.sessions.get(event.session)) is not None:
                self._asked.add((framework_id, event.task_id))
        for event in events:
            if isinstance(event, ev.AgentRegister) and _taken(event, actions):
                self._returned(master, event, actions)
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Update):
                for status in action.message.statuses:
                    self._note((action.framework_id, status.task_id), status.state, status.reason)

    def _note(self, key: TaskKey, state: TaskState, reason: Reason) -> None:
        if reason is Reason.AGENT_REMOVED:
            self._told[key] = GONE
        elif state is TaskState.UNREACHABLE and reason is Reason.AGENT_UNREACHABLE:
            self._told[key] = AWAY
        else:
            self._told.pop(key, None)

    def _returned(self, master: SimMaster, event: ev.AgentRegister, actions: Sequence[act.Action]) -> None:
        books, agent_id = master.machine.cluster, event.info.agent_id
        for framework_id, info, status in event.tasks:
            key = (framework_id, info.task_id)
            told, framework = self._told.get(key), books.frameworks.get(framework_id)
            if told is None or framework is None or status.state in TERMINAL or key in self._asked:
                continue
            task = framework.tasks.get(info.task_id)
            if task is not None and task.kill is not None and task.kill.cause is not Reason.RETURNED_LATE:
                continue
            wants = framework.info.returning_tasks
            killed = wants is ReturningTasks.KILL or (told is GONE and wants not in TAKES_BACK)
            causes = _kills(key, actions)
            what = f"task {key[1]} of {framework_id}, told {told}, is back with {agent_id}"
            if killed and not causes:
                self.fail(f"{what}, and is not killed, although its framework wants {wants}")
            if not killed and Reason.RETURNED_LATE in causes:
                self.fail(f"{what}, and is killed, although its framework wants {wants}")
            if not killed and framework.connected:
                self._told_live(key, wants, actions, what)

    def _told_live(self, key: TaskKey, wants: ReturningTasks, actions: Sequence[act.Action], what: str) -> None:
        reasons = [
            status.reason
            for action in actions
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Update)
            for status in action.message.statuses
            if (action.framework_id, status.task_id) == key
        ]
        if not reasons:
            self.fail(f"{what}, and its framework is not told")
        if wants is ReturningTasks.DECIDE and Reason.RETURNED_LATE not in reasons:
            self.fail(f"{what}, and its framework, which decides on that, is told {', '.join(reasons)}")


def _taken(event: ev.AgentRegister, actions: Sequence[act.Action]) -> bool:
    return any(
        isinstance(action, act.SendToAgent)
        and action.session == event.session
        and isinstance(action.message, Registered)
        for action in actions
    )


def _kills(key: TaskKey, actions: Sequence[act.Action]) -> list[Reason]:
    return [
        action.message.cause
        for action in actions
        if isinstance(action, act.SendToAgent) and isinstance(action.message, Kill)
        if (action.message.framework_id, action.message.task_id) == key
    ]
