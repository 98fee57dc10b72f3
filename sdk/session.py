"""A framework's session with its master as a pure machine: what to send, what to tell the scheduler, and when.

Everything the scheduler is told waits in one queue and is handed out in turns of at most `TURN` callbacks, so that
what a callback asked for and the acknowledgements leave soon, however much has arrived.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from barter.core.cluster import FrameworkInfo, ReturningTasks
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick, earliest
from barter.core.reservations import ReservationsHeld
from barter.core.route import MastersAre, Route
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskStatus
from barter.sdk import callbacks as told
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.messages import Action
from barter.sdk.seen import Seen
from barter.sdk.standing import Standing

TURN = 256
GOODBYE_MS = 2_000
REMOVED = "/removed"
"""After a task's id: that it went with its agent, which may bring it back."""


class Session:
    """`step` never raises on anything a master or a scheduler may send; events of an old link change nothing.

    Without `masters` it waits until it is told of some. A master of a lower epoch than it has heard is left.
    """

    def __init__(self, framework: FrameworkInfo, masters: Sequence[str], *, demands_only: bool = False) -> None:
        self.framework = framework
        self.connected = False
        self._demands_only = demands_only
        self._route = Route(masters)
        self._seen, self._ended = Seen(), Seen()
        takes_back = framework.returning_tasks in (ReturningTasks.KEEP, ReturningTasks.DECIDE)
        self._standing = Standing(takes_back=takes_back)
        self._link = self._epoch = self._stale = 0
        self._linked = False
        self._retry_at: int | None = None
        self._started = self._registered = False
        self._warned = False
        self._inbox: deque[told.Callback] = deque()
        self._calling: tuple[told.Callback, ...] = ()
        self._repeated: tuple[tuple[TaskId, str], ...] = ()
        self._stop: msg.Stop | None = None
        self._goodbye_at: int | None = None
        self._finished = False

    @property
    def tasks(self) -> dict[TaskId, TaskState]:
        """The known tasks that have not ended."""
        return dict(self._standing.tasks)

    def next_wakeup(self) -> int | None:
        if self._finished:
            return None
        return earliest(self._retry_at, self._goodbye_at, self._route.deadline if self._linked else None)

    def step(self, event: msg.Event | Tick, now: int) -> list[Action]:
        if self._finished:
            return []
        actions = self._apply(event, now)
        if not self._finished:
            self._hand_out(actions, now)
        return actions

    def _apply(self, event: msg.Event | Tick, now: int) -> list[Action]:
        match event:
            case msg.Heard():
                return self._on_heard(event, now)
            case msg.Invoked():
                return self._on_invoked(event, now)
            case msg.LinkLost():
                return self._on_lost(event, now)
            case Tick():
                return self._on_tick(now)
            case msg.Start():
                return self._set_out(now)
            case MastersAre():
                return self._told_masters(event, now)
            case msg.Stop():
                return self._on_stop(event, now)
            case msg.Unsendable():
                return self._on_unsendable(event, now)
            case _:
                return self._on_call(event, now)

    # The link.

    def _set_out(self, now: int) -> list[Action]:
        self._started = True
        return [] if self._route.masters.none_known else self._connect(now)

    def _connect(self, now: int) -> list[Action]:
        self._retry_at = None
        self._link += 1
        self._linked = True
        address = self._route.set_out(now)
        subscribe = calls.Subscribe(self.framework, self._demands_only)
        return [msg.Connect(self._link, address, subscribe, self._route.unreachable)]

    def _told_masters(self, event: MastersAre, now: int) -> list[Action]:
        """Go to a leader that is news; the present master is left for it, unless that is the one of the last epoch."""
        news = self._route.told(event, self._epoch)
        if not self._started or self._route.masters.none_known:
            return []
        if not self._linked:
            due = now + self._route.spread(event.jitter)
            self._retry_at = due if self._retry_at is None else min(self._retry_at, due) if news else self._retry_at
        elif news and self._goodbye_at is None and (not self.connected or event.epoch > self._epoch):
            return self._leave(f"master {event.leader} leads since epoch {event.epoch}", now, event.jitter)
        return []

    def _leave(self, reason: str, now: int, jitter: int = 0) -> list[Action]:
        lost = msg.LinkLost(self._link, reason, jitter=jitter)
        return [msg.Disconnect(self._link, reason), *self._on_lost(lost, now)]

    def _on_tick(self, now: int) -> list[Action]:
        if self._goodbye_at is not None and now >= self._goodbye_at:
            return self._finish(0, "stopped; the master did not confirm in time")
        if self._retry_at is not None and now >= self._retry_at:
            return self._connect(now)
        if self._linked and self._route.is_silent(now):
            return self._leave(f"master {self._route.address} was silent for too long", now)
        return []

    def _on_lost(self, event: msg.LinkLost, now: int) -> list[Action]:
        if event.link != self._link or not self._linked:
            return []
        self._linked = False
        if self._goodbye_at is not None:
            return self._finish(0, "stopped")
        actions: list[Action] = []
        if self.connected:
            self.connected = False
            self._inbox = deque(item for item in self._inbox if not isinstance(item, told.Offered | told.Rescinded))
            self._inbox.append(told.Disconnected())
            actions.append(msg.Say(f"lost master {self._route.address}: {event.reason}; trying {self._route.masters}"))
            self._warned = True
        elif not self._warned and not event.leader:
            trying = f"trying {self._route.masters} until one answers"
            actions.append(msg.Say(f"cannot reach master {self._route.address}: {event.reason}; {trying}"))
            self._warned = True
        self._retry_at = now + self._route.lost(event.leader, event.jitter)
        return actions

    # From the master.

    def _on_heard(self, heard: msg.Heard, now: int) -> list[Action]:
        if heard.link != self._link or not self._linked:
            return []
        self._route.heard(now)
        event = heard.event
        match event:
            case msg.Update():
                self._inbox.extend(map(told.StatusUpdate, event.statuses))
            case msg.Offers():
                self._inbox.append(told.Offered(event.offers))
            case msg.Rescind():
                self._inbox.extend(map(told.Rescinded, event.offer_ids))
            case msg.InverseOffers():
                self._inbox.append(told.InverseOffered(event.inverse_offers))
            case msg.RescindInverse():
                self._inbox.extend(map(told.InverseRescinded, event.inverse_offer_ids))
            case msg.ServicesServed():
                self._inbox.extend(map(told.ServiceUpdated, event.updates))
            case msg.Failure():
                self._inbox.append(_failure(event))
            case msg.Message():
                self._inbox.append(told.MessageCame(event.agent_id, event.executor_id, event.data))
            case ReservationsHeld():
                self._inbox.append(told.ReservationsTold(event))
            case msg.Subscribed():
                return self._on_subscribed(event, now)
            case msg.Refusal():
                return self._on_refusal(event)
            case msg.Heartbeat():
                pass
        return []

    def _on_subscribed(self, event: msg.Subscribed, now: int) -> list[Action]:
        if self.connected:
            return []
        if event.epoch < self._epoch:
            return self._leave_stale(event.epoch, now)
        self._epoch = event.epoch
        resuming = bool(self.framework.framework_id)
        actions: list[Action] = []
        if self.framework.framework_id != event.framework_id:
            self.framework = replace(self.framework, framework_id=event.framework_id)
            actions.append(msg.KeepId(event.framework_id))
        self.connected = True
        self._route.arrived(event.heartbeat_ms, now)
        self._seen.restart(now)
        self._ended.restart(now)
        actions.append(
            msg.Say(f"registered with master {self._route.address} as {event.framework_id}", warning=self._warned)
        )
        self._warned = False
        actions += [msg.Send(call) for call in self._standing.retell(resuming=resuming)]
        self._inbox.append(told.Reregistered() if self._registered else told.Registered(event.framework_id))
        self._registered = True
        return actions

    def _leave_stale(self, epoch: int, now: int) -> list[Action]:
        said = f"leaving master {self._route.address}: its epoch {epoch} is over, {self._epoch} has spoken already"
        news, self._stale = self._stale != epoch, epoch
        self._warned = True
        self._route.masters.shun()
        advice = "if the master lost its data, start this framework again"
        return [msg.Say(f"{said}; {advice}")] * news + self._leave(said, now)

    def _on_refusal(self, event: msg.Refusal) -> list[Action]:
        if not event.fatal:
            self._inbox.append(told.Error(event.message))
            return [msg.Say(f"the master refused: {event.message}")]
        if self._goodbye_at is not None:
            return self._finish(0, "stopped")
        reason = f"master {self._route.address} ended framework {self.framework.framework_id or 'new'}: {event.message}"
        return self._finish(1, reason, error=event.message)

    # From the framework.

    def _on_call(self, call: calls.Call, now: int) -> list[Action]:
        if self._stop is not None:
            return []
        self._standing.note(call, connected=self.connected)
        for task_id in calls.tasks_of(call):
            self._ended.forget(task_id)
            self._ended.forget(f"{task_id}{REMOVED}")
        if self.connected:
            return [msg.Send(call)]
        if isinstance(call, calls.Launch):
            self._drop(call, TaskState.DROPPED, Reason.MASTER_DISCONNECTED, "not connected to a master", now)
            if call.operations:
                self._inbox.append(told.Error("not connected to a master: the operations of this launch are not done"))
        return []

    def _on_unsendable(self, event: msg.Unsendable, now: int) -> list[Action]:
        for task in event.launch.tasks:
            self._standing.tasks.pop(task.task_id, None)
        self._drop(event.launch, TaskState.ERROR, Reason.INVALID_TASK, event.message, now)
        return self._on_call(calls.Decline(event.launch.offer_ids, event.launch.filters), now)

    def _drop(self, launch: calls.Launch, state: TaskState, reason: Reason, message: str, now: int) -> None:
        self._inbox.extend(
            told.StatusUpdate(TaskStatus(task.task_id, state, Source.MASTER, now, reason=reason, message=message))
            for task in launch.tasks
        )

    def _on_stop(self, event: msg.Stop, now: int) -> list[Action]:
        if self._stop is not None:
            return []
        self._stop = event
        self._inbox.clear()
        return [] if self._calling else self._say_goodbye(now)

    def _say_goodbye(self, now: int) -> list[Action]:
        assert self._stop is not None
        if self._stop.failover:
            return self._finish(0, "stopped; its tasks stay for the framework's next process")
        if not self.connected:
            notice = "stopped while disconnected: the master removes the framework after its failover timeout"
            said: list[Action] = [msg.Say(notice)] if self.framework.framework_id else []
            return said + self._finish(0, "stopped")
        self._goodbye_at = now + GOODBYE_MS
        return [msg.Send(calls.Teardown()), msg.KeepId(FrameworkId(""))]

    def _finish(self, code: int, reason: str, error: str = "") -> list[Action]:
        self._finished = True
        self._linked = self.connected = False
        return [msg.Finish(code, reason, error)]

    # To the framework.

    def _hand_out(self, actions: list[Action], now: int) -> None:
        """Add the next turn of callbacks, unless one is still running."""
        if self._calling or not self._inbox or self._stop is not None:
            return
        turn: list[told.Callback] = []
        repeated: list[tuple[TaskId, str]] = []
        while self._inbox and len(turn) < TURN:
            callback = self._inbox.popleft()
            if isinstance(callback, told.StatusUpdate):
                status = callback.status
                if not self._is_news(status, now):
                    if status.uuid:
                        repeated.append((status.task_id, status.uuid))
                    continue
                kill = self._standing.seen(status)
                if kill is not None and self.connected:
                    actions.append(msg.Send(kill))
            elif isinstance(callback, told.InverseOffered | told.InverseRescinded):
                actions += self._released_before(callback)
            turn.append(callback)
        if turn:
            self._calling, self._repeated = tuple(turn), tuple(repeated)
            actions.append(msg.Invoke(self._calling))
        elif repeated and self.connected:
            actions.append(msg.Send(calls.Acknowledge(tuple(repeated))))

    def _released_before(self, callback: told.InverseOffered | told.InverseRescinded) -> list[Action]:
        if isinstance(callback, told.InverseRescinded):
            self._standing.releases.rescinded(callback.inverse_offer_id)
            return []
        again = self._standing.releases.offered(callback.inverse_offers)
        return [msg.Send(calls.Release(again))] if again and self.connected else []

    def _is_news(self, status: TaskStatus, now: int) -> bool:
        """False for an update that was delivered, and for a second end: the answer to a question asked by the session
        and the update itself may both tell of one."""
        if status.uuid and not self._seen.add(status.uuid, now):
            return False
        if not status.terminal:
            self._ended.forget(f"{status.task_id}{REMOVED}")
            return True
        removed = status.reason is Reason.AGENT_REMOVED
        return self._ended.add(f"{status.task_id}{REMOVED}" if removed else status.task_id, now)

    def _on_invoked(self, event: msg.Invoked, now: int) -> list[Action]:
        called, self._calling = self._calling[: event.count], ()
        acks = tuple(
            (callback.status.task_id, callback.status.uuid)
            for callback in called
            if isinstance(callback, told.StatusUpdate) and callback.status.uuid
        )
        if self._stop is None:
            acks += self._repeated
        actions: list[Action] = [msg.Send(calls.Acknowledge(acks))] if acks and self.connected else []
        return actions if self._stop is None else actions + self._say_goodbye(now)


def _failure(event: msg.Failure) -> told.AgentLost | told.ExecutorLost:
    if not event.executor_id:
        return told.AgentLost(event.agent_id, event.reason)
    return told.ExecutorLost(event.agent_id, event.executor_id, event.exit_code, event.reason)
