"""Which tasks are in place in HAProxy and which have drained, service by service, and what of that is news.

Of those that drain the connections are counted, ever more rarely while they last; that they are over is believed when
two looks in a row found none: HAProxy may have chosen an instance right before it was told to choose it no more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from barter.agent.edge.messages import TellServed
from barter.agent.edge.model import NO_TARGETS, Address, Targets, backend_name, read_address
from barter.agent.edge.slots import Slots, SlotState
from barter.agent.edge.view import View
from barter.core.cluster import Endpoint, ServiceServed
from barter.core.ids import TaskId

FIRST_LOOK_MS, RAREST_LOOK_MS = 20, 500
_LOOKS = 2


@dataclass(frozen=True, slots=True)
class InPlace:
    """What HAProxy has by now: its backends by service, and their slots."""

    backends: Mapping[str, frozenset[str]]
    slots: Mapping[str, Slots]


class Served:
    """`unreported` services may stand otherwise than was said last; at `look_at` connections are to be counted."""

    def __init__(self) -> None:
        self.unreported: set[str] = set()
        self._reported: dict[str, ServiceServed] = {}
        self._quiet: dict[str, dict[Address, int]] = {}
        self.look_at = 0
        self._pause = FIRST_LOOK_MS

    def start_over(self) -> None:
        """Another hears of it, who knows nothing yet."""
        self.doubt(())
        self._reported = {}

    def doubt(self, service_ids: Iterable[str]) -> None:
        """HAProxy is another: these services, and all that were reported, are to be looked at."""
        self.unreported |= {*service_ids, *self._reported}

    def gone(self) -> TellServed | None:
        """Nothing is served any more."""
        told = TellServed((), tuple(sorted(self._reported)))
        self.start_over()
        return told if told.removed else None

    def retarget(self, backends: Iterable[str], targets: Mapping[str, Targets], now: int) -> None:
        """Note whose connections are to be counted in these backends."""
        for backend in backends:
            before = self._quiet.pop(backend, {})
            if draining := targets.get(backend, NO_TARGETS).draining:
                self._quiet[backend] = {address: before.get(address, 0) for address in draining}
                if not draining <= before.keys():
                    self.look_at, self._pause = now + FIRST_LOOK_MS, FIRST_LOOK_MS

    def to_count(self, place: InPlace, busy: set[str]) -> tuple[str, ...]:
        """The backends to count in at `look_at`; not the `busy` ones: what they drain is not ordered yet."""
        loud = (backend for backend, quiet in self._quiet.items() if min(quiet.values()) < _LOOKS)
        return tuple(sorted(backend for backend in loud if backend in place.slots and backend not in busy))

    def counted(self, sessions: Mapping[str, Mapping[Address, int]], now: int) -> None:
        lasting = not sessions
        for backend, found in sessions.items():
            quiet = self._quiet.get(backend, {})
            for address, looks in quiet.items():
                quiet[address] = 0 if found.get(address) else looks + 1
                lasting |= not quiet[address]
                if quiet[address] == _LOOKS:
                    self.unreported.add(service_of(backend))
        self._pause = min(self._pause * 2, RAREST_LOOK_MS) if lasting else self._pause
        self.look_at = now + self._pause

    def report(self, view: View, place: InPlace, busy: set[str]) -> TellServed | None:
        """What is news of the unreported services, but for those with a backend that is `busy`."""
        services: list[ServiceServed] = []
        removed: list[str] = []
        for service_id in sorted(self.unreported):
            backends = place.backends.get(service_id)
            if backends is None:
                if self._reported.pop(service_id, None):
                    removed.append(service_id)
            elif backends & busy:
                continue
            elif (found := self._served(service_id, view, backends, place.slots)) != self._reported.get(service_id):
                self._reported[service_id] = found
                services.append(found)
            self.unreported.discard(service_id)
        return TellServed(tuple(services), tuple(removed)) if services or removed else None

    def _served(
        self, service_id: str, view: View, backends: frozenset[str], slots: Mapping[str, Slots]
    ) -> ServiceServed:
        entry = view.of(service_id)
        ready = {
            (backend, slot.address)
            for backend in backends
            for slot in slots.get(backend, {}).values()
            if slot.state is SlotState.READY
        }
        serving: dict[TaskId, bool] = {}
        drained: dict[TaskId, bool] = {}
        for endpoint in entry.endpoints if entry else ():
            if endpoint.task_id:
                task_id, place = TaskId(endpoint.task_id), _place(endpoint, backends)
                if place is None:
                    drained.setdefault(task_id, True)
                    continue
                serving[task_id] = serving.get(task_id, True) and place in ready
                over = place not in ready and self._quiet.get(place[0], {}).get(place[1], 0) >= _LOOKS
                drained[task_id] = drained.get(task_id, True) and over
        return ServiceServed(service_id, _all_of(serving), _all_of(drained))


def service_of(backend: str) -> str:
    return backend.rpartition("::")[0].replace(":", "/")


def _place(endpoint: Endpoint, backends: frozenset[str]) -> tuple[str, Address] | None:
    """Where HAProxy would have it; None where it is not to have it."""
    backend = backend_name(endpoint.service_id, endpoint.port_name)
    try:
        return (backend, read_address(endpoint.host, endpoint.port)) if backend in backends else None
    except ValueError:
        return None


def _all_of(tasks: Mapping[TaskId, bool]) -> tuple[TaskId, ...]:
    return tuple(sorted(task_id for task_id, holds in tasks.items() if holds))
