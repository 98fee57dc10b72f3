"""A task has the time it was promised before it is ended by force."""

from collections.abc import Sequence

from barter.agent.executor import actions as act
from barter.agent.executor import events as ev
from barter.agent.executor.machine import STOP_GRACE_MS
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.executor import SimExecutor


class Graces(Checker):
    """An executor sends SIGTERM first, and SIGKILL only once a grace has passed since: by the executor's own clock the
    one that the kill named, else the task's; where the agent leaves, `STOP_GRACE_MS` if that is shorter. Of several
    kills the one counts whose time is over first.
    """

    name = "graces"

    def __init__(self) -> None:
        super().__init__()
        self._graces: dict[ev.TaskKey, int] = {}
        self._due_ms: dict[tuple[str, ev.TaskKey], int] = {}
        self._stopping: dict[str, None] = {}

    def executor_stepped(
        self, executor: SimExecutor, events: Sequence[ev.Event], actions: Sequence[act.Action]
    ) -> None:
        now = executor.clock.now()
        for event in events:
            match event:
                case ev.Launch():
                    self._graces.update((order.key, order.task.kill_grace_ms) for order in event.orders)
                case ev.Held():
                    self._graces[event.order.key] = event.order.task.kill_grace_ms
                case ev.Kill():
                    self._promise(executor, event.key, now, event.grace_ms)
                case ev.Stop(kill=True):
                    self._stopping[executor.identity] = None
                    for identity, key in list(self._due_ms):
                        if identity == executor.identity:
                            self._promise(executor, key, now, min(self._graces.get(key, 0), STOP_GRACE_MS))
                case _:
                    pass
        for action in actions:
            if isinstance(action, act.EndTask):
                self._ends(executor, action, now)

    def _promise(self, executor: SimExecutor, key: ev.TaskKey, now: int, grace_ms: int | None) -> None:
        grace_ms = self._graces.get(key, 0) if grace_ms is None else grace_ms
        known = self._due_ms.get((executor.identity, key), now + grace_ms)
        self._due_ms[executor.identity, key] = min(known, now + grace_ms)

    def _ends(self, executor: SimExecutor, action: act.EndTask, now: int) -> None:
        grace_ms = self._graces.get(action.key, 0)
        if executor.identity in self._stopping:
            grace_ms = min(grace_ms, STOP_GRACE_MS)
        if not action.force:
            if (executor.identity, action.key) not in self._due_ms:
                self._promise(executor, action.key, now, grace_ms)
            return
        due = self._due_ms.get((executor.identity, action.key))
        what = f"{executor.identity} ends task {action.key.task_id} of {action.key.framework_id} by force"
        if due is None:
            self.fail(f"{what}, and has not asked it to end before")
        if now < due:
            self.fail(f"{what} {due - now} ms before its grace is over")
