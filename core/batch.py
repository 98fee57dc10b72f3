"""A core and the events that wait for it: how a runner, and the simulator, feed it."""

from typing import Generic, TypeVar

from barter.core.machine import Machine, Tick

EventT = TypeVar("EventT")
ActionT = TypeVar("ActionT")


class Batch(Generic[EventT, ActionT]):
    """`turn` applies all that waits at one moment, then a Tick if one is due, so that many events cost one answer.

    `wakeup` is when the machine wanted its next Tick after the last turn.
    """

    def __init__(self, machine: Machine[EventT, ActionT]) -> None:
        self.machine = machine
        self.waiting: list[EventT] = []
        self.wakeup = machine.next_wakeup()

    def post(self, event: EventT) -> None:
        self.waiting.append(event)

    def turn(self, now: int) -> list[ActionT]:
        """What all waiting events cause, in order."""
        events, self.waiting = self.waiting, []
        machine = self.machine
        actions: list[ActionT] = []
        for event in events:
            actions += machine.step(event, now)
        self.wakeup = machine.next_wakeup()
        if self.wakeup is not None and self.wakeup <= now:
            actions += machine.step(Tick(), now)
            self.wakeup = machine.next_wakeup()
        return actions
