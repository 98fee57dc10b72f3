"""A simulated executor's fetcher: artifacts take a while, and what waits for them outlives the executor, as a file."""

from collections.abc import Callable, Iterable
from functools import partial
from random import Random

from barter.agent.executor.events import Fetched, NotStarted, Order, TaskKey
from barter.core.tasks import Reason

FETCH_US = (5_000, 2_000_000)
_CANCELLED = "killed while its artifacts were fetched"
Report = Callable[[Fetched | NotStarted], None]


class SimFetches:
    """`pending` is the machine's: what waits for its artifacts, with its end once it will not start."""

    def __init__(
        self,
        pending: dict[TaskKey, tuple[Order, NotStarted | None]],
        rng: Random,
        later: Callable[[int, Callable[[], None]], None],
        report: Report,
    ) -> None:
        self._pending, self._rng = pending, rng
        self._later, self._report = later, report
        self._under_way: set[TaskKey] = set()

    def left(self, running: Iterable[TaskKey]) -> tuple[Order, ...]:
        """What an earlier executor did not start."""
        self.settled(running)
        return tuple(order for order, _ in self._pending.values())

    def begin(self, order: Order) -> None:
        _, end = self._pending.setdefault(order.key, (order, None))
        if end is not None:
            self._later(0, partial(self._report, end))
            return
        self._under_way.add(order.key)
        self._later(self._rng.randrange(*FETCH_US), partial(self._over, order.key))

    def cancel(self, key: TaskKey) -> None:
        if key in self._under_way:
            self._under_way.discard(key)
            end = NotStarted(key, Reason.KILLED_BY_FRAMEWORK, _CANCELLED)
            self.not_started(end)
            self._report(end)

    def not_started(self, end: NotStarted) -> None:
        if (found := self._pending.get(end.key)) is not None:
            self._pending[end.key] = found[0], end

    def settled(self, keys: Iterable[TaskKey]) -> None:
        for key in keys:
            self._pending.pop(key, None)

    def _over(self, key: TaskKey) -> None:
        if key in self._under_way:
            self._under_way.discard(key)
            self._report(Fetched(key))
