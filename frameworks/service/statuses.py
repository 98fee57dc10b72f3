"""What a status update changes."""

from dataclasses import replace

from barter.core.task_state import TaskState
from barter.frameworks.service.actions import Action
from barter.frameworks.service.announce import announce, announce_unknown
from barter.frameworks.service.book import ORPHANS, Book
from barter.frameworks.service.instances import Instance, is_failure
from barter.frameworks.service.members import Termination, first_to_blame
from barter.frameworks.service.resident import vacated
from barter.frameworks.service.state import MOST_TERMINATIONS, AppState, Failure
from barter.sdk import Reason, TaskStatus

FALLEN = "one of its containers has ended, and they end together"


def apply_status(book: Book, status: TaskStatus, now: int) -> list[Action]:
    if status.reason is Reason.AGENT_REMOVED:
        # It may return: for how long to wait is the app's to say, not the master's.
        status = replace(status, state=TaskState.UNREACHABLE)
    instance = book.roster.get(status.task_id)
    if instance is None:
        return _of_an_orphan(book, status, now)
    state = book.apps[instance.placed.app_id]
    was_healthy, was_lost, unheard = instance.was_healthy, instance.lost_ms is not None, instance.adopted
    before = instance.state, instance.healthy
    if not instance.apply(status, now):
        return []
    announce(book, state, instance, before, status)
    book.mark(state.stored.app_id)
    if instance.was_healthy and not was_healthy:
        state.backoff.lift()
    if (instance.lost_ms is not None) != was_lost:
        _crossed_the_horizon(book, state, instance, now)
    if not status.terminal:
        return []
    if _unasked(instance, status) and not unheard:
        instance.blamed = True
        _failed(state, instance, status, now)
    if instance.ended:
        vacated(book, instance)
        _remember(state, instance, now)
        return book.roster.remove(state, instance)
    return [] if instance.kill_reason else book.roster.doom([(instance, FALLEN)], now)


def _remember(state: AppState, instance: Instance, now: int) -> None:
    """How the last instances of a pod ended, the latest first."""
    if instance.members:
        parts = tuple(instance.members.values())
        blamed = first_to_blame(parts)
        message = f"{blamed.member.name}: {blamed.message}" if blamed.message else instance.kill_reason
        started = instance.started_ms or instance.placed.launched_ms
        ended = Termination(instance.task_id, started, now, message, parts)
        state.terminations = (ended, *state.terminations)[:MOST_TERMINATIONS]


def _unasked(instance: Instance, status: TaskStatus) -> bool:
    """Whether the end is to be looked at: not what we wanted, nor the end of a pod's other containers that follows."""
    if instance.blamed or status.reason is Reason.GROUP_ENDED:
        return False
    return instance.kill_reason in ("", FALLEN)


def _crossed_the_horizon(book: Book, state: AppState, instance: Instance, now: int) -> None:
    """It went out of reach, or came back: then an order to end that it never got is due."""
    if instance.lost_ms is None:
        instance.kill_due = min(instance.kill_due, now)
    else:
        book.watch_lost(state, instance)


def _failed(state: AppState, instance: Instance, status: TaskStatus, now: int) -> None:
    """An end nobody here asked for, of an instance that this process has heard of before."""
    placed = instance.placed
    state.last_failure = Failure(
        status.task_id, placed.host, placed.agent_id, status.state, status.message, placed.version, now
    )
    if is_failure(status):
        if instance.proven(now):
            state.backoff.reset()
        state.backoff.fail(state.app.delays, now)


def _of_an_orphan(book: Book, status: TaskStatus, now: int) -> list[Action]:
    """Ids are durable before they are launched, so a task that no record has is one that was given up."""
    announce_unknown(book, status)
    if status.terminal:
        book.orphans.pop(status.task_id, None)
    elif status.task_id not in book.orphans and status.state not in (TaskState.UNREACHABLE, TaskState.UNKNOWN):
        book.orphans[status.task_id] = now
        book.mark(ORPHANS)
    return []
