"""What to download, what to take from the cache, what to put where: the fetcher of an executor as a state machine."""

from collections import deque
from dataclasses import dataclass, field

from barter.agent.executor.events import TaskKey
from barter.agent.fetch import events as ev
from barter.agent.fetch.plans import Plan, plan
from barter.agent.fetch.shelf import File, Shelf
from barter.core.tasks import Reason

DOWNLOADS, PLACINGS = 4, 4
"""How many go on at once."""

_CANCELLED = ev.Problem("killed while its artifacts were fetched", Reason.KILLED_BY_FRAMEWORK)


@dataclass(slots=True)
class _Fetch:
    """One task's artifacts, one after the other; `left` is what may still come, in bytes."""

    key: TaskKey
    plans: tuple[Plan, ...]
    left: int
    index: int = 0
    retried: bool = False
    awaited: int = 0
    file: File | None = None
    placing: int = 0

    @property
    def plan(self) -> Plan:
        return self.plans[self.index]


@dataclass(slots=True)
class _Download:
    plan: Plan
    limit: int
    waiting: list[TaskKey] = field(default_factory=list)


class Fetcher:
    """`step(event) -> actions`; every Begin is answered by one Done or Failed."""

    def __init__(self, cache_limit: int = 0, found: tuple[ev.Kept, ...] = ()) -> None:
        self._shelf = Shelf(cache_limit, found)
        self._fetches: dict[TaskKey, _Fetch] = {}
        self._downloads: dict[int, _Download] = {}
        self._queued: deque[int] = deque()
        self._placings: dict[int, TaskKey] = {}
        self._to_place: deque[TaskKey] = deque()
        self._number = max((kept.number for kept in found), default=0)

    @property
    def busy(self) -> bool:
        return bool(self._fetches)

    def step(self, event: ev.FetchEvent) -> list[ev.FetchAction]:
        actions = self._apply(event)
        return [*actions, *self._begin_waiting()]

    def _apply(self, event: ev.FetchEvent) -> list[ev.FetchAction]:
        match event:
            case ev.Begin():
                return self._begin(event)
            case ev.Cancel():
                return self._cancel(event.key)
            case ev.CacheLimit():
                return self._shelf.resize(event.size)
            case ev.Sized():
                download = self._downloads.get(event.number)
                return self._shelf.expect(event.number, event.size) if download and download.plan.cache else []
            case ev.Downloaded():
                return self._downloaded(event)
            case ev.DownloadFailed():
                return self._download_failed(event)
            case ev.Placed():
                return self._placed(event)
            case ev.NotPlaced():
                return self._not_placed(event)

    def _begin(self, event: ev.Begin) -> list[ev.FetchAction]:
        if event.key in self._fetches:
            return []
        try:
            plans = tuple(plan(artifact) for artifact in event.artifacts)
        except ValueError as error:
            return [ev.Failed(event.key, ev.Problem(str(error)))]
        fetch = self._fetches[event.key] = _Fetch(event.key, plans, event.limit)
        return [*self._shelf.tidy(), *self._next(fetch)]

    def _next(self, fetch: _Fetch) -> list[ev.FetchAction]:
        """Turn to the artifact that is next: wait for its download, or for its turn to be put in place."""
        if fetch.index == len(fetch.plans):
            del self._fetches[fetch.key]
            return [ev.Done(fetch.key)]
        if fetch.plan.cache and (file := self._shelf.find(fetch.plan)) is not None:
            return self._take(fetch, file)
        fetch.awaited = self._shared(fetch.plan) or self._new_download(fetch)
        self._downloads[fetch.awaited].waiting.append(fetch.key)
        return []

    def _shared(self, wanted: Plan) -> int:
        """The download under way of the same thing, or 0."""
        for number, download in self._downloads.items():
            its = download.plan
            if wanted.cache and its.cache and (its.uri, its.sha256) == (wanted.uri, wanted.sha256):
                return number
        return 0

    def _new_download(self, fetch: _Fetch) -> int:
        self._number += 1
        self._downloads[self._number] = _Download(fetch.plan, fetch.left)
        self._queued.append(self._number)
        return self._number

    def _take(self, fetch: _Fetch, file: File) -> list[ev.FetchAction]:
        fetch.awaited, fetch.file = 0, file
        self._to_place.append(fetch.key)
        return self._shelf.use(file, fetch.key)

    def _begin_waiting(self) -> list[ev.FetchAction]:
        actions: list[ev.FetchAction] = []
        under_way = len(self._downloads) - len(self._queued)
        while self._queued and under_way < DOWNLOADS:
            number = self._queued.popleft()
            download = self._downloads[number]
            actions.append(ev.Download(number, download.plan, download.limit))
            under_way += 1
        while self._to_place and len(self._placings) < PLACINGS:
            fetch = self._fetches[self._to_place.popleft()]
            assert fetch.file is not None
            self._number += 1
            fetch.placing = self._number
            self._placings[fetch.placing] = fetch.key
            what = fetch.file.what
            actions.append(ev.PutInPlace(fetch.placing, fetch.key, fetch.plan, what.number, what.sha256, fetch.left))
        return actions

    def _downloaded(self, event: ev.Downloaded) -> list[ev.FetchAction]:
        download = self._downloads.pop(event.number, None)
        if download is None:
            return []
        its = download.plan
        what = ev.Kept(event.number, its.uri, its.sha256, event.size, event.sha256)
        file, actions = self._shelf.arrived(what, keep=its.cache)
        for key in download.waiting:
            actions += self._take(self._fetches[key], file)
        return [*actions, *self._shelf.tidy()]

    def _download_failed(self, event: ev.DownloadFailed) -> list[ev.FetchAction]:
        """Those who may have more than this download could bring try again for themselves."""
        download = self._downloads.pop(event.number, None)
        if download is None:
            return []
        self._shelf.gave_up(event.number)
        actions: list[ev.FetchAction] = []
        for key in download.waiting:
            fetch = self._fetches[key]
            if event.too_large and fetch.left > download.limit:
                actions += self._next(fetch)
            else:
                actions += self._fail(fetch, event.problem)
        return actions

    def _placed(self, event: ev.Placed) -> list[ev.FetchAction]:
        fetch = self._placing_over(event.number)
        if fetch is None:
            return []
        actions = self._leave(fetch)
        fetch.left = max(fetch.left - event.size, 0)
        fetch.index += 1
        fetch.retried = False
        return [*actions, *self._next(fetch)]

    def _not_placed(self, event: ev.NotPlaced) -> list[ev.FetchAction]:
        fetch = self._placing_over(event.number)
        if fetch is None:
            return []
        if event.corrupt and fetch.file is not None:
            self._shelf.spoilt(fetch.file)
        actions = self._leave(fetch)
        if event.corrupt and not fetch.retried:
            fetch.retried = True
            return [*actions, *self._next(fetch)]
        return [*actions, *self._fail(fetch, event.problem)]

    def _placing_over(self, number: int) -> _Fetch | None:
        key = self._placings.pop(number, None)
        if key is None:
            return None
        fetch = self._fetches[key]
        fetch.placing = 0
        return fetch

    def _leave(self, fetch: _Fetch) -> list[ev.FetchAction]:
        file, fetch.file = fetch.file, None
        return self._shelf.left(file, fetch.key) if file is not None else []

    def _fail(self, fetch: _Fetch, problem: ev.Problem) -> list[ev.FetchAction]:
        del self._fetches[fetch.key]
        return [ev.Failed(fetch.key, problem)]

    def _cancel(self, key: TaskKey) -> list[ev.FetchAction]:
        fetch = self._fetches.get(key)
        if fetch is None:
            return []
        actions: list[ev.FetchAction] = []
        if fetch.awaited:
            actions += self._stop_waiting(fetch)
        elif fetch.placing:
            del self._placings[fetch.placing]
            actions.append(ev.StopPlacing(fetch.placing, "its task was killed"))
        else:
            self._to_place.remove(key)
        return [*actions, *self._leave(fetch), *self._fail(fetch, _CANCELLED)]

    def _stop_waiting(self, fetch: _Fetch) -> list[ev.FetchAction]:
        """The last one who waits for a download ends it."""
        number, waiting = fetch.awaited, self._downloads[fetch.awaited].waiting
        waiting.remove(fetch.key)
        if waiting:
            return []
        del self._downloads[number]
        self._shelf.gave_up(number)
        if number in self._queued:
            self._queued.remove(number)
            return []
        return [ev.StopDownload(number, "nobody waits for it any more")]
