"""The cluster's services and endpoints as the edge has been told, across masters that have not heard all yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from barter.core.cluster import Endpoint, Service


@dataclass(frozen=True, slots=True)
class ServiceEndpoints:
    service: Service
    endpoints: tuple[Endpoint, ...] = ()


def _where(endpoint: Endpoint) -> tuple[str, str, int]:
    return endpoint.port_name, endpoint.host, endpoint.port


@dataclass(slots=True)
class View:
    """`told` is this session's word. `held` is from before it, kept while the master is not settled: what is missing
    in its word may only not have reached it yet; what it has named once in this session follows its word alone.
    """

    told: dict[str, ServiceEndpoints] = field(default_factory=dict)
    held: dict[str, ServiceEndpoints] = field(default_factory=dict)

    def hold(self, services: Iterable[ServiceEndpoints]) -> set[str]:
        """Keep what HAProxy served before this process; returns the services concerned."""
        self.held = {entry.service.service_id: entry for entry in services}
        return set(self.held)

    def tell(
        self, services: Iterable[ServiceEndpoints], removed: Iterable[str], *, snapshot: bool, settled: bool
    ) -> set[str]:
        """Take in one update; returns the ids of the services it concerns."""
        concerned: set[str] = set()
        if snapshot:
            known = ((service_id, self.of(service_id)) for service_id in self.told.keys() | self.held.keys())
            self.held = {service_id: entry for service_id, entry in known if entry is not None}
            self.told = {}
            concerned |= self.held.keys()
        for service_id in removed:
            self.told.pop(service_id, None)
            self.held.pop(service_id, None)
            concerned.add(service_id)
        for entry in services:
            service_id = entry.service.service_id
            self.told[service_id] = entry
            concerned.add(service_id)
            if kept := self.held.get(service_id):
                named = {_where(endpoint) for endpoint in entry.endpoints}
                rest = tuple(endpoint for endpoint in kept.endpoints if _where(endpoint) not in named)
                self.held[service_id] = ServiceEndpoints(kept.service, rest)
        if settled:
            concerned |= self.held.keys()
            self.held = {}
        return concerned

    def of(self, service_id: str) -> ServiceEndpoints | None:
        told, held = self.told.get(service_id), self.held.get(service_id)
        if told is None or held is None:
            return told or held
        # Told only by its tasks, for its framework has not returned: how it was served still holds.
        service = told.service if told.service.ports else held.service
        return ServiceEndpoints(service, told.endpoints + held.endpoints)
