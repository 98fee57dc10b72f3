"""Being woken at a time that moves, by a driver's timers, which cannot be taken back."""

from collections.abc import Callable

from barter.sdk import Driver


class Wakeups:
    """Calls `wake` at every time asked for, or earlier; whoever is woken asks again for what is still to come.

    Timers are few: one is set only where none is outstanding that comes first.
    """

    def __init__(self, driver: Driver, wake: Callable[[], None]) -> None:
        self._driver = driver
        self._wake = wake
        self._outstanding: list[int] = []

    def at(self, due: int) -> None:
        """`due` in the driver's milliseconds; what is past comes with the driver's next turn."""
        if self._outstanding and self._outstanding[-1] <= due:
            return
        self._outstanding.append(due)
        self._driver.call_later(max(due - self._driver.now(), 0), lambda: self._ring(due))

    def _ring(self, due: int) -> None:
        self._outstanding.remove(due)
        self._wake()
