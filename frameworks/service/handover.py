"""The service of an app while instances of earlier definitions run: nothing that one of them serves is closed."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from barter.frameworks.service.app import App
from barter.frameworks.service.routes import claim_of_number, claim_of_vhost, service
from barter.sdk import Service, ServicePort

MayServe = Callable[[str], bool]
"""Whether the app may serve this claim still: another may have it by now."""


def joint_service(app: App, earlier: Iterable[App], may_serve: MayServe) -> Service:
    """That of `app`, and what of the `earlier` definitions, the last first, nobody else serves.

    Host names and numbers that a port took over from one of another name are served by the instances of both. Where
    the definition uses that name for another port, they are not.
    """
    now = service(app)
    ports = {port.name: port for port in now.ports}
    for each in earlier:
        for port in service(each).ports:
            _join(ports, port, may_serve)
    return replace(now, ports=tuple(ports.values()))


def _join(ports: dict[str, ServicePort], old: ServicePort, may_serve: MayServe) -> None:
    vhosts = [vhost for vhost in old.vhosts if may_serve(claim_of_vhost(vhost))]
    number = old.number if may_serve(claim_of_number(old.number)) else 0
    heirs = [port for port in ports.values() if (number and port.number == number) or set(vhosts) & set(port.vhosts)]
    if old.name not in ports:
        for heir in heirs:
            ports[heir.name] = replace(heir, aliases=(*dict.fromkeys((*heir.aliases, old.name)),))
    served = {vhost for port in ports.values() for vhost in port.vhosts}
    closed = tuple(vhost for vhost in vhosts if vhost not in served)
    opened = number and number not in {port.number for port in ports.values()}
    beside = ports.get(old.name) or (ports[heirs[0].name] if heirs else None)
    if beside is not None and closed and beside.protocol == old.protocol:
        ports[beside.name] = beside = replace(beside, vhosts=(*beside.vhosts, *closed))
        closed = ()
    if closed or opened:
        also = {old.name: None} | (dict.fromkeys((beside.name, *beside.aliases)) if beside else {})
        name = _name(old, ports)
        also.pop(name, None)
        ports[name] = ServicePort(name, number if opened else 0, old.protocol, closed, tuple(also))


def _name(old: ServicePort, taken: Iterable[str]) -> str:
    """One that no other port has."""
    names = [old.name, *(f"{old.name[:50]}-was-{count}" for count in range(1, 100))]
    return next(name for name in names if name not in taken)
