"""Those who watch: each has what changed since it last looked, never more than the whole."""

import asyncio

from barter.master.actions import EndpointsChanged, ServiceView
from barter.master.history import Entry, History


class EndpointWatch:
    def __init__(self) -> None:
        self._changed: dict[str, ServiceView | None] = {}
        self._settled = False
        self._wake = asyncio.Event()
        self._closed = False

    def changed(self, action: EndpointsChanged) -> None:
        self._changed |= {view.service.service_id: view for view in action.services}
        self._changed |= dict.fromkeys(action.removed)
        self._settled = action.settled
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    async def next(self) -> EndpointsChanged | None:
        """What changed since the last call, once there is something; None when the master ends."""
        await self._wake.wait()
        if self._closed:
            return None
        self._wake.clear()
        changed, self._changed = self._changed, {}
        views = tuple(view for view in changed.values() if view is not None)
        removed = tuple(name for name, view in changed.items() if view is None)
        return EndpointsChanged(views, removed, self._settled, "watched")


class EventWatch:
    """Reads the history's ring; a watcher slower than the ring misses what fell out of it."""

    def __init__(self, history: History, last: int) -> None:
        self._history = history
        self._seen = history.sequence - min(last, history.sequence)
        self._wake = asyncio.Event()
        self._wake.set()
        self._closed = False

    def wake(self) -> None:
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    async def next(self) -> tuple[Entry, ...] | None:
        """The entries after those it has, perhaps none; None when the master ends."""
        await self._wake.wait()
        if self._closed:
            return None
        self._wake.clear()
        fresh = self._history.since(self._seen)
        self._seen = self._history.sequence
        return fresh
