"""How a batch of actions is carried out: what is durable first, then what goes to whom in how many messages."""

from collections.abc import Iterable

from barter.agent.actions import (
    Action,
    LaunchTasks,
    Record,
    SendHeartbeat,
    SendRecorded,
    SendRegister,
    SendSlack,
    SendToScheduler,
    SendUnregister,
    SendUpdates,
    SendVolumes,
)
from barter.agent.facts import Home

LAUNCHES_PER_MESSAGE = 500


def steps(actions: Iterable[Action]) -> list[Action]:
    """The same batch as at most one Record, first; each other step is at most one message, in the order to send them.

    Updates share a message unless something else for the master comes between, and leave before the next launches,
    which are parted so that the executor begins while the rest is prepared. SendRecorded comes last, once for each
    executor: only then is all that the batch says of its statuses on its way.
    """
    return _Steps().of(actions)


class _Steps:
    def __init__(self) -> None:
        self._facts: list[Record] = []
        self._done: list[Action] = []
        self._updates: list[SendUpdates] = []
        self._recorded: dict[Home, SendRecorded] = {}

    def of(self, actions: Iterable[Action]) -> list[Action]:
        for action in actions:
            self._add(action)
        self._flush()
        first: list[Action] = []
        if self._facts:
            first.append(Record(tuple(fact for record in self._facts for fact in record.facts)))
        return [*first, *self._done, *self._recorded.values()]

    def _add(self, action: Action) -> None:
        match action:
            case Record():
                self._facts.append(action)
            case SendUpdates():
                self._updates.append(action)
            case SendRecorded():
                self._recorded[action.home] = action
            case LaunchTasks():
                self._flush()
                self._done += _parted(action)
            case SendRegister() | SendHeartbeat() | SendSlack() | SendVolumes() | SendToScheduler() | SendUnregister():
                self._flush()
                self._done.append(action)
            case _:
                self._done.append(action)

    def _flush(self) -> None:
        if self._updates:
            self._done.append(SendUpdates(tuple(update for each in self._updates for update in each.updates)))
            self._updates.clear()


def _parted(launch: LaunchTasks) -> list[Action]:
    tasks = launch.tasks
    parts = (tasks[start : start + LAUNCHES_PER_MESSAGE] for start in range(0, len(tasks), LAUNCHES_PER_MESSAGE))
    return [LaunchTasks(part, launch.reason, launch.home) for part in parts]
