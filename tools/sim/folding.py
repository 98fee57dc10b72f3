"""What repeats in a story, told once: a framework that spins would fill it with nothing else."""

from collections.abc import Callable
from functools import partial

from barter.sdk import calls
from barter.sdk.callbacks import Callback, Offered
from barter.tools.sim.world import SECOND_US

MOST = 3
"""So many alike of one process within a second are told each; those that follow are counted."""
NOTHING, DECLINES, REVIVES = ANSWERS = ("accepts offers for nothing", "declines offers", "says revive")
Write = Callable[[int, str, Callable[[], str]], None]


class Folding:
    """`write` hears when, who and how to say what, in the order of time; what was folded at the end of its second."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._began_us: dict[tuple[str, str], int] = {}
        self._now_us = 0
        self._count: dict[tuple[str, str], int] = {}

    def tell(self, at_us: int, who: str, kind: str, say: Callable[[], str]) -> None:
        """`kind` says in words which are alike; what has none is told always."""
        self._now_us = at_us
        self._until(at_us)
        if not kind or self._counted(at_us, (who, kind)) <= MOST:
            self._write(at_us, who, say)

    def kind_of(self, framework: str, thing: Callback | calls.Call) -> str:
        """Calls that say no or ask for more are alike, and so are offers while the answers to them are folded."""
        match thing:
            case calls.Launch(tasks=()):
                return NOTHING
            case calls.Decline():
                return DECLINES
            case calls.Revive():
                return REVIVES
            case Offered() if self.spins(framework):
                return "is told of offers"
            case _:
                return ""

    def spins(self, framework: str) -> bool:
        """Whether its answers to offers are being folded."""
        return any(self._count.get((framework, kind), 0) > MOST for kind in ANSWERS)

    def close(self) -> None:
        """Tell what is still folded."""
        for key in list(self._began_us):
            self._end(key)

    def _counted(self, at_us: int, key: tuple[str, str]) -> int:
        self._began_us.setdefault(key, at_us)
        self._count[key] = self._count.get(key, 0) + 1
        return self._count[key]

    def _until(self, at_us: int) -> None:
        while self._began_us:
            first = next(iter(self._began_us))
            if at_us < self._began_us[first] + SECOND_US:
                return
            self._end(first)

    def _end(self, key: tuple[str, str]) -> None:
        ends_us = min(self._began_us.pop(key) + SECOND_US, self._now_us)
        if (folded := self._count.pop(key) - MOST) > 0:
            self._write(ends_us, key[0], partial(str, f"{key[1]}, {folded} times more within this second"))
