"""What waits to be said to one peer, joined into few messages."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeVar

from barter.core.ids import FrameworkId
from barter.master.messages import Acknowledge, Offers, Run, ToAgent, ToFramework, Update

JOINED_MOST = 5_000
Message = ToAgent | ToFramework
ItemT = TypeVar("ItemT")


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
