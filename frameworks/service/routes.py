"""What of an app the edge serves, out of the labels marathon-lb made usual.

`HAPROXY_GROUP=external` (or `HAPROXY_{n}_GROUP` for the port at index n) opens it, `HAPROXY_{n}_VHOST` gives host
names, `HAPROXY_{n}_MODE` is http or tcp. The numbers it listens on are the ports' service ports.
"""

import re
from collections.abc import Mapping

from barter.core.tasks import Network
from barter.frameworks.service.app import App, Port
from barter.frameworks.service.paths import key_of
from barter.sdk import Service, ServicePort

PREFIX = "HAPROXY_"
_PER_PORT = re.compile(r"HAPROXY_(\d{1,5})_(GROUP|VHOST|MODE)")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def served_protocol(port: Port) -> str:
    return "tcp" if "tcp" in port.protocol else "udp"


def label_problems(labels: Mapping[str, str], ports: tuple[Port, ...]) -> list[tuple[str, str]]:
    """(label, reason) for every HAPROXY label that cannot be honoured."""
    problems: list[tuple[str, str]] = []
    for label, value in labels.items():
        if label.startswith(PREFIX) and label != "HAPROXY_GROUP" and (why := _refusal(label, value, labels, ports)):
            problems.append((label, why))
    return problems


def service(app: App) -> Service:
    """All ports of the app by name; those not open to the outside have neither host names nor a number."""
    return Service(key_of(app.app_id), tuple(_served(app, index, port) for index, port in enumerate(app.ports)))


def claims(app: App) -> dict[str, str]:
    """What nobody else may serve at the edge, each with where the app's definition says it."""
    found: dict[str, str] = {}
    for index, port in enumerate(service(app).ports):
        found.update((claim_of_vhost(vhost), f"/labels/HAPROXY_{index}_VHOST") for vhost in port.vhosts)
        if port.number:
            found[claim_of_number(port.number)] = _service_port_path(app, index)
    return found


def claim_of_vhost(vhost: str) -> str:
    return f"host name {vhost}"


def claim_of_number(number: int) -> str:
    return f"service port {number}"


def _service_port_path(app: App, index: int) -> str:
    if app.network is Network.HOST:
        return f"/portDefinitions/{index}/port"
    return f"/container/portMappings/{index}/servicePort"


def _served(app: App, index: int, port: Port) -> ServicePort:
    name = port.name_at(index)
    group = app.labels.get(f"HAPROXY_{index}_GROUP", app.labels.get("HAPROXY_GROUP", ""))
    if "external" not in _items(group) or served_protocol(port) != "tcp":
        return ServicePort(name, protocol="tcp")
    vhosts = _items(app.labels.get(f"HAPROXY_{index}_VHOST", ""))
    mode = app.labels.get(f"HAPROXY_{index}_MODE", "http" if vhosts else "tcp")
    return ServicePort(name, port.service_port, mode, tuple(dict.fromkeys(vhosts)))


def _items(text: str) -> list[str]:
    return [item.strip().lower() for item in text.split(",") if item.strip()]


def _refusal(label: str, value: str, labels: Mapping[str, str], ports: tuple[Port, ...]) -> str:
    match = _PER_PORT.fullmatch(label)
    if match is None:
        return "is not honoured by the edge: it knows HAPROXY_GROUP and, per port, _GROUP, _VHOST and _MODE"
    index, kind = int(match[1]), match[2]
    if index >= len(ports):
        return f"there is no port {index}: the app has {len(ports)}"
    if kind == "MODE" and value not in ("http", "tcp"):
        return f"{value[:40]!r} is not a mode: use http or tcp"
    if kind != "VHOST":
        return ""
    if served_protocol(ports[index]) != "tcp":
        return "a udp port cannot be served by host name"
    if labels.get(f"HAPROXY_{index}_MODE") == "tcp":
        return f"host names need HAPROXY_{index}_MODE http"
    return _vhost_refusal(value)


def _vhost_refusal(value: str) -> str:
    names = [name.strip() for name in value.split(",")]
    for name in names:
        if _HOST.fullmatch(name.lower()) is None:
            return f"{name[:80]!r} is not a host name: letters, digits and '-' in parts joined by '.'"
    twice = {name for name in names if names.count(name) > 1}
    return f"{min(twice)!r} is given twice" if twice else ""
