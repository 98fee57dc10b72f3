"""What the edge should serve, kept up to date service by service: routes, targets, and who is excluded and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from barter.agent.edge.config import Settings, structure_of
from barter.agent.edge.model import (
    Rejected,
    Route,
    Targets,
    read_endpoints,
    read_service,
    settle_claims,
)
from barter.agent.edge.view import ServiceEndpoints, View
from barter.core.cluster import Service


@dataclass(frozen=True, slots=True)
class Ban:
    """A definition that HAProxy would not run; tried again at `until`, or once it is another."""

    service: Service
    reason: str
    until: int


class Desired:
    """`routes` and `structure` follow `resolve`, the rest `refresh`; `definitions` counts what needs a `resolve`.

    A backend that a service's new definition does not have keeps its targets until HAProxy is `rid` of it: who comes
    in its place is there only then.
    """

    def __init__(self, settings: Settings) -> None:
        self.view = View()
        self.routes: tuple[Route, ...] = ()
        self.targets: dict[str, Targets] = {}
        self.notes: dict[str, tuple[str, ...]] = {}
        self.definitions = 0
        self._resolved = 0
        self._settings = settings
        self.structure = structure_of(settings, ())
        self._services: dict[str, Service] = {}
        self._parsed: dict[str, tuple[Route, ...]] = {}
        self._leaving: dict[str, dict[str, Route]] = {}
        self._rejected: dict[str, str] = {}
        self._conflicts: dict[str, str] = {}
        self._bans: dict[str, Ban] = {}

    @property
    def excluded(self) -> dict[str, str]:
        return {**self._conflicts, **{key: ban.reason for key, ban in self._bans.items()}, **self._rejected}

    @property
    def stale(self) -> bool:
        """Whether `routes` and `structure` are of before."""
        return self._resolved != self.definitions

    def knows(self, service_id: str) -> bool:
        return service_id in self._services

    def refresh(self, concerned: set[str]) -> set[str]:
        """Read these services again; returns the backends whose targets changed."""
        changed: set[str] = set()
        for service_id in concerned:
            entry = self.view.of(service_id)
            if entry is None or entry.service != self._services.get(service_id):
                changed |= self._define(service_id, entry)
            changed |= self._retarget(service_id, entry)
        return changed

    def resolve(self, holders: Mapping[str, str]) -> None:
        """Settle who is served; `holders` are the claims being served now, by service id."""
        allowed = {key: routes for key, routes in self._parsed.items() if key not in self._bans}
        self.routes, self._conflicts = settle_claims(allowed, holders)
        self.structure = structure_of(self._settings, self.routes)
        self._resolved = self.definitions

    def ban(self, service_id: str, reason: str, until: int) -> None:
        if service := self._services.get(service_id):
            self._bans[service_id] = Ban(service, reason, until)
            self.definitions += 1

    def lift_bans(self, now: int) -> None:
        for service_id in [key for key, ban in self._bans.items() if ban.until <= now]:
            del self._bans[service_id]
            self.definitions += 1

    @property
    def next_lift(self) -> int | None:
        return min((ban.until for ban in self._bans.values()), default=None)

    def _define(self, service_id: str, entry: ServiceEndpoints | None) -> set[str]:
        """Take in another definition; returns the backends of the one before."""
        self.definitions += 1
        for memory in (self._services, self._rejected, self._bans):
            memory.pop(service_id, None)
        before = {route.backend: route for route in self._parsed.pop(service_id, ())} | self._leaving.pop(
            service_id, {}
        )
        for backend in before:
            self.targets.pop(backend, None)
        if entry is None:
            return set(before)
        self._services[service_id] = entry.service
        try:
            self._parsed[service_id] = routes = read_service(entry.service, self._settings.reserved)
        except Rejected as rejected:
            self._rejected[service_id] = str(rejected)
        else:
            stay = {route.backend for route in routes}
            self._leaving[service_id] = {name: route for name, route in before.items() if name not in stay}
        return set(before)

    def rid(self, served: Iterable[Route]) -> None:
        """HAProxy has these routes by now, and no other ones."""
        there = {route.backend for route in served}
        for leaving in self._leaving.values():
            for backend in leaving.keys() - there:
                del leaving[backend]
                self.targets.pop(backend, None)
        self._leaving = {service_id: leaving for service_id, leaving in self._leaving.items() if leaving}

    def _retarget(self, service_id: str, entry: ServiceEndpoints | None) -> set[str]:
        routes = (*self._parsed.get(service_id, ()), *self._leaving.get(service_id, {}).values())
        targets, notes = read_endpoints(routes, entry.endpoints if entry else ())
        changed = {backend for backend, target in targets.items() if self.targets.get(backend) != target}
        self.targets.update(targets)
        if notes:
            self.notes[service_id] = notes
        else:
            self.notes.pop(service_id, None)
        return changed
