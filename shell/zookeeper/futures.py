"""Futures of futures: no thread waits for one."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
ChangedT = TypeVar("ChangedT")


def then(future: Future[ValueT], change: Callable[[ValueT], ChangedT]) -> Future[ChangedT]:
    """What `change` makes of the result; an error stays as it is."""
    changed: Future[ChangedT] = Future()
    changed.set_running_or_notify_cancel()

    def done(answered: Future[ValueT]) -> None:
        if (error := answered.exception()) is not None:
            changed.set_exception(error)
        else:
            changed.set_result(change(answered.result()))

    future.add_done_callback(done)
    return changed


def gather(futures: dict[KeyT, Future[ValueT]]) -> Future[dict[KeyT, ValueT]]:
    """All results at once, or the first error."""
    gathered: Future[dict[KeyT, ValueT]] = Future()
    gathered.set_running_or_notify_cancel()
    lock, left = threading.Lock(), len(futures)

    def done(answered: Future[ValueT]) -> None:
        nonlocal left
        with lock:
            left -= 1
            error = answered.exception()
            if gathered.done() or (left and error is None):
                return
        # Of two errors at once the second comes too late.
        with contextlib.suppress(Exception):
            if error is not None:
                gathered.set_exception(error)
            else:
                gathered.set_result({key: future.result() for key, future in futures.items()})

    for future in futures.values():
        future.add_done_callback(done)
    if not futures:
        gathered.set_result({})
    return gathered
