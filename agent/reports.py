"""What the executor says: its statuses become the agent's updates, its Hello is reconciled with the ledger."""

from dataclasses import replace

from barter.agent.actions import KillAtExecutor, SendRecorded
from barter.agent.book import Entry
from barter.agent.events import ExecutorHello, ExecutorReports, Reported
from barter.agent.executor.protocol import refusal
from barter.agent.facts import ExecutorRecorded, HandedOver, Home
from barter.agent.reconcile import EndUnlaunched, KillAgain, KillOrphan, Launch, Lose, reconcile
from barter.agent.turn import Turn
from barter.core.task_state import TRANSITIONS, TaskState
from barter.core.tasks import Reason, Source, TaskStatus

_S = TaskState
_OWN_SAY = frozenset(
    {_S.STARTING, _S.RUNNING, _S.KILLING, _S.FINISHED, _S.FAILED, _S.KILLED, _S.ERROR, _S.DROPPED, _S.LOST}
)
"""What a framework's executor may say of its tasks; the rest is judged by agents and masters."""


def hello(turn: Turn, event: ExecutorHello, *, launches: bool = True) -> None:
    """Without `launches` what it does not have yet waits for the executor after it."""
    book, home = turn.book, event.home
    known = book.recorded(event.executor, home)
    last = max((report.sequence for report in event.statuses), default=0)
    for report in (*_unrecorded(event.statuses, known), *event.tasks):
        _apply(turn, report, home)
    if (home is None and event.executor != book.executor) or last > known:
        turn.record(ExecutorRecorded(event.executor, max(known, last), home))
    _carry_out(turn, event, launches=launches)
    if recorded := book.recorded(event.executor, home):
        turn.add(SendRecorded(recorded, home))


def reports(turn: Turn, event: ExecutorReports) -> None:
    """Apply statuses in order; those recorded before (sent again, the answer was lost) are only answered again."""
    home, known = event.home, turn.book.recorded(event.executor, event.home)
    for report in _unrecorded(event.statuses, known):
        _apply(turn, report, home)
    last = max((report.sequence for report in event.statuses), default=0)
    if last > known:
        turn.record(ExecutorRecorded(event.executor, last, home))
    turn.add(SendRecorded(max(known, last), home))


def _unrecorded(statuses: tuple[Reported, ...], known: int) -> list[Reported]:
    return [report for report in statuses if report.sequence > known]


def _apply(turn: Turn, report: Reported, home: Home) -> None:
    """Make it the task's next update, unless it is no news or the table of states does not allow it."""
    status = report.status
    entry = turn.book.find(report.framework_id, status.task_id)
    if entry is None:
        if report.sequence and not status.terminal:
            turn.note(f"{status.state} of task {status.task_id}, which the ledger does not know: ignored", problem=True)
        return
    if entry.live and (entry.home != home or (home is not None and status.state not in _OWN_SAY)):
        turn.note(f"{status.state} of task {status.task_id} is not for its executor to say: ignored", problem=True)
        return
    status = _with_what_was_found(status, entry.status)
    if status.state in TRANSITIONS[entry.status.state] and not _no_news(status, report.sequence, entry.status):
        turn.pass_on(entry, _with_cause(status, entry.status, home))


def _with_cause(status: TaskStatus, known: TaskStatus, home: Home) -> TaskStatus:
    """What ends while it is being killed was killed, and for the reason told then: a new executor may know neither.

    A framework's executor says itself how a task ends, only the reason of a kill that the agent ordered is the agent's.
    """
    if known.state is not TaskState.KILLING:
        return status
    if status.state is TaskState.KILLED and (home is None or known.source is Source.AGENT):
        return replace(status, reason=known.reason or status.reason)
    if home is None and status.state in (TaskState.FINISHED, TaskState.FAILED):
        return replace(
            status, state=TaskState.KILLED, reason=known.reason, message=f"{known.message}; {status.message}"
        )
    return status


def _with_what_was_found(status: TaskStatus, known: TaskStatus) -> TaskStatus:
    """An executor that found the task has yet to check it: until then it is as healthy and ready as it was."""
    if status.terminal:
        return status
    healthy = known.healthy if status.healthy is None else status.healthy
    ready = known.ready if status.ready is None else status.ready
    check, address = status.check or known.check, status.address or known.address
    return replace(status, healthy=healthy, ready=ready, address=address, check=check)


def _no_news(status: TaskStatus, sequence: int, known: TaskStatus) -> bool:
    """A task found again (sequence 0) is news by its state alone."""
    if not sequence:
        return status.state is known.state
    return _said(status) == _said(known)


def _said(status: TaskStatus) -> tuple[object, ...]:
    known = status.healthy, status.ready, status.address, status.check
    return (status.state, status.reason, status.message, status.exit_code, *known)


def _carry_out(turn: Turn, event: ExecutorHello, *, launches: bool) -> None:
    handed: list[Entry] = []
    for decision in reconcile(turn.book, event):
        match decision:
            case KillOrphan(key, reason):
                turn.note(f"task {key[1]} is killed: {reason}", problem=True)
                turn.kill_task(KillAtExecutor(*key, -1, reason, event.home))
            case Lose(entry, reason):
                turn.tell(entry, TaskState.LOST, Reason.EXECUTOR_LOST, reason)
            case KillAgain(entry, reason):
                turn.kill(entry, -1, reason)
            case EndUnlaunched(entry, reason):
                turn.tell(entry, TaskState.KILLED, entry.status.reason, reason)
            case Launch(entry, _) if (ended := turn.ended_of_group(entry)) is not None:
                why = f"task {ended.task.task_id} of its group has ended; it had not started"
                turn.tell(entry, TaskState.KILLED, Reason.GROUP_ENDED, why)
            case Launch(entry, reason) if event.home is None and (why := refusal(entry.task, event.protocol)):
                if launches:
                    turn.tell(entry, TaskState.DROPPED, Reason.RUNTIME_MISSING, why)
            case Launch(entry, reason):
                if launches:
                    handed.append(entry)
                    turn.launch(entry.framework_id, entry.task, reason, event.home)
    fresh = tuple(entry.key for entry in handed if entry.executor != event.executor)
    if fresh:
        turn.record(HandedOver(event.executor, fresh))
    _adopt(turn, event)


def _adopt(turn: Turn, event: ExecutorHello) -> None:
    """Tasks this executor found alive after an earlier one: they are in its hands now."""
    adopted: list[Entry] = []
    for report in event.tasks:
        entry = turn.book.find(report.framework_id, report.status.task_id)
        if entry is not None and entry.live and entry.executor != event.executor:
            adopted.append(entry)
    if adopted:
        turn.record(HandedOver(event.executor, tuple(entry.key for entry in adopted)))
