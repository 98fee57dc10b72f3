"""How a batch of the executor's actions is carried out: what of it is one call or one message, and in which order."""

from collections.abc import Iterable
from dataclasses import dataclass

from barter.agent.executor.actions import (
    Action,
    CancelFetch,
    Connect,
    EndTask,
    ExecutorStatus,
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
from barter.agent.executor.events import Order, TaskKey


@dataclass(frozen=True, slots=True)
class StartTasks:
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class ReleaseTasks:
    keys: tuple[TaskKey, ...]


@dataclass(frozen=True, slots=True)
class SendStatuses:
    statuses: tuple[ExecutorStatus, ...]


Step = (
    StartTasks
    | ReleaseTasks
    | SendStatuses
    | Connect
    | SendHello
    | FetchArtifacts
    | CancelFetch
    | EndTask
    | RunCheck
    | StopChecks
    | Measure
    | SendUsage
    | Exit
)


def steps(actions: Iterable[Action]) -> list[Step]:
    """Launches are one call, so are removals, statuses one message, all after the rest.

    But what is to be launched before a task is ended is with the runtime before, as it may be that task.
    """
    done: list[Step] = []
    orders: list[Order] = []
    keys: list[TaskKey] = []
    statuses: list[ExecutorStatus] = []
    for action in actions:
        match action:
            case StartTask():
                orders.append(action.order)
            case Release():
                keys.append(action.key)
            case SendStatus():
                statuses.append(action.status)
            case EndTask():
                done += _started(orders)
                orders = []
                done.append(action)
            case _:
                done.append(action)
    done += _started(orders)
    if keys:
        done.append(ReleaseTasks(tuple(keys)))
    if statuses:
        done.append(SendStatuses(tuple(statuses)))
    return done


def _started(orders: list[Order]) -> list[Step]:
    return [StartTasks(tuple(orders))] if orders else []
