"""What is recorded and told of a task follows the table, and ends once."""

from collections.abc import Sequence
from typing import Any

from barter.agent.facts import Admitted, Told
from barter.agent.facts import Fact as AgentFact
from barter.core.cluster import ReturningTasks
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TERMINAL, TRANSITIONS, TaskState
from barter.core.tasks import Reason, TaskStatus
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Update
from barter.sdk.callbacks import Callback, StatusUpdate
from barter.sdk.calls import Call, tasks_of
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

Key = tuple[FrameworkId, TaskId]


class TaskStates(Checker):
    """The views of each task, by `core/task_state.py`'s table.

    - An agent's durable record: each status may follow the one before; each uuid is new.
    - What masters send: one uuid has one content, whichever master sends it and however often.
    - What a framework id's schedulers are told, over all their processes, beginning with TASK_STAGING: each status may
      follow the one before. Exempt are a uuid that was told before (its acknowledgement was lost), and the present
      state once more without a uuid (an answer to RECONCILE, or to a KILL of what has ended). So one end is told, and
      nothing after it, but for one thing: who asks again about a task that a new master has never heard of is told
      TASK_LOST or, while an agent is away, TASK_UNREACHABLE, without an agent's name. A framework that takes back what
      was removed with its agent may be told anything after that end.
    - One process of a framework is told an end once, unless it named the task in a call after that.
    """

    name = "task_states"

    def __init__(self) -> None:
        super().__init__()
        self._recorded: dict[tuple[str, FrameworkId, TaskId], TaskState] = {}
        self._sent: dict[tuple[FrameworkId, str], TaskStatus] = {}
        self._known: dict[Key, TaskStatus] = {}
        self._told: set[tuple[FrameworkId, str]] = set()
        self._ended: dict[str, set[TaskId]] = {}

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimFramework):
            self._ended[process.name] = set()

    def asked(self, framework: SimFramework, call: Call) -> None:
        self._ended.setdefault(framework.name, set()).difference_update(tasks_of(call))

    def agent_committed(self, agent: SimAgent, facts: Sequence[AgentFact]) -> None:
        for fact in facts:
            match fact:
                case Admitted(framework_id, task, status):
                    key = (agent.name, framework_id, task.task_id)
                    if key in self._recorded:
                        self.fail(f"{agent.name} admits task {task.task_id} of {framework_id} a second time")
                    self._recorded[key] = status.state
                case Told(framework_id, status):
                    key = (agent.name, framework_id, status.task_id)
                    before = self._recorded[key]
                    if status.state not in TRANSITIONS[before]:
                        self.fail(f"{agent.name} records {_said(framework_id, status)} after {before}")
                    self._recorded[key] = status.state
                case _:
                    pass

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Update):
                for status in action.message.statuses:
                    if status.uuid:
                        first = self._sent.setdefault((action.framework_id, status.uuid), status)
                        if first != status:
                            self.fail(f"{action.framework_id} was sent {first} once, and now {status}")

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if not isinstance(callback, StatusUpdate):
            return
        status, framework_id = callback.status, framework.driver.framework_id
        key = (framework_id, status.task_id)
        if status.terminal:
            self._ends(framework, status)
        if status.uuid:
            if (framework_id, status.uuid) in self._told:
                return
            self._told.add((framework_id, status.uuid))
        before = self._known.get(key)
        if before is not None and _may_return(framework, before) and status.state is not before.state:
            self._known[key] = status
            return
        if before is None or not before.terminal:
            self._known[key] = status
        known = before.state if before is not None else TaskState.STAGING
        if status.state is known and (not status.uuid or known in TERMINAL):
            return
        if known in TERMINAL and _is_ignorance(status):
            return
        if status.state not in TRANSITIONS[known]:
            after = _said(framework_id, before) if before is not None else known
            self.fail(f"{framework.name} is told {_said(framework_id, status)} after {after}")

    def _ends(self, framework: SimFramework, status: TaskStatus) -> None:
        ended = self._ended.setdefault(framework.name, set())
        if _may_return(framework, status):
            return
        if status.task_id in ended:
            what = _said(framework.driver.framework_id, status)
            self.fail(f"{framework.name} is told {what}, and its process was told of an end of it before")
        ended.add(status.task_id)


def _may_return(framework: SimFramework, status: TaskStatus) -> bool:
    takes_back = framework.program.framework.returning_tasks in (ReturningTasks.KEEP, ReturningTasks.DECIDE)
    return takes_back and status.reason is Reason.AGENT_REMOVED


def _is_ignorance(status: TaskStatus) -> bool:
    """The master has no word of any agent on it."""
    return not status.uuid and not status.agent_id


def _said(framework_id: FrameworkId, status: TaskStatus) -> str:
    by = status.uuid or f"by the {status.source}"
    why = f": {status.reason} {status.message}".rstrip(": ")
    return f"{status.state} of task {status.task_id} of {framework_id} ({by}, agent {status.agent_id or 'none'}{why})"
