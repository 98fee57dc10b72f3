"""How deep each app is in the dependencies: it comes after all that it depends on, side by side with its equals."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from barter.frameworks.service.app import App
from barter.frameworks.service.state import AppState, StoredGroup


class Cycle(Exception):
    """`members` depend on each other in this order."""

    def __init__(self, members: tuple[str, ...]) -> None:
        super().__init__(f"they depend on each other: {' -> '.join(members)}")
        self.members = members


class Order:
    """`changed` are the apps that will be others than in `apps`, or none. A dependency is an app's own, or that of a
    group it is in, on an app or a group. What it names and is not there is waited for by nobody.
    """

    def __init__(
        self,
        apps: Mapping[str, AppState],
        changed: Mapping[str, App | None],
        groups: Mapping[str, StoredGroup],
    ) -> None:
        self._apps = apps
        self._changed = changed
        self._groups = groups
        self._depths: dict[str, int] = {}
        self._sorted: list[str] | None = None

    def depths(self, app_ids: Iterable[str]) -> dict[str, int]:
        """By app: 1 where it depends on nothing. Raises Cycle."""
        return {app_id: self._depth(app_id) for app_id in app_ids}

    def _depth(self, start: str) -> int:
        """The longest path from it, without recursion, as chains may be long."""
        path: dict[str, list[str]] = {}
        waiting = [start]
        while waiting:
            app_id = waiting[-1]
            if app_id in self._depths:
                waiting.pop()
                continue
            if app_id not in path:
                path[app_id] = self.needed(app_id)
                waiting += self._unknown(path, app_id)
            else:
                self._depths[app_id] = 1 + max((self._depths[one] for one in path.pop(app_id)), default=0)
                waiting.pop()
        return self._depths[start]

    def _unknown(self, path: Mapping[str, list[str]], app_id: str) -> list[str]:
        members = list(path)
        for needed in path[app_id]:
            if needed in path:
                raise Cycle((*members[members.index(needed) :], needed))
        return [needed for needed in path[app_id] if needed not in self._depths]

    def needed(self, app_id: str) -> list[str]:
        """The apps that have to be as they are wanted before it."""
        app = self._app(app_id)
        found: dict[str, None] = {}
        for dependency in (*(app.dependencies if app else ()), *self._inherited(app_id)):
            found.update(dict.fromkeys(self.below(dependency)))
        found.pop(app_id, None)
        return list(found)

    def _inherited(self, app_id: str) -> Iterable[str]:
        """A group that depends on what the app is in itself says nothing for it."""
        if not self._groups:
            return
        parts = app_id.split("/")
        for length in range(1, len(parts)):
            group = self._groups.get("/".join(parts[:length]) or "/")
            for dependency in group.dependencies if group else ():
                if not app_id.startswith(f"{dependency}/"):
                    yield dependency

    def _app(self, app_id: str) -> App | None:
        if app_id in self._changed:
            return self._changed[app_id]
        state = self._apps.get(app_id)
        return state.app if state and not state.stored.deleting else None

    def below(self, path: str) -> list[str]:
        """The app of that id, or all apps in that group."""
        if self._app(path):
            return [path]
        if self._sorted is None:
            self._sorted = sorted(one for one in {**self._apps, **self._changed} if self._app(one))
        prefix = f"{path.rstrip('/')}/"
        first = bisect_left(self._sorted, prefix)
        last = bisect_left(self._sorted, f"{prefix[:-1]}0")
        return self._sorted[first:last]
