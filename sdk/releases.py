"""Releases that a master has not heard: each is told again to one that names its task in the same inverse offer."""

from collections.abc import Iterable

from barter.core.cluster import InverseOffer
from barter.core.ids import InverseOfferId, TaskId


class Releases:
    """A release answers the inverse offer that named its task last, and no later one: the agent may have stayed, and be
    given up again, when its replacement is long gone."""

    def __init__(self) -> None:
        self._named: dict[TaskId, InverseOfferId] = {}
        self._released: dict[TaskId, InverseOfferId] = {}

    def note(self, task_ids: Iterable[TaskId]) -> None:
        """The framework releases them."""
        self._released.update((name, self._named[name]) for name in task_ids if name in self._named)

    def offered(self, inverse_offers: Iterable[InverseOffer]) -> tuple[TaskId, ...]:
        """The tasks among those named that were released before: the master has not heard it."""
        again: list[TaskId] = []
        for offer in inverse_offers:
            for task_id in offer.tasks:
                self._named[task_id] = offer.inverse_offer_id
                if self._released.get(task_id) == offer.inverse_offer_id:
                    again.append(task_id)
        return tuple(again)

    def rescinded(self, inverse_offer_id: InverseOfferId) -> None:
        for task_id in [name for name, given in self._named.items() if given == inverse_offer_id]:
            self.ended(task_id)

    def ended(self, task_id: TaskId) -> None:
        self._named.pop(task_id, None)
        self._released.pop(task_id, None)
