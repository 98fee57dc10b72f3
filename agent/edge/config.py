"""HAProxy's whole configuration as text: the same routes and slots give the same bytes.

All file names in it are relative to the edge's work dir, which HAProxy is started in: no path needs quoting, and the
sockets' names stay far below the 107 bytes a unix address may have.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from barter.agent.edge.model import NO_TARGETS, Address, Route, Targets
from barter.agent.edge.slots import Slots, fill

CONFIG, ROUTES = "haproxy.cfg", "routes.json"
LOOPBACK = "127.0.0.1"
_HARD_STOP = "5m"
_STRUCTURE = "# structure "
_SOURCE = files("barter.agent.edge").joinpath("haproxy.cfg.j2").read_text()
_TEMPLATE = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(_SOURCE)


@dataclass(frozen=True, slots=True)
class Settings:
    """How this edge listens. `bind` is an IP address; statistics, which nothing protects, stay on loopback.

    `prometheus`: the binary has the exporter. `drop_to`: the uid and gid HAProxy's workers change to; 0 for none.
    """

    http_port: int
    stats_port: int
    bind: str = LOOPBACK
    prometheus: bool = True
    drop_to: int = 0

    @property
    def reserved(self) -> dict[int, str]:
        return {self.stats_port: "the edge's statistics port", self.http_port: "the edge's own http port"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A configuration to check, or to run. `structure` names all of it but the slots; `binds` is what it listens on.

    `files` are by name what goes into the work dir with it.
    """

    structure: str
    files: Mapping[str, str]
    binds: frozenset[Address]
    slots: Mapping[str, Slots]


def structure_of(settings: Settings, routes: Iterable[Route]) -> str:
    """A short digest of everything whose change needs a reload."""
    facts = json.dumps([asdict(settings), [asdict(route) for route in routes], _SOURCE], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def socket_name(structure: str) -> str:
    """One name per structure: who connects to it reaches the worker of that structure, not the one before."""
    return f"run-{structure}.sock"


def map_name(structure: str) -> str:
    return f"vhosts-{structure}.map"


def render(settings: Settings, routes: tuple[Route, ...], targets: Mapping[str, Targets]) -> Candidate:
    """`routes` in order of backend; a backend without `targets` gets an empty pool."""
    structure = structure_of(settings, routes)
    slots = {route.backend: fill(targets.get(route.backend, NO_TARGETS)) for route in routes}
    listens = {route.backend: Address(settings.bind, route.listen) for route in routes if route.listen}
    text = _TEMPLATE.render(
        structure=structure,
        settings=settings,
        hard_stop=_HARD_STOP,
        socket=socket_name(structure),
        map_name=map_name(structure),
        http_bind=Address(settings.bind, settings.http_port),
        stats_bind=Address(LOOPBACK, settings.stats_port),
        entries=[(route, listens.get(route.backend), slots[route.backend].values()) for route in routes],
    )
    hosts = sorted((vhost, route.backend) for route in routes for vhost in route.vhosts)
    contents = {
        CONFIG: text,
        map_name(structure): "".join(f"{vhost} {backend}\n" for vhost, backend in hosts),
        ROUTES: _routes_to_json(routes),
    }
    return Candidate(structure, contents, binds_of(settings, routes), slots)


def binds_of(settings: Settings, routes: Iterable[Route]) -> frozenset[Address]:
    """Every address HAProxy listens on."""
    own = {Address(settings.bind, settings.http_port), Address(LOOPBACK, settings.stats_port)}
    return frozenset(own | {Address(settings.bind, route.listen) for route in routes if route.listen})


def read_structure(config: str) -> str:
    """The structure a rendered configuration says it has, or empty."""
    return next((line.removeprefix(_STRUCTURE) for line in config.splitlines() if line.startswith(_STRUCTURE)), "")


def _routes_to_json(routes: tuple[Route, ...]) -> str:
    services: dict[str, list[tuple[str, int, str, tuple[str, ...]]]] = {}
    for route in routes:
        port_name = route.backend.rpartition("::")[2]
        services.setdefault(route.service_id, []).append((port_name, route.listen, route.mode, route.vhosts))
    return json.dumps(services, indent=1, sort_keys=True)
