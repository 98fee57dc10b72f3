"""Old objects are left alone by the collector, but not for ever, and nothing of it stays when the process is done."""

import asyncio
import contextlib
import gc
import weakref

from barter.shell import garbage


class Knot:
    """A cycle: only the collector can take it away."""

    def __init__(self) -> None:
        self.me = self


def test_old_objects_are_frozen_and_looked_through_once_an_hour() -> None:
    thresholds = gc.get_threshold()
    knots = [Knot()]
    gone = weakref.ref(knots[0])
    slept, found = 0, list[bool]()

    async def sleep(seconds: float) -> None:
        nonlocal slept
        assert gc.get_freeze_count() > 0
        slept += 1
        knots.clear()
        found.append(gone() is not None)
        if slept > garbage.FULL_EVERY:
            raise asyncio.CancelledError

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(garbage.keep_out_of_the_way(sleep))
    assert found == [True] * garbage.FULL_EVERY + [False]
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, thresholds)
