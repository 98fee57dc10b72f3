"""The shape of every participant: a state machine that shells feed with events and whose actions they carry out."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

EventT = TypeVar("EventT", contravariant=True)
ActionT = TypeVar("ActionT")


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: the event a machine gets when its `next_wakeup` has come."""


def earliest(*times: int | None) -> int | None:
    """The first of the times that are any; every turn of every machine asks for it."""
    first = None
    for at in times:
        if at is not None and (first is None or at < first):
            first = at
    return first


class Machine(Protocol[EventT, ActionT]):
    """A pure core: no I/O, clock, randomness or thread. Its `now` is in milliseconds and never runs backwards."""

    def step(self, event: EventT | Tick, now: int) -> "list[ActionT]":
        """Apply one event and return the actions it causes, in the order they are to be carried out."""
        ...

    def next_wakeup(self) -> int | None:
        """When it wants its next Tick, or None while nothing is due by time alone."""
        ...
