"""What waits to be written on one stream, joined into few messages."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeVar

from barter.core.ids import FrameworkId
from barter.master.messages import Acknowledge, Offers, Run, ToAgent, ToFramework, Update

JOINED_MOST = 5_000
WAITING_MOST = 200_000
BEATS_MOST = 2
Message = ToAgent | ToFramework
ItemT = TypeVar("ItemT")


class Outbox:
    """A peer that reads empties it between two heartbeats, however much was put in at once.

    It is `overfull` when more than `WAITING_MOST` items wait and none was taken for `BEATS_MOST` heartbeats.
    """

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._items = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._beats = 0
        self.overfull = False

    def put(self, message: Message) -> None:
        if self._closed or self.overfull:
            return
        self._items += size(message)
        self._waiting.append(message)
        self._wake.set()

    def beat(self) -> None:
        """A heartbeat is due: have something written, if nothing else waits."""
        self._beats += 1
        self.overfull = self._items > WAITING_MOST and self._beats > BEATS_MOST
        self._wake.set()

    def close(self) -> None:
        """End after what already waits."""
        self._closed = True
        self._wake.set()

    async def take(self) -> list[Message] | None:
        """All that waits, as soon as there is any; nothing when it is time for a heartbeat; None once closed."""
        while not self._waiting:
            if self._closed:
                return None
            if self._beats:
                self._beats = 0
                return []
            self._wake.clear()
            await self._wake.wait()
        taken, self._waiting, self._items, self._beats = self._waiting, [], 0, 0
        return joined(taken)


def size(message: Message) -> int:
    match message:
        case Update(statuses=items) | Acknowledge(acks=items) | Offers(offers=items) | Run(tasks=items):
            return len(items)
        case _:
            return 1


def joined(messages: Sequence[Message]) -> list[Message]:
    """Neighbours of one kind as one message of at most `JOINED_MOST` items, in the same order."""
    if len(messages) == 1:
        return list(messages)
    result: list[Message] = []
    for (kind, framework_id), group in groupby(messages, _kind):
        if kind is Update:
            statuses = (status for each in group if isinstance(each, Update) for status in each.statuses)
            result += [Update(part) for part in _parts(statuses)]
        elif kind is Acknowledge:
            acks = (ack for each in group if isinstance(each, Acknowledge) for ack in each.acks)
            result += [Acknowledge(part) for part in _parts(acks)]
        elif kind is Offers:
            offers = (offer for each in group if isinstance(each, Offers) for offer in each.offers)
            result += [Offers(part) for part in _parts(offers)]
        elif kind is Run:
            tasks = (task for each in group if isinstance(each, Run) for task in each.tasks)
            result += [Run(framework_id, part) for part in _parts(tasks)]
        else:
            result += group
    return result


def _kind(message: Message) -> tuple[type[Message], FrameworkId]:
    return type(message), message.framework_id if isinstance(message, Run) else FrameworkId("")


def _parts(items: Iterable[ItemT]) -> list[tuple[ItemT, ...]]:
    every = tuple(items)
    return [every[at : at + JOINED_MOST] for at in range(0, len(every), JOINED_MOST)]
