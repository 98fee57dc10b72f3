"""An App as Marathon's JSON; `definition.parse_app` reads it back to the same App."""

from collections.abc import Mapping

from barter.core.tasks import UNLIMITED, CheckKind, Limits, Network, Volume
from barter.core.units import MIB
from barter.frameworks.service.app import (
    MILLION,
    App,
    Check,
    GenericCheck,
    Image,
    PersistentVolume,
    Port,
    Readiness,
    Residency,
    Unreachable,
    Upgrade,
)
from barter.frameworks.service.fetching import fetch_json
from barter.frameworks.service.schema import Json


def app_json(app: App) -> Json:
    """The definition alone, without anything of how it fares."""
    found: Json = {
        "id": app.app_id,
        "cmd": app.cmd or None,
        "args": list(app.args) or None,
        "user": app.user or None,
        "fetch": [fetch_json(one) for one in app.artifacts],
        "ulimits": [{"name": one.name, "soft": one.soft, "hard": one.hard} for one in app.rlimits] or None,
        "cpus": number(app.cpus, 1000),
        "mem": number(app.mem, MIB),
        "disk": number(app.disk, MIB),
        "instances": app.instances,
        "env": env_json(app.env, app.secret_env),
        "labels": dict(app.labels),
        "constraints": [
            [one.field, one.operator.value, *([one.value] if one.value else [])] for one in app.constraints
        ],
        "container": _container(app),
        "networks": _networks(app),
        "requirePorts": app.require_ports,
        "healthChecks": checks_json(app),
        "check": _generic(app.generic_check) if app.generic_check else None,
        "readinessChecks": [_readiness(app, app.readiness)] if app.readiness else [],
        "upgradeStrategy": upgrade_json(app.upgrade),
        "unreachableStrategy": unreachable_json(None if app.residency else app.unreachable),
        "killSelection": app.kill_selection.value,
        "backoffSeconds": number(app.delays.first_ms, 1000),
        "backoffFactor": number(app.delays.factor, MILLION),
        "maxLaunchDelaySeconds": number(app.delays.longest_ms, 1000),
        "taskKillGracePeriodSeconds": number(app.kill_grace_ms, 1000),
        "acceptedResourceRoles": ["slave_public"] if app.on_public else None,
        "portDefinitions": [_definition(app, port) for port in app.ports] if app.network is Network.HOST else None,
        "role": app.role or None,
        "resourceLimits": limits_json(app.limits) if app.limits else None,
        "secrets": {name: {"source": source} for name, source in app.secrets.items()} or None,
        "dependencies": list(app.dependencies) or None,
        "residency": _residency(app.residency) if app.residency else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def checks_json(app: App) -> list[Json]:
    """`healthChecks` of its definition."""
    return [_check(one) for one in app.checks]


def number(amount: int, unit: int) -> int | float:
    """`amount` in `unit`s, whole where it is."""
    return amount // unit if amount % unit == 0 else amount / unit


def env_json(env: Mapping[str, str], secret_env: Mapping[str, str]) -> Json:
    return {**env, **{name: {"secret": secret} for name, secret in secret_env.items()}}


def unreachable_json(strategy: Unreachable | None) -> Json | str:
    if strategy is None:
        return "disabled"
    return {
        "inactiveAfterSeconds": number(strategy.inactive_ms, 1000),
        "expungeAfterSeconds": number(strategy.expunge_ms, 1000),
    }


def upgrade_json(upgrade: Upgrade) -> Json:
    """Marathon's two always, our own where they say something."""
    usual = Upgrade()
    found: Json = {
        "minimumHealthCapacity": number(upgrade.minimum_health, MILLION),
        "maximumOverCapacity": number(upgrade.maximum_over, MILLION),
    }
    if upgrade.progress_ms != usual.progress_ms:
        found["progressDeadlineSeconds"] = number(upgrade.progress_ms, 1000)
    if upgrade.auto_revert:
        found["autoRevert"] = True
    if upgrade.canary:
        found["canary"] = upgrade.canary
    if not upgrade.auto_promote:
        found["autoPromote"] = False
    if upgrade.min_healthy_ms != usual.min_healthy_ms:
        found["minHealthySeconds"] = number(upgrade.min_healthy_ms, 1000)
    if upgrade.canary_weights:
        found["canaryWeights"] = list(upgrade.canary_weights)
    return found


def limits_json(limits: Limits) -> Json:
    found: Json = {}
    if limits.cpus is not None:
        found["cpus"] = "unlimited" if limits.cpus == UNLIMITED else number(limits.cpus, 1000)
    if limits.mem is not None:
        found["mem"] = "unlimited" if limits.mem == UNLIMITED else number(limits.mem, MIB)
    return found


def _residency(residency: Residency) -> Json:
    return {
        "relaunchEscalationTimeoutSeconds": residency.escalation_s,
        "taskLostBehavior": residency.lost_behavior,
    }


def _networks(app: App) -> list[Json] | None:
    if app.network is Network.NONE:
        return None
    if app.network is Network.OWN:
        return [{"mode": "container", "name": app.network_name}]
    return [{"mode": "host" if app.network is Network.HOST else "container/bridge"}]


def _container(app: App) -> Json | None:
    persistent = [_persistent(one) for one in app.volumes_persistent]
    if app.image is None:
        return {"type": "MESOS", "volumes": persistent} if persistent else None
    container: Json = {"type": app.image.engine, "docker": _docker(app, app.image)}
    container["volumes"] = [*(_volume(one) for one in app.image.volumes), *persistent]
    if app.network in (Network.BRIDGE, Network.OWN):
        container["portMappings"] = [_mapping(app, port) for port in app.ports]
    return container


def _docker(app: App, image: Image) -> Json:
    docker: Json = {"image": image.name, "forcePullImage": image.force_pull}
    if image.parameters:
        docker["parameters"] = [{"key": key, "value": value} for key, value in image.parameters]
    if app.network is Network.NONE:
        docker["network"] = "NONE"
    return docker


def _persistent(volume: PersistentVolume) -> Json:
    persistent = {"size": volume.size // MIB, "type": "root"}
    return {"containerPath": volume.container_path, "persistent": persistent, "mode": volume.mode}


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
        "gracePeriodSeconds": number(check.grace_ms, 1000),
        "intervalSeconds": number(check.interval_ms, 1000),
        "timeoutSeconds": number(check.timeout_ms, 1000),
        "maxConsecutiveFailures": check.max_failures,
        "delaySeconds": number(check.delay_ms, 1000),
    }
    if check.command:
        return {**found, "command": {"value": check.command}}
    where = {"port": check.port} if check.port else {"portIndex": check.port_index}
    ignores = {"ignoreHttp1xx": True} if check.ignores_1xx else {}
    return {**found, "path": check.path, **where, **ignores}


def _generic(check: GenericCheck) -> Json:
    found: Json = {
        "intervalSeconds": number(check.interval_ms, 1000),
        "timeoutSeconds": number(check.timeout_ms, 1000),
        "delaySeconds": number(check.delay_ms, 1000),
    }
    if check.kind is CheckKind.COMMAND:
        return {**found, "exec": {"command": {"shell": check.command}}}
    where = {"port": check.port} if check.port else {"portIndex": check.port_index}
    if check.kind is CheckKind.TCP:
        return {**found, "tcp": where}
    return {**found, "http": {**where, "path": check.path, "scheme": check.kind.value}}


def _readiness(app: App, check: Readiness) -> Json:
    return {
        "name": check.name,
        "protocol": check.kind.value,
        "path": check.path,
        "portName": app.ports[check.port_index].name_at(check.port_index),
        "intervalSeconds": number(check.interval_ms, 1000),
        "timeoutSeconds": number(check.timeout_ms, 1000),
        "httpStatusCodesForReady": list(check.statuses),
    }
