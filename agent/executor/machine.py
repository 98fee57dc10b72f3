"""The executor's core: holds tasks from their launch until the agent has recorded their end."""

from collections.abc import Sequence

from barter.agent.executor.actions import (
    Action,
    CancelFetch,
    Connect,
    EndTask,
    Exit,
    FetchArtifacts,
    Measure,
    Release,
    RunCheck,
    SendHello,
    SendStatus,
    SendUsage,
    StartTask,
    StopChecks,
)
from barter.agent.executor.ends import Cause, outcome
from barter.agent.executor.events import (
    Checked,
    Connected,
    Disconnected,
    Ended,
    Event,
    Fetched,
    Held,
    Kill,
    Launch,
    Measured,
    MeasureEvery,
    NotStarted,
    Order,
    Pulling,
    Recorded,
    Started,
    Stop,
    TaskKey,
)
from barter.agent.executor.groups import Groups
from barter.agent.executor.held import HeldTask
from barter.agent.executor.kill import KillPlan
from barter.agent.executor.link import AgentLink
from barter.agent.executor.meter import Meter
from barter.agent.executor.outbox import Outbox
from barter.agent.executor.probes import reason_of
from barter.agent.executor.timers import Timers
from barter.agent.fetch.plans import named
from barter.core.machine import Tick, earliest
from barter.core.task_state import TaskState
from barter.core.tasks import HealthCheck, Reason

IDLE_MS = 60_000
LAST_WORDS_MS = 2_000
STOP_GRACE_MS = 3_000
KILLED_UNNOTED = "it was being killed when its executor died, which could not note why"


class Executor:
    """`step(event, now) -> actions`; unknown tasks and what comes too late change nothing."""

    def __init__(self) -> None:
        self._tasks: dict[TaskKey, HeldTask] = {}
        self._live = 0
        self._groups = Groups()
        self._outbox = Outbox()
        self._timers = Timers()
        self._link = AgentLink()
        self._meter = Meter()
        self._stop: Stop | None = None
        self._exit_ms: int | None = None

    @property
    def held(self) -> int:
        """How many tasks it holds, ended ones that the agent has not recorded included."""
        return len(self._tasks)

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        actions = self._apply(event, now)
        while self._groups.broken:
            actions += self._end_group(self._groups.broken.pop(), now)
        self._plan_exit(now)
        return actions

    def next_wakeup(self) -> int | None:
        measures = self._meter.wakeup() if self._live else None
        return earliest(self._timers.next(), self._exit_ms, self._link.wakeup(), measures)

    def _apply(self, event: Event | Tick, now: int) -> list[Action]:
        match event:
            case Tick():
                return self._tick(now)
            case Launch():
                return self._launch_all(event.orders, now)
            case Recorded():
                return self._recorded(event.sequence)
            case Connected():
                if not self._link.open(now):
                    return []
                self._exit_ms = None
                return [SendHello(tuple(task.last for task in self._tasks.values()), self._outbox.waiting())]
            case Disconnected():
                self._link.gone(now)
                self._meter.stop()
                return []
            case MeasureEvery():
                if self._link.connected:
                    self._meter.start(event.every_ms, now)
                return []
            case Measured():
                return self._measured(event, now)
            case Stop():
                return self._stopped(event, now)
            case Held():
                return self._found(event, now)
            case Kill():
                cause = Cause(Reason.KILLED_BY_FRAMEWORK, event.reason or "killed")
                return self._kill(event.key, event.grace_ms, cause, now)
        return self._report(event, now)

    def _report(self, event: Pulling | Fetched | Started | NotStarted | Ended | Checked, now: int) -> list[Action]:
        """What a runtime or a health check says of a task that has not ended."""
        task = self._tasks.get(event.key)
        if task is None or task.ended:
            return []
        match event:
            case Pulling():
                said = f"pulling {event.image}: {event.message}" if event.message else f"pulling {event.image}"
                if task.state not in (TaskState.STAGING, TaskState.STARTING) or said == task.last.status.message:
                    return []
                return self._say(task, now, TaskState.STARTING, message=said)
            case Fetched():
                return self._fetched(task, now)
            case Started():
                return self._started(task, event, now)
            case NotStarted():
                return self._not_started(task, event, now)
            case Ended():
                end = outcome(task.order.task, event, task.cause)
                # A clock that was set back since does not make an end of the future.
                ended_ms = now if event.ended_ms is None else min(event.ended_ms, now)
                return self._end(task, ended_ms, end.state, end.reason, end.message, event.exit_code)
            case Checked():
                return self._checked(task, event, now)

    def _launch_all(self, orders: Sequence[Order], now: int) -> list[Action]:
        actions: list[Action] = []
        begun: list[HeldTask] = []
        for order in orders:
            if order.key not in self._tasks:
                actions += self._launch(order, now)
                begun.append(self._tasks[order.key])
        # A group begins when all of it is known.
        return [*actions, *(action for task in begun for action in self._start(task))]

    def _launch(self, order: Order, now: int) -> list[Action]:
        task = self._tasks[order.key] = HeldTask(order, TaskState.STAGING, now)
        self._live += 1
        self._groups.join(task)
        if self._stop is not None:
            message = "not started: its executor is stopping; launch it again under a new id"
            return self._end(task, now, TaskState.DROPPED, Reason.AGENT_STOPPED, message)
        task.waiting = True
        if order.task.artifacts:
            task.fetching = True
            message = f"fetching {named(order.task.artifacts)}"
            return [*self._say(task, now, TaskState.STARTING, message=message), FetchArtifacts(order)]
        return []

    def _start(self, task: HeldTask) -> list[Action]:
        """Hand it to its runtime if nothing more is waited for, with what of its group waits for the same."""
        if task.order.task.group_id:
            return [StartTask(order) for order in self._groups.due(task)]
        if not task.waiting or task.fetching:
            return []
        task.waiting = False
        return [StartTask(task.order)]

    def _end_group(self, ended: HeldTask, now: int) -> list[Action]:
        """One lifetime: what befalls one of a group befalls the others."""
        why = f"task {ended.order.task.task_id} of its group {'has ended' if ended.ended else 'is being killed'}"
        cause = Cause(Reason.GROUP_ENDED, why)
        mates = [each for each in self._groups.mates(ended) if each.plan is None]
        return [action for each in mates for action in self._kill(each.order.key, None, cause, now)]

    def _fetched(self, task: HeldTask, now: int) -> list[Action]:
        if not task.fetching:
            return []
        task.fetching = False
        if task.cause is not None:
            return self._end_unstarted(task, task.cause, now)
        return self._start(task)

    def _found(self, event: Held, now: int) -> list[Action]:
        key = event.order.key
        if key in self._tasks:
            return []
        task = self._tasks[key] = HeldTask(event.order, TaskState.RUNNING, now, event.address)
        self._live += 1
        self._groups.join(task)
        self._watch(task, now, found=True)
        if event.killing or event.kill_reason:
            # Where its agent ordered it, the agent knows why.
            cause = Cause(event.kill_reason or Reason.EXECUTOR_LOST, event.kill_message or KILLED_UNNOTED)
            return self._kill(key, None, cause, now)
        return []

    def _started(self, task: HeldTask, event: Started, now: int) -> list[Action]:
        if task.started:
            return []
        task.started, task.address = True, event.address or self._groups.address(task)
        self._meter.began(event.key, now)
        if task.cause is not None:
            return []
        self._watch(task, now, found=False)
        said = self._say(task, now, TaskState.RUNNING)
        return [*said, *self._start(task)]

    def _watch(self, task: HeldTask, now: int, *, found: bool) -> None:
        task.probes.begin(task.order.task, now, found=found)
        self._plan_checks(task)

    def _plan_checks(self, task: HeldTask) -> None:
        if (due := task.probes.next()) is not None:
            self._timers.set(due, task.order.key)

    def _not_started(self, task: HeldTask, event: NotStarted, now: int) -> list[Action]:
        if task.cause is not None:
            return self._end_unstarted(task, task.cause, now)
        return self._end(task, now, TaskState.FAILED, event.reason, event.message)

    def _end_unstarted(self, task: HeldTask, cause: Cause, now: int) -> list[Action]:
        return self._end(task, now, TaskState.KILLED, cause.reason, f"{cause.message}; it had not started")

    def _checked(self, task: HeldTask, event: Checked, now: int) -> list[Action]:
        verdict = task.probes.result(event, now)
        if verdict is None:
            return []
        self._plan_checks(task)
        actions: list[Action] = []
        if verdict.changed:
            actions += self._say(task, now, TaskState.RUNNING, reason_of(event.check), event.message)
        if verdict.kill and isinstance(event.check, HealthCheck):
            message = f"{event.check.max_failures} health checks in a row failed: {event.message}"
            cause = Cause(Reason.KILLED_BY_HEALTH_CHECK, message)
            actions += self._kill(event.key, None, cause, now)
        return actions

    def _kill(self, key: TaskKey, grace_ms: int | None, cause: Cause, now: int) -> list[Action]:
        task = self._tasks.get(key)
        if task is None or task.ended:
            return []
        grace = task.order.task.kill_grace_ms if grace_ms is None else grace_ms
        if task.plan is not None:
            if task.plan.hasten(now, grace):
                self._timers.set(task.plan.next_ms, key)
            return []
        task.plan, task.cause = KillPlan.begin(now, grace), cause
        self._timers.set(task.plan.next_ms, key)
        said = self._say(task, now, TaskState.KILLING, cause.reason, cause.message)
        if task.order.task.group_id:
            self._groups.broken.append(task)
        if task.fetching:
            return [*said, CancelFetch(key, cause.message)]
        if task.waiting:
            return [*said, *self._end_unstarted(task, cause, now)]
        return [
            *said,
            *_stop_checks(task, cause.message),
            EndTask(key, force=False, reason=cause.message, why=cause.reason),
        ]

    def _tick(self, now: int) -> list[Action]:
        actions: list[Action] = []
        for key in self._timers.due(now):
            task = self._tasks.get(key)
            if task is None or task.ended:
                continue
            if task.plan is not None:
                if task.plan.fire(now) and not task.fetching:
                    self._timers.set(task.plan.next_ms, key)
                    actions.append(EndTask(key, force=True, reason="still running after its grace"))
            else:
                # Who holds the network of a group may have been found later than it.
                address = task.address or self._groups.address(task)
                actions += [RunCheck(task.order, check, address) for check in task.probes.due(now)]
        if self._live and self._meter.begin(now):
            actions.append(Measure(tuple(key for key, task in self._tasks.items() if task.started and not task.ended)))
        if self._exit_ms is not None and self._exit_ms <= now:
            actions += self._exit()
        elif self._link.due(now):
            actions.append(Connect())
        return actions

    def _measured(self, event: Measured, now: int) -> list[Action]:
        live = tuple(each for each in event.samples if (task := self._tasks.get(each.key)) and not task.ended)
        usage = self._meter.result(live, now)
        return [SendUsage(usage)] if usage and self._link.connected else []

    def _recorded(self, sequence: int) -> list[Action]:
        """Forget the tasks whose end is now known."""
        actions: list[Action] = []
        for told in self._outbox.recorded(sequence):
            if told.status.terminal:
                key = TaskKey(told.framework_id, told.status.task_id)
                self._tasks.pop(key, None)
                actions.append(Release(key))
        return actions

    def _stopped(self, event: Stop, now: int) -> list[Action]:
        self._stop = event
        if not event.kill:
            return []
        actions: list[Action] = []
        for key, task in list(self._tasks.items()):
            grace = min(task.order.task.kill_grace_ms, STOP_GRACE_MS)
            actions += self._kill(key, grace, Cause(Reason.AGENT_STOPPED, "its agent leaves the cluster"), now)
        return actions

    def _plan_exit(self, now: int) -> None:
        """Ends once nothing runs: after a Stop when all is told, without an agent after a while."""
        if self._live or (self._link.connected and self._stop is None):
            self._exit_ms = None
        elif self._stop is not None and (self._outbox.empty or not self._link.connected):
            self._exit_ms = now
        elif self._exit_ms is None:
            self._exit_ms = now + (LAST_WORDS_MS if self._stop is not None else IDLE_MS)

    def _exit(self) -> list[Action]:
        if self._stop is None:
            return [Exit("no agent and no tasks")]
        # A task's end that the agent did not record is still known to it as one it had killed.
        left: list[Action] = [Release(key) for key in self._tasks] if self._stop.kill else []
        return [*left, Exit("the agent said so")]

    def _end(
        self,
        task: HeldTask,
        now: int,
        state: TaskState,
        reason: Reason,
        message: str,
        exit_code: int | None = None,
    ) -> list[Action]:
        self._live -= 1
        self._groups.leave(task)
        self._meter.forget(task.order.key)
        return [*self._say(task, now, state, reason, message, exit_code), *_stop_checks(task, "it has ended")]

    def _say(
        self,
        task: HeldTask,
        now: int,
        state: TaskState,
        reason: Reason = Reason.NONE,
        message: str = "",
        exit_code: int | None = None,
    ) -> list[Action]:
        status = task.say(self._outbox.next_sequence, now, state, reason, message, exit_code)
        self._outbox.add(status)
        return [SendStatus(status)] if self._link.connected else []


def _stop_checks(task: HeldTask, reason: str) -> list[Action]:
    return [StopChecks(task.order.key, reason)] if task.probes.stop() else []
