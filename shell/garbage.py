"""Python's collector of cycles, made fit for processes that keep millions of objects for long."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

YOUNG_MOST, YOUNG_TIMES = 10_000, 5
FREEZE_SECONDS = 10.0
FULL_EVERY = 360


async def keep_out_of_the_way(sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Until cancelled: young objects are looked through as ever, old ones once an hour.

    By itself the collector goes through all that is kept again and again while that grows, and stops the process for
    as long; what is frozen it leaves alone. Almost nothing here is a cycle: what is not used any more goes at once.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG_MOST, YOUNG_TIMES, 1_000_000)
    try:
        while True:
            for _ in range(FULL_EVERY):
                gc.collect(1)
                gc.freeze()
                await sleep(FREEZE_SECONDS)
            gc.unfreeze()
            gc.collect()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
