"""An App as Marathon's JSON; `definition.parse_app` reads it back to the same App."""

from barter.core.tasks import Network, Volume
from barter.core.units import MIB
from barter.frameworks.service.app import MILLION, App, Check, Image, Port, Readiness
from barter.frameworks.service.fetching import fetch_json
from barter.frameworks.service.schema import Json


def app_json(app: App) -> Json:
    """The definition alone, without anything of how it fares."""
    strategy = app.unreachable
    found: Json = {
        "id": app.app_id,
        "cmd": app.cmd or None,
        "args": list(app.args) or None,
        "user": app.user or None,
        "fetch": [fetch_json(one) for one in app.artifacts],
        "ulimits": [{"name": one.name, "soft": one.soft, "hard": one.hard} for one in app.rlimits] or None,
        "cpus": _number(app.cpus, 1000),
        "mem": _number(app.mem, MIB),
        "disk": _number(app.disk, MIB),
        "instances": app.instances,
        "env": dict(app.env),
        "labels": dict(app.labels),
        "constraints": [
            [one.field, one.operator.value, *([one.value] if one.value else [])] for one in app.constraints
        ],
        "container": _container(app, app.image) if app.image else None,
        "networks": _networks(app),
        "requirePorts": app.require_ports,
        "healthChecks": [_check(app.check)] if app.check else [],
        "readinessChecks": [_readiness(app, app.readiness)] if app.readiness else [],
        "upgradeStrategy": {
            "minimumHealthCapacity": _number(app.upgrade.minimum_health, MILLION),
            "maximumOverCapacity": _number(app.upgrade.maximum_over, MILLION),
        },
        "unreachableStrategy": {
            "inactiveAfterSeconds": _number(strategy.inactive_ms, 1000),
            "expungeAfterSeconds": _number(strategy.expunge_ms, 1000),
        }
        if strategy
        else "disabled",
        "killSelection": app.kill_selection.value,
        "backoffSeconds": _number(app.delays.first_ms, 1000),
        "backoffFactor": _number(app.delays.factor, MILLION),
        "maxLaunchDelaySeconds": _number(app.delays.longest_ms, 1000),
        "taskKillGracePeriodSeconds": _number(app.kill_grace_ms, 1000),
        "acceptedResourceRoles": ["slave_public"] if app.on_public else None,
        "portDefinitions": [_definition(app, port) for port in app.ports] if app.network is Network.HOST else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _number(amount: int, unit: int) -> int | float:
    return amount // unit if amount % unit == 0 else amount / unit


def _networks(app: App) -> list[Json] | None:
    if app.network is Network.NONE:
        return None
    if app.network is Network.OWN:
        return [{"mode": "container", "name": app.network_name}]
    return [{"mode": "host" if app.network is Network.HOST else "container/bridge"}]


def _container(app: App, image: Image) -> Json:
    docker: Json = {"image": image.name, "forcePullImage": image.force_pull}
    if image.parameters:
        docker["parameters"] = [{"key": key, "value": value} for key, value in image.parameters]
    if app.network is Network.NONE:
        docker["network"] = "NONE"
    container: Json = {"type": image.engine, "docker": docker}
    container["volumes"] = [_volume(one) for one in image.volumes]
    if app.network in (Network.BRIDGE, Network.OWN):
        container["portMappings"] = [_mapping(app, port) for port in app.ports]
    return container


def _volume(volume: Volume) -> Json:
    mode = "RO" if volume.read_only else "RW"
    if volume.name:
        external = {"name": volume.name, "provider": "dvdi", "options": {"dvdi/driver": "local"}}
        return {"containerPath": volume.container_path, "external": external, "mode": mode}
    return {"containerPath": volume.container_path, "hostPath": volume.host_path, "mode": mode}


def _mapping(app: App, port: Port) -> Json:
    host = {} if app.network is Network.OWN else {"hostPort": port.host_port}
    return {"containerPort": port.container_port, **host, "servicePort": port.service_port, **_named(port)}


def _definition(app: App, port: Port) -> Json:
    return {"port": port.host_port if app.require_ports else port.service_port, **_named(port)}


def _named(port: Port) -> Json:
    name = {"name": port.name} if port.name else {}
    return {"protocol": port.protocol, **name, "labels": dict(port.labels)}


def _check(check: Check) -> Json:
    found: Json = {
        "protocol": check.protocol,
        "gracePeriodSeconds": _number(check.grace_ms, 1000),
        "intervalSeconds": _number(check.interval_ms, 1000),
        "timeoutSeconds": _number(check.timeout_ms, 1000),
        "maxConsecutiveFailures": check.max_failures,
        "delaySeconds": _number(check.delay_ms, 1000),
    }
    if check.command:
        return {**found, "command": {"value": check.command}}
    where = {"port": check.port} if check.port else {"portIndex": check.port_index}
    return {**found, "path": check.path, **where}


def _readiness(app: App, check: Readiness) -> Json:
    return {
        "name": check.name,
        "protocol": check.kind.value,
        "path": check.path,
        "portName": app.ports[check.port_index].name_at(check.port_index),
        "intervalSeconds": _number(check.interval_ms, 1000),
        "timeoutSeconds": _number(check.timeout_ms, 1000),
        "httpStatusCodesForReady": list(check.statuses),
    }
