"""Who wants to hear of which node, once."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

Call = Callable[[], None]


class Watches:
    """One watcher of kazoo's for each node and kind, however often and by how many it is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], list[Call]] = {}

    def watcher(self, kind: str, path: str, call: Call) -> "Watcher":
        """What is to be called when something happened to the node; then `call` comes, in that thread."""
        with self._lock:
            calls = self._calls.setdefault((kind, path), [])
            if call not in calls:
                calls.append(call)
        return Watcher(self._fire, kind, path)

    def forget_failed(self, asked: Future[Any], kind: str, path: str, call: Call) -> None:
        """Once the question has failed, or found no node: there is no watch then."""

        def answered(future: Future[Any]) -> None:
            if future.exception() is None and future.result() is not None:
                return
            with self._lock, contextlib.suppress(KeyError, ValueError):
                self._calls[kind, path].remove(call)

        asked.add_done_callback(answered)

    def _fire(self, kind: str, path: str) -> None:
        with self._lock:
            calls = self._calls.pop((kind, path), [])
        for call in calls:
            call()


class Watcher:
    """Equal to another of the same node and kind, so that kazoo keeps one of them."""

    def __init__(self, fire: Callable[[str, str], None], kind: str, path: str) -> None:
        self._fire, self._key = fire, (kind, path)

    def __call__(self, event: object) -> None:
        self._fire(*self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Watcher) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)
