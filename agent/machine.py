"""The agent as a state machine: it admits what the master orders, and answers for it until all is acknowledged."""

from collections.abc import Iterable, Sequence

from barter.agent import groups, orders, reports
from barter.agent.actions import (
    Action,
    AgentTask,
    Exit,
    MeasureTasks,
    SendRegister,
    SendSlack,
    SendUnregister,
    StartExecutor,
    StopExecutor,
)
from barter.agent.book import Book
from barter.agent.events import (
    Acknowledged,
    DestroyVolume,
    Event,
    ExecutorDied,
    ExecutorDisconnected,
    ExecutorHello,
    ExecutorMessage,
    ExecutorReports,
    ExecutorUsage,
    KillFramework,
    KillTask,
    LaunchFailed,
    Leave,
    MasterConnected,
    MasterError,
    MasterGone,
    MasterHeartbeat,
    Order,
    Registered,
    RunTasks,
    SchedulerMessage,
    Shutdown,
    VolumeDeleted,
)
from barter.agent.executor.protocol import PROTOCOL
from barter.agent.facts import EpochRaised, Home, Left
from barter.agent.leaving import LONGEST_GRACE_MS, Leaving
from barter.agent.link import MasterLink
from barter.agent.measured import MEASURE_MS, Measurements
from barter.agent.own_executors import OwnExecutors
from barter.agent.slack import LENDER_MEASURES_MS, Slack
from barter.agent.supervise import Supervisor
from barter.agent.turn import Turn
from barter.agent.volumes import Volumes
from barter.core.cluster import AgentInfo
from barter.core.ids import VolumeId
from barter.core.machine import Tick, earliest
from barter.core.route import MastersAre
from barter.core.task_state import TaskState
from barter.core.tasks import Reason


class Agent:
    """`book` is what an earlier start left, or empty. Its facts are to be durable before what follows is done.

    `masters` are addresses, none where `MastersAre` will tell them. Orders count only while a link with a master is
    open, see `agent/link.py`. `volumes` are the persistent ones whose data is here. With `oversubscribe` it lends what
    tasks do not use of their cpus, see `agent/slack.py`.
    """

    def __init__(
        self,
        info: AgentInfo,
        book: Book,
        masters: Sequence[str],
        volumes: Iterable[VolumeId] = (),
        *,
        oversubscribe: bool = False,
    ) -> None:
        self.info = info
        self.book = book
        self.link = MasterLink(masters)
        self.executor = Supervisor()
        self.own_executors = OwnExecutors()
        self.leaving = Leaving()
        self.volumes = Volumes(volumes)
        self.measured = Measurements(book)
        self.slack = Slack(book.revocable.scalars["cpus"], lends=oversubscribe)

    def step(self, event: Event, now: int) -> list[Action]:
        turn = Turn(self.book, self.info.agent_id, now, self._reach, master_connected=self.link.connected)
        match event:
            case (
                Registered()
                | MasterHeartbeat()
                | RunTasks()
                | KillTask()
                | KillFramework()
                | SchedulerMessage()
                | DestroyVolume()
                | Shutdown()
                | Acknowledged()
            ):
                if self.link.connected and not self.link.retired:
                    self._order(turn, event)
            case ExecutorReports():
                if event.executor == self._reach(event.home):
                    reports.reports(turn, event)
            case Tick():
                self._tick(turn)
            case MasterConnected() | MasterGone() | MasterError() | MastersAre():
                self._master(turn, event)
            case ExecutorHello() | ExecutorDisconnected() | ExecutorDied():
                self._executor(turn, event)
            case ExecutorMessage():
                self.own_executors.to_scheduler(turn, event)
            case LaunchFailed():
                self._launch_failed(turn, event)
            case VolumeDeleted():
                self.volumes.deleted(turn, event)
            case Leave():
                self._leave(turn, event)
            case ExecutorUsage():
                if event.executor == self.executor.connected:
                    self.measured.take(event.tasks, self.book, now)
                    self.slack.measured(event.tasks, now)
        self.volumes.advance(turn)
        if self.leaving.started:
            self._advance_leaving(turn)
        groups.advance(turn)
        self.own_executors.advance(turn)
        if turn.ended:
            self.slack.touch(now)
            self._replace_executor(turn)
        return turn.actions()

    def next_wakeup(self) -> int | None:
        own = self.own_executors.wakeup()
        return earliest(self.link.wakeup(), self.executor.wakeup(), own, self.leaving.wakeup(), self.slack.wakeup())

    def _order(self, turn: Turn, order: Order) -> None:
        if order.epoch < self.book.epoch:
            self._refuse_stale(turn, order)
            return
        if order.epoch > self.book.epoch:
            turn.record(EpochRaised(order.epoch))
        self.link.heard(turn.now)
        match order:
            case RunTasks():
                slack, protocol, leaving = self.slack.resources, self.executor.protocol, self.leaving.started
                judge = orders.Judge(turn, self.info, slack, self.volumes, protocol=protocol, leaving=leaving)
                orders.run(turn, order, judge)
            case Acknowledged():
                orders.acknowledge(turn, order)
            case KillTask():
                orders.kill(turn, order)
            case KillFramework():
                orders.kill_framework(turn, order)
            case SchedulerMessage():
                self.own_executors.to_executor(turn, order)
            case DestroyVolume():
                self.volumes.destroy(turn, order)
            case Shutdown():
                self.link.retire()
                self.link.part()
                self.leaving.dismiss()
                self._leave(turn, order)
            case Registered():
                if not self.link.registered:
                    turn.note(f"registered with cluster {order.cluster_id}, epoch {order.epoch}")
                self.link.register(order.heartbeat_ms, turn.now)
            case MasterHeartbeat():
                pass

    def _refuse_stale(self, turn: Turn, order: Order) -> None:
        why = f"{type(order).__name__} refused: its epoch {order.epoch} is over, {self.book.epoch} has spoken already"
        advice = "if the master lost its data, start this agent with an empty --work-dir"
        turn.add(self.link.leave(f"{why}; {advice}"))

    def _master(self, turn: Turn, event: MasterConnected | MasterGone | MasterError | MastersAre) -> None:
        match event:
            case MastersAre():
                if (leave := self.link.told_masters(event, self.book.epoch, turn.now)) is not None:
                    turn.add(leave)
            case MasterConnected() if self.link.open(event.link, turn.now):
                tasks = tuple(AgentTask(e.framework_id, e.task, e.status) for e in self.book.entries())
                volumes = tuple(self.volumes.stored)
                turn.add(SendRegister(tasks, self.book.unacknowledged(), self.slack.resources, volumes))
            case MasterGone():
                if why := self.link.gone(event, turn.now):
                    turn.note(why, problem=True)
            case MasterError() if self.link.parting:
                if event.fatal and event.epoch >= self.book.epoch:
                    self.link.retire()
            case MasterError() if self.link.connected:
                turn.note(f"the master refused: {event.message}", problem=True)
                if event.fatal and event.epoch >= self.book.epoch:
                    self.link.retire()
                    turn.add(Exit(1, f"the master does not want this agent: {event.message}"))

    def _reach(self, home: Home) -> str:
        """The process that is connected as this executor, or empty."""
        return self.executor.connected if home is None else self.own_executors.reach(home)

    def _executor(self, turn: Turn, event: ExecutorHello | ExecutorDisconnected | ExecutorDied) -> None:
        match event:
            case ExecutorHello(home=home) if home is not None:
                if self.own_executors.hello(turn, home):
                    reports.hello(turn, event)
            case ExecutorDisconnected(home=home) if home is not None:
                self.own_executors.disconnected(home)
            case ExecutorHello():
                self.executor.hello(event.executor, event.protocol)
                idle = all(report.status.terminal for report in event.tasks)
                reports.hello(turn, event, launches=event.protocol >= PROTOCOL or not idle)
                self._replace_executor(turn)
                turn.add(MeasureTasks(LENDER_MEASURES_MS if self.slack.lends else MEASURE_MS))
                if self.leaving.stopping_executor:
                    turn.add(StopExecutor(self.leaving.reason))
            case ExecutorDisconnected():
                self.executor.disconnected(event.executor)
            case ExecutorDied():
                delay = self.executor.died(turn.now)
                if self._executor_wanted:
                    turn.note(f"the executor is not running ({event.reason}): starting one in {delay} ms")
                    self._start_executor(turn)
                else:
                    self.executor.stay_down()

    def _replace_executor(self, turn: Turn) -> None:
        """Have one of an earlier version end once it runs nothing; what comes meanwhile waits for the next."""
        handed = (each for each in self.book.entries() if each.live and each.executor and each.home is None)
        if self.executor.connected and self.executor.protocol < PROTOCOL and next(handed, None) is None:
            reason = f"it speaks protocol {self.executor.protocol} and runs nothing: one of {PROTOCOL} takes its place"
            turn.note(f"the executor is to end: {reason}")
            turn.add(StopExecutor(reason, kill=False))
            self.executor.replaced()

    @property
    def _executor_wanted(self) -> bool:
        """An agent that leaves needs one only to end its tasks."""
        return not self.leaving.started or (self.book.live_count > 0 and not self.leaving.over)

    def _start_executor(self, turn: Turn) -> None:
        if self.executor.start(turn.now):
            turn.add(StartExecutor("the agent needs an executor"))

    def _launch_failed(self, turn: Turn, event: LaunchFailed) -> None:
        entry = self.book.find(event.framework_id, event.task_id)
        if entry is not None and entry.live:
            turn.tell(entry, TaskState.FAILED, Reason.LAUNCH_FAILED, event.problem)

    def _leave(self, turn: Turn, event: Leave | Shutdown) -> None:
        if not self.leaving.begin(event.reason, turn.now):
            return
        turn.note(f"leaving for good: {event.reason}; ending {self.book.live_count} tasks")
        for entry in [entry for entry in self.book.entries() if entry.live]:
            grace_ms = min(entry.task.kill_grace_ms, LONGEST_GRACE_MS)
            why = f"its agent leaves the cluster: {event.reason}"
            orders.end(turn, *entry.key, grace_ms, Reason.AGENT_STOPPED, why)

    def _advance_leaving(self, turn: Turn) -> None:
        if self.leaving.tasks_done(self.book.live_count, turn.now):
            if self.book.live_count:
                turn.note(f"{self.book.live_count} tasks did not end in time", problem=True)
            turn.add(StopExecutor(self.leaving.reason))
        if self.leaving.stopping_executor and self.link.connected:
            turn.add(SendUnregister(self.leaving.reason))
            turn.record(Left())
            self.link.part()
        elif self.leaving.forgets():
            turn.record(Left())
        if self.leaving.all_done(self.executor.alive, self.link.retired, turn.now):
            self.link.retire()
            self.executor.stay_down()
            turn.add(Exit(0, f"left the cluster: {self.leaving.reason}"))

    def _lend(self, turn: Turn) -> None:
        if self.slack.reckon(self.book, self.info.resources.scalars.get("cpus", 0), turn.now) and self.link.connected:
            turn.add(SendSlack(self.slack.resources))

    def _tick(self, turn: Turn) -> None:
        if (action := self.link.due(turn.now)) is not None:
            turn.add(action)
        self._lend(turn)
        self._start_executor(turn)
