"""Agents that are to be given up: their instances are going, until the master takes that back.

What it takes back while there is no session is never heard of. So with each new session the marks are in doubt, and
those that it does not make again within a while are gone.
"""

from barter.frameworks.service.actions import Action
from barter.frameworks.service.book import Book
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.state import AppState
from barter.sdk import InverseOffer

DOUBT_MS = 60_000


def give_up(book: Book, offer: InverseOffer, now: int) -> list[Action]:
    """The instances named are going, but for those that nothing can replace before their agent goes.

    One that was released already is released again: it may not have been heard.
    """
    named = [
        instance
        for task_id in offer.tasks
        if (instance := book.roster.get(task_id)) is not None and not (instance.placed.place and offer.start_ms > now)
    ]
    for instance in named:
        book.mark(instance.placed.app_id)
        instance.kill_due = min(instance.kill_due, now)
    return book.roster.give_up(named, offer.inverse_offer_id)


def stay(book: Book, inverse_offer_id: str, now: int) -> list[Action]:
    back = [instance for instance in book.roster.going() if instance.placed.inverse_offer == inverse_offer_id]
    for instance in back:
        book.mark(instance.placed.app_id)
    return _back(book, back, now)


def doubt_all(book: Book, now: int) -> None:
    for instance in book.roster.going():
        instance.going_until = now + DOUBT_MS
        book.alarm(instance.going_until, instance.placed.app_id)


def stay_after_all(book: Book, state: AppState, now: int) -> list[Action]:
    """Nobody said again that their agents go."""
    instances = state.instances.values()
    back = [one for one in instances if one.going_until is not None and one.going_until <= now]
    return _back(book, back, now)


def _back(book: Book, back: list[Instance], now: int) -> list[Action]:
    """Their agents stay. Who is to end all the same was released until now, which the master did not take."""
    for instance in back:
        instance.kill_due = min(instance.kill_due, now)
    return book.roster.give_up(back, "")
