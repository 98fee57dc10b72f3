"""What a framework asks of its master, and how the calls of one turn become few messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from barter.core.cluster import Demand, Filters, FrameworkInfo, Service
from barter.core.ids import AgentId, ExecutorId, OfferId, ReservationId, TaskId
from barter.core.operations import Operation
from barter.core.tasks import TaskInfo


@dataclass(frozen=True, slots=True)
class Subscribe:
    framework: FrameworkInfo
    demands_only: bool


@dataclass(frozen=True, slots=True)
class Launch:
    offer_ids: tuple[OfferId, ...]
    tasks: tuple[TaskInfo, ...]
    filters: Filters = Filters()
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Decline:
    offer_ids: tuple[OfferId, ...]
    filters: Filters = Filters()


@dataclass(frozen=True, slots=True)
class Revive:
    """No role: all of the framework's."""

    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppress:
    """No role: all of the framework's."""

    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    task_ids: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    task_ids: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True)
class Kill:
    """`grace_ms` None: the task's own grace."""

    task_id: TaskId
    grace_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """To an executor of the framework's own."""

    agent_id: AgentId
    executor_id: ExecutorId
    data: bytes


@dataclass(frozen=True, slots=True)
class Reconcile:
    """No id: every task of the framework."""

    task_ids: tuple[TaskId, ...] = ()


@dataclass(frozen=True, slots=True)
class ReconcileReservations:
    """`endings` are pairs of agent and reservation."""

    endings: tuple[tuple[AgentId, ReservationId], ...] = ()


@dataclass(frozen=True, slots=True)
class SetDemands:
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class SetServices:
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Pairs of task id and uuid; the framework is the session's."""

    acks: tuple[tuple[TaskId, str], ...]


@dataclass(frozen=True, slots=True)
class Teardown:
    pass


Call = (
    Launch
    | Decline
    | Revive
    | Suppress
    | Kill
    | Message
    | Release
    | Keep
    | Reconcile
    | ReconcileReservations
    | SetDemands
    | SetServices
    | Acknowledge
    | Teardown
    | Subscribe
)


def tasks_of(call: Call) -> tuple[TaskId, ...]:
    """The tasks whose status answers `call`."""
    match call:
        case Launch():
            return tuple(task.task_id for task in call.tasks)
        case Kill():
            return (call.task_id,)
        case Reconcile():
            return call.task_ids
        case _:
            return ()


def coalesce(calls: Iterable[Call]) -> list[Call]:
    """The same effect in fewer calls, in the same order.

    Of demands and of services only the last counts, acknowledgements wait for the end, neighbours that decline
    under the same filters become one, and so do neighbours that are the same call.
    """
    merged: list[Call] = []
    last: dict[type[Call], Call] = {}
    acks: list[tuple[TaskId, str]] = []
    for call in calls:
        match call:
            case Acknowledge():
                acks += call.acks
            case SetDemands() | SetServices():
                last[type(call)] = call
                merged.append(call)
            case Decline() if merged and isinstance(before := merged[-1], Decline) and before.filters == call.filters:
                merged[-1] = Decline(before.offer_ids + call.offer_ids, call.filters)
            case Revive() | Suppress() if merged and merged[-1] == call:
                pass
            case _:
                merged.append(call)
    kept = [call for call in merged if last.get(type(call), call) is call]
    return _with_acks(kept, acks)


def _with_acks(calls: list[Call], acks: Sequence[tuple[TaskId, str]]) -> list[Call]:
    if not acks:
        return calls
    end = len(calls) - 1 if calls and isinstance(calls[-1], Teardown) else len(calls)
    return [*calls[:end], Acknowledge(tuple(acks)), *calls[end:]]
