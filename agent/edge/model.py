"""What the edge serves: services and endpoints as told from outside, checked again, as typed routes and targets.

Nothing reaches HAProxy's configuration or its runtime socket that has not passed through here. A service with one
bad field is refused as a whole and by itself; an endpoint with one is left out by itself.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from barter.core.cluster import FULL_WEIGHT, HIGHEST_WEIGHT, Endpoint, Service, ServicePort

MAX_ACTIVE = 4000
"""HAProxy's roundrobin holds 4095 active servers in a backend; the rest is room to swap them."""

_SEGMENT = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_SERVICE_ID = re.compile(rf"/?{_SEGMENT}(?:/{_SEGMENT})*")
_PORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_VHOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MODES = frozenset({"http", "tcp"})


class Rejected(Exception):
    """A service the edge cannot serve; the message says which field and why."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`host` is an IP address in its canonical spelling."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """One port of a service as the edge serves it: by `vhosts` on the http port, by `listen` where it is > 0."""

    service_id: str
    backend: str
    mode: str
    listen: int = 0
    vhosts: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """What only one route of an edge can have."""
        return (*([f"port {self.listen}"] if self.listen else []), *(f"host {vhost}" for vhost in self.vhosts))


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a backend's requests go; `draining` ones keep the connections they have.

    `weights` are those of active ones that are not FULL_WEIGHT.
    """

    active: frozenset[Address] = frozenset()
    draining: frozenset[Address] = frozenset()
    weights: Mapping[Address, int] = field(default_factory=dict)

    def weight_of(self, address: Address) -> int:
        return self.weights.get(address, FULL_WEIGHT)


NO_TARGETS = Targets()


def read_address(host: str, port: int) -> Address:
    """Raises ValueError unless `host` is an IP address without a scope, and `port` a port."""
    if not 1 <= port <= 65535:
        raise ValueError(f"port {port} is outside 1-65535")
    return Address(_canonical(host), port)


@lru_cache(maxsize=10_000)
def _canonical(host: str) -> str:
    if "%" in host:
        raise ValueError(f"host {host[:80]!r} has a scope")
    try:
        return str(ip_address(host))
    except ValueError:
        raise ValueError(f"host {host[:80]!r} is not an IP address and could not be resolved to one") from None


def read_service(service: Service, reserved: Mapping[int, str]) -> tuple[Route, ...]:
    """The routes of `service`; ports with neither a number nor virtual hosts have none.

    `reserved` names the ports that the edge itself listens on. Raises Rejected.
    """
    if len(service.service_id) > 200 or _SERVICE_ID.fullmatch(service.service_id) is None:
        raise Rejected(f"service id {service.service_id[:80]!r}: only letters, digits, '.', '_', '-' between slashes")
    routes = tuple(_read_port(service.service_id, port, reserved) for port in service.ports)
    for what, values in (
        ("port name", [port.name for port in service.ports]),
        ("claim", [claim for route in routes for claim in route.claims]),
    ):
        if doubled := sorted({value for value in values if values.count(value) > 1}):
            raise Rejected(f"{what} {doubled[0]!r} is given twice")
    return tuple(route for route in routes if route.listen or route.vhosts)


def backend_name(service_id: str, port_name: str) -> str:
    """Distinct for distinct pairs: neither part can have a colon, and ids never end in a slash."""
    return f"{service_id.replace('/', ':')}::{port_name}"


def _read_port(service_id: str, port: ServicePort, reserved: Mapping[int, str]) -> Route:
    if _PORT_NAME.fullmatch(port.name) is None:
        raise Rejected(f"port name {port.name[:80]!r}: 1 to 63 letters, digits, '_', '.', '-'")
    if port.protocol not in _MODES:
        raise Rejected(f"port {port.name}: protocol {port.protocol[:80]!r} is not http or tcp")
    if not 0 <= port.number <= 65535:
        raise Rejected(f"port {port.name}: number {port.number} is outside 0-65535")
    if port.number in reserved:
        raise Rejected(f"port {port.name}: number {port.number} is {reserved[port.number]}")
    if port.vhosts and port.protocol != "http":
        raise Rejected(f"port {port.name}: virtual hosts need protocol http, not {port.protocol}")
    vhosts = tuple(sorted(_read_vhost(port.name, vhost) for vhost in port.vhosts))
    return Route(service_id, backend_name(service_id, port.name), port.protocol, port.number, vhosts)


def _read_vhost(port_name: str, text: str) -> str:
    vhost = text.lower()
    if len(vhost) > 253 or _VHOST.fullmatch(vhost) is None:
        raise Rejected(f"port {port_name}: virtual host {text[:80]!r} is not a host name")
    return vhost


def read_endpoints(
    routes: Iterable[Route], endpoints: Iterable[Endpoint]
) -> tuple[dict[str, Targets], tuple[str, ...]]:
    """The targets of each route's backend, and a sentence for each endpoint that was left out.

    Two endpoints with one address are one target: draining only when both are, and of the higher weight.
    """
    found: dict[str, tuple[dict[Address, int], set[Address]]] = {route.backend: ({}, set()) for route in routes}
    notes: list[str] = []
    for endpoint in endpoints:
        mine = found.get(backend_name(endpoint.service_id, endpoint.port_name))
        if mine is None:
            continue
        active, draining = mine
        try:
            if endpoint.protocol == "udp":
                raise ValueError("HAProxy does not carry udp")
            if not 0 <= endpoint.weight <= HIGHEST_WEIGHT:
                raise ValueError(f"weight {endpoint.weight} is outside 0-{HIGHEST_WEIGHT}")
            address = read_address(endpoint.host, endpoint.port)
            if endpoint.draining or not endpoint.weight:
                draining.add(address)
            else:
                active[address] = max(active.get(address, 0), endpoint.weight)
        except ValueError as error:
            notes.append(f"endpoint of {endpoint.task_id[:80]!r} left out: {error}")
    for backend, (active, _) in found.items():
        if len(active) > MAX_ACTIVE:
            notes.append(f"{backend}: {len(active)} endpoints, HAProxy balances over {MAX_ACTIVE} of them")
            for address in sorted(active)[MAX_ACTIVE:]:
                del active[address]
    targets = {
        backend: Targets(
            frozenset(active),
            frozenset(draining - active.keys()),
            {address: weight for address, weight in active.items() if weight != FULL_WEIGHT},
        )
        for backend, (active, draining) in found.items()
    }
    return targets, tuple(notes)


def settle_claims(
    services: Mapping[str, tuple[Route, ...]], holders: Mapping[str, str]
) -> tuple[tuple[Route, ...], dict[str, str]]:
    """The routes to serve, in order of backend, and why each service that lost a claim is excluded.

    Who holds a claim (`holders`: claim to service id) keeps it; else the lower service id gets it.
    """
    taken: dict[str, str] = {}
    for claim, holder in holders.items():
        if any(claim in route.claims for route in services.get(holder, ())):
            taken[claim] = holder
    accepted: list[Route] = []
    excluded: dict[str, str] = {}
    held = set(holders.values())
    for service_id in sorted(services, key=lambda name: (name not in held, name)):
        claims = [claim for route in services[service_id] for claim in route.claims]
        lost = next((claim for claim in claims if taken.get(claim, service_id) != service_id), None)
        if lost is not None:
            excluded[service_id] = f"{lost} already belongs to service {taken[lost]}"
            continue
        taken.update(dict.fromkeys(claims, service_id))
        accepted += services[service_id]
    return tuple(sorted(accepted, key=lambda route: route.backend)), excluded
