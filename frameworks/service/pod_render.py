"""A pod as Marathon's JSON; `pod_definition.parse_pod` reads it back to the same App."""

from collections.abc import Mapping

from barter.core.tasks import CheckKind, Network
from barter.core.units import MIB
from barter.frameworks.service.app import MILLION, App
from barter.frameworks.service.fetching import fetch_json
from barter.frameworks.service.pod import Endpoint, Pod, PodCheck, PodContainer, PodVolume, Share
from barter.frameworks.service.render import app_json, env_json, limits_json, number, unreachable_json, upgrade_json
from barter.frameworks.service.schema import Json

_MODES = {Network.HOST: "host", Network.BRIDGE: "container/bridge", Network.OWN: "container"}


def definition_json(app: App) -> Json:
    """An app's or a pod's."""
    return pod_json(app, app.pod) if app.pod else app_json(app)


def pod_json(app: App, pod: Pod) -> Json:
    """The definition alone, without anything of how it fares."""
    found: Json = {
        "id": app.app_id,
        "labels": dict(app.labels),
        "user": app.user or None,
        "environment": env_json(app.env, app.secret_env),
        "secrets": {name: {"source": source} for name, source in app.secrets.items()},
        "containers": [_container(app, one) for one in pod.containers],
        "volumes": [_volume(one) for one in pod.volumes],
        "networks": [_given({"mode": _MODES[app.network], "name": app.network_name or None})],
        "scaling": {"kind": "fixed", "instances": app.instances},
        "scheduling": _scheduling(app),
        "executorResources": resources_json(pod.executor) if pod.executor else None,
        "role": app.role or None,
    }
    return _given(found)


def resources_json(share: Share) -> Json:
    return {"cpus": number(share.cpus, 1000), "mem": number(share.mem, MIB), "disk": number(share.disk, MIB)}


def _given(found: Mapping[str, object]) -> Json:
    return {name: value for name, value in found.items() if value is not None}


def _container(app: App, one: PodContainer) -> Json:
    grace = one.kill_grace_ms
    command: Json = {"shell": one.shell} if one.shell else {"argv": list(one.argv)}
    return _given(
        {
            "name": one.name,
            "exec": _given({"command": command, "overrideEntrypoint": one.override_entrypoint})
            if one.shell or one.argv
            else None,
            "resources": {**resources_json(one.share), "gpus": 0},
            "resourceLimits": limits_json(one.limits) if one.limits else None,
            "endpoints": [_endpoint(app, each) for each in one.endpoints],
            "image": {"kind": "DOCKER", "id": one.image, "forcePull": one.force_pull} if one.image else None,
            "environment": env_json(one.env, one.secret_env),
            "user": one.user or None,
            "healthCheck": pod_check_json(one.check) if one.check else None,
            "volumeMounts": [
                {"name": each.volume, "mountPath": each.path, "readOnly": each.read_only} for each in one.mounts
            ],
            "artifacts": [fetch_json(each) for each in one.artifacts],
            "labels": dict(one.labels),
            "lifecycle": None if grace is None else {"killGracePeriodSeconds": number(grace, 1000)},
        }
    )


def _endpoint(app: App, one: Endpoint) -> Json:
    return _given(
        {
            "name": one.name,
            "containerPort": one.container_port,
            "hostPort": None if app.network is Network.OWN else one.host_port,
            "protocol": list(one.protocols) or None,
            "labels": dict(one.labels),
        }
    )


def pod_check_json(check: PodCheck) -> Json:
    """`healthCheck` of a container."""
    found: Json = {
        "gracePeriodSeconds": number(check.grace_ms, 1000),
        "intervalSeconds": number(check.interval_ms, 1000),
        "timeoutSeconds": number(check.timeout_ms, 1000),
        "maxConsecutiveFailures": check.max_failures,
        "delaySeconds": number(check.delay_ms, 1000),
    }
    if check.kind is CheckKind.COMMAND:
        return {**found, "exec": {"command": {"shell": check.shell} if check.shell else {"argv": list(check.argv)}}}
    if check.kind is CheckKind.TCP:
        return {**found, "tcp": {"endpoint": check.endpoint}}
    return {**found, "http": {"endpoint": check.endpoint, "path": check.path, "scheme": check.kind.value}}


def _volume(volume: PodVolume) -> Json:
    return {"name": volume.name, "host": volume.host} if volume.host else {"name": volume.name}


def _scheduling(app: App) -> Json:
    return {
        "backoff": {
            "backoff": number(app.delays.first_ms, 1000),
            "backoffFactor": number(app.delays.factor, MILLION),
            "maxLaunchDelay": number(app.delays.longest_ms, 1000),
        },
        "upgrade": upgrade_json(app.upgrade),
        "placement": {
            "constraints": [
                _given({"fieldName": one.field, "operator": one.operator.value, "value": one.value or None})
                for one in app.constraints
            ],
            "acceptedResourceRoles": ["slave_public"] if app.on_public else [],
        },
        "killSelection": app.kill_selection.value,
        "unreachableStrategy": unreachable_json(app.unreachable),
    }
