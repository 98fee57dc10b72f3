"""Where instances of resident apps belong: a reservation with volumes on one agent, kept while no instance is there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from barter.frameworks.service.app import App
from barter.frameworks.service.paths import run_of

PLACES = "//places"
"""Marked in place of an app id: reservations are to be asked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """`place_id` is the reservation's id, too, and the stem of its tasks' ids, of which there were `runs` so far.

    The ports are reserved with it. `ending` says why it is to be given up with its data.
    """

    place_id: str
    app_id: str
    agent_id: str
    hostname: str
    host: str
    host_ports: tuple[int, ...]
    role: str
    runs: int = 0
    ending: str = ""

    @property
    def task_id(self) -> str:
        """Of its last run."""
        return f"{self.place_id}.{self.runs}"


class Places:
    """All places by id and by app. `vacant_ms` is since when those that are wanted wait for a launch.

    `asked` are the places there were at each question that is not answered yet, the oldest first.
    """

    def __init__(self, stored: Iterable[Place]) -> None:
        self._all: dict[str, Place] = {}
        self._of_app: dict[str, dict[str, Place]] = {}
        self.vacant_ms: dict[str, int] = {}
        self.asked: list[frozenset[str]] = []
        for place in stored:
            self.put(place)

    def get(self, place_id: str) -> Place | None:
        return self._all.get(place_id)

    def of_task(self, task_id: str) -> Place | None:
        """The place whose run has, or had, this id."""
        return self._all.get(run_of(task_id)[0])

    def of_app(self, app_id: str) -> tuple[Place, ...]:
        """Those that are to stay, the oldest first."""
        return tuple(place for place in self._of_app.get(app_id, {}).values() if not place.ending)

    def all(self) -> Mapping[str, Place]:
        return self._all

    def ending(self) -> tuple[Place, ...]:
        return tuple(place for place in self._all.values() if place.ending)

    def put(self, place: Place) -> None:
        self._all[place.place_id] = place
        self._of_app.setdefault(place.app_id, {})[place.place_id] = place

    def drop(self, place: Place) -> None:
        self._all.pop(place.place_id, None)
        self.vacant_ms.pop(place.place_id, None)
        of_app = self._of_app.get(place.app_id, {})
        of_app.pop(place.place_id, None)
        if not of_app:
            self._of_app.pop(place.app_id, None)


def next_run(place: Place, host: str) -> Place:
    return replace(place, runs=place.runs + 1, host=host)


def is_resident(app: App) -> bool:
    return bool(app.volumes_persistent)
