"""JSON becomes a pod only when it means something here, and comes back as it was."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import TaskId
from barter.core.resources import NOTHING
from barter.core.tasks import CheckKind, Network, TaskInfo
from barter.core.units import MIB
from barter.frameworks.service.app import App, Port, Unreachable
from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.pod import Mount, PodVolume, Share
from barter.frameworks.service.pod_definition import parse_definition, parse_pod
from barter.frameworks.service.pod_render import definition_json
from barter.frameworks.service.secrets import uses

SLEEP: dict[str, Any] = {
    "name": "sleep1",
    "exec": {"command": {"shell": "sleep 1000"}},
    "resources": {"cpus": 0.1, "mem": 32},
}
NGINX: dict[str, Any] = {"name": "nginx", "resources": {}, "image": {"kind": "DOCKER", "id": "nginx"}}
OWN = [{"mode": "container", "name": "lan"}]


def pod(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "/pod", "containers": list(containers or (SLEEP,)), **more}


def problems(definition: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(DefinitionError) as refused:
        parse_pod(definition)
    return dict(refused.value.problems)


def test_the_shortest_pod_has_marathons_defaults() -> None:
    app = parse_pod(pod())
    assert app.pod is not None
    assert (app.app_id, app.instances, app.network, app.ports) == ("/pod", 1, Network.HOST, ())
    assert (app.cpus, app.mem, app.unreachable, app.kill_grace_ms) == (100, 32 * MIB, Unreachable(), 3_000)
    assert [(one.name, one.shell, one.share) for one in app.pod.containers] == [
        ("sleep1", "sleep 1000", Share(100, 32 * MIB))
    ]


def test_a_pod_takes_what_its_containers_and_its_executor_take_together() -> None:
    app = parse_pod(pod(SLEEP, {**SLEEP, "name": "b"}, executorResources={"cpus": 0.1, "mem": 64, "disk": 10}))
    assert (app.cpus, app.mem, app.disk) == (300, 128 * MIB, 10 * MIB)


def test_endpoints_of_all_containers_are_the_ports() -> None:
    web = {**NGINX, "endpoints": [{"name": "web", "containerPort": 80, "hostPort": 0, "protocol": ["HTTP"]}]}
    dns = {**NGINX, "name": "dns", "endpoints": [{"name": "dns", "containerPort": 53, "protocol": ["udp", "tcp"]}]}
    app = parse_pod(pod(web, dns, networks=[{"mode": "container/bridge"}]))
    assert app.ports == (Port("web", 0, 80), Port("dns", 0, 53, 0, "udp,tcp"))


def test_what_marathon_renders_of_what_was_not_given_is_nothing() -> None:
    nothing = {**SLEEP, "healthCheck": None, "image": None, "lifecycle": None, "user": None, "volumeMounts": []}
    written = pod(
        nothing,
        secrets={},
        scaling={"kind": "fixed", "instances": 2, "maxInstances": None},
        version="2017-01-03T18:21:19.31Z",
        networks=[{"mode": "host", "name": None, "labels": {}}],
        scheduling={"killSelection": "Youngest_First", "placement": {"acceptedResourceRoles": [], "constraints": []}},
    )
    assert parse_pod(written) == parse_pod(pod(scaling={"instances": 2}))


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"environment": {"A": {"secret": "b"}}}, "/environment/A/secret"),
        ({"linuxInfo": {"ipcInfo": {"ipcMode": "PRIVATE"}}}, "/linuxInfo"),
        ({"legacySharedCgroups": True}, "/legacySharedCgroups"),
        ({"scaling": {"kind": "fixed", "maxInstances": 8}}, "/scaling/maxInstances"),
        ({"networks": [{"mode": "host", "labels": {"a": "b"}}]}, "/networks/0/labels"),
        ({"networks": [{"mode": "container"}]}, "/networks/0/name"),
        ({"networks": OWN}, "/containers/0/image"),
        ({"volumes": [{"name": "v", "persistent": {"size": 10}}]}, "/volumes/0/persistent"),
        ({"volumes": [{"name": "v", "secret": "s"}]}, "/volumes/0/secret"),
        ({"volumes": [{"name": "v"}]}, "/volumes/0"),
        ({"labels": {"HAPROXY_3_VHOST": "a.b"}}, "/labels/HAPROXY_3_VHOST"),
        ({"scheduling": {"placement": {"constraints": [{"fieldName": "a", "operator": "NO"}]}}},
         "/scheduling/placement/constraints/0/operator"),
        ({"unknown": 1}, "/unknown"),
        ({"environment": {"A=B": "c"}}, "/environment/A=B"),
        ({"id": "/No"}, "/id"),
    ],
)  # fmt: skip
def test_what_of_a_pod_is_refused_is_named(more: dict[str, Any], path: str) -> None:
    assert path in problems({**pod(), **more})


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"tty": True}, "/tty"),
        ({"check": {"tcp": {"endpoint": "a"}}}, "/check"),
        ({"resources": {"cpus": 1, "gpus": 1}}, "/resources/gpus"),
        ({"image": {"kind": "DOCKER", "id": "a", "pullConfig": {"secret": "s"}}}, "/image/pullConfig"),
        ({"image": {"kind": "APPC", "id": "a"}}, "/image/kind"),
        ({"exec": {"command": {"shell": "a", "argv": ["a"]}}}, "/exec/command"),
        ({"exec": {"command": {"shell": "a"}, "overrideEntrypoint": False}}, "/exec/overrideEntrypoint"),
        ({"exec": None}, "/exec"),
        ({"healthCheck": {"http": {"endpoint": "web"}}}, "/healthCheck/http/endpoint"),
        ({"healthCheck": {}}, "/healthCheck"),
        ({"endpoints": [{"name": "a", "containerPort": 80}]}, "/endpoints/0/containerPort"),
        ({"endpoints": [{"name": "a", "protocol": ["sctp"]}]}, "/endpoints/0/protocol/0"),
        ({"volumeMounts": [{"name": "v", "mountPath": "v"}]}, "/volumeMounts/0/name"),
        ({"labels": {"HAPROXY_GROUP": "external"}}, "/labels/HAPROXY_GROUP"),
        ({"artifacts": [{"uri": "ftp://a/b"}]}, "/artifacts/0/uri"),
    ],
)
def test_what_of_a_container_is_refused_is_named(more: dict[str, Any], path: str) -> None:
    assert f"/containers/0{path}" in problems(pod({**SLEEP, **more}))


def test_names_and_ports_are_unique_across_all_containers() -> None:
    one = {**SLEEP, "endpoints": [{"name": "web", "hostPort": 31000}]}
    found = problems(pod(one, one))
    assert set(found) == {"/containers/1/name", "/containers/1/endpoints/0/name", "/containers/1/endpoints/0/hostPort"}


def test_a_process_has_a_shared_volume_below_its_sandbox_and_none_of_the_machines() -> None:
    def mounted(path: str, **volume: str) -> dict[str, Any]:
        return pod({**SLEEP, "volumeMounts": [{"name": "v", "mountPath": path}]}, volumes=[{"name": "v", **volume}])

    app = parse_pod(mounted("data"))
    assert app.pod is not None
    assert app.pod.volumes == (PodVolume("v"),)
    assert app.pod.containers[0].mounts == (Mount("v", "data"),)
    assert "/containers/0/volumeMounts/0/mountPath" in problems(mounted("/data"))
    assert "/containers/0/volumeMounts/0" in problems(mounted("data", host="/srv"))
    assert "/volumes/0/host" in problems(mounted("data", host="srv"))


def test_secrets_of_the_pod_are_in_its_containers_unless_they_have_their_own() -> None:
    own = {**SLEEP, "name": "b", "environment": {"A": "plain", "C": {"secret": "other"}}}
    secrets = {"one": {"source": "/one"}, "other": {"source": "/other"}}
    app = parse_pod(pod(SLEEP, own, environment={"A": {"secret": "one"}}, secrets=secrets))
    assert parse_definition(definition_json(app)) == app
    tasks = [TaskInfo(TaskId(f"pod.instance-1-1.{name}"), "", NOTHING) for name in ("sleep1", "b")]
    assert uses(app, tasks) == (
        ("pod.instance-1-1.sleep1", "A", "/one"),
        ("pod.instance-1-1.b", "C", "/other"),
    )


def test_a_health_check_is_of_an_endpoint_or_a_command() -> None:
    web = {**SLEEP, "endpoints": [{"name": "web"}], "healthCheck": {"http": {"endpoint": "web", "scheme": "https"}}}
    app = parse_pod(pod(web, {**SLEEP, "name": "b", "healthCheck": {"exec": {"command": {"argv": ["a", "b c"]}}}}))
    assert app.pod is not None
    checks = [container.check for container in app.pod.containers]
    assert [(one.kind, one.endpoint, one.argv) for one in checks if one] == [
        (CheckKind.HTTPS, "web", ()),
        (CheckKind.COMMAND, "", ("a", "b c")),
    ]


NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.dictionaries(st.text("ab_", min_size=1, max_size=4), st.text("xyz ", max_size=4), max_size=2)
RESOURCES = st.fixed_dictionaries({"cpus": st.sampled_from([0.001, 0.1, 1.5]), "mem": st.integers(1, 64)})
EXECS = st.one_of(
    st.fixed_dictionaries({"command": st.just({"shell": "run"})}, optional={"overrideEntrypoint": st.just(True)}),
    st.fixed_dictionaries(
        {"command": st.just({"argv": ["run", "it"]})}, optional={"overrideEntrypoint": st.booleans()}
    ),
)
CHECKS = st.fixed_dictionaries(
    {}, optional={"delaySeconds": st.integers(0, 5), "intervalSeconds": st.integers(1, 5), "timeoutSeconds": st.just(2)}
).flatmap(
    lambda base: st.sampled_from(
        [
            {**base, "http": {"endpoint": "{name}", "path": "/ok"}},
            {**base, "tcp": {"endpoint": "{name}"}},
            {**base, "exec": {"command": {"shell": "true"}}},
        ]
    )
)
CONTAINERS = st.fixed_dictionaries(
    {"resources": RESOURCES, "exec": EXECS},
    optional={
        "image": st.fixed_dictionaries({"kind": st.just("DOCKER"), "id": NAMES, "forcePull": st.booleans()}),
        "environment": TEXTS,
        "labels": TEXTS,
        "user": NAMES,
        "healthCheck": CHECKS,
        "lifecycle": st.fixed_dictionaries({"killGracePeriodSeconds": st.sampled_from([0, 2.5, 60])}),
        "artifacts": st.just([{"uri": "https://a/b.tgz", "cache": True}]),
        "endpoints": st.lists(st.sampled_from([["tcp"], ["HTTP"], ["udp", "tcp"], None]), min_size=1, max_size=1),
    },
)
PODS = st.fixed_dictionaries(
    {"containers": st.lists(CONTAINERS, min_size=1, max_size=3)},
    optional={
        "labels": TEXTS,
        "environment": TEXTS,
        "user": NAMES,
        "scaling": st.fixed_dictionaries({"kind": st.just("fixed"), "instances": st.integers(0, 5)}),
        "executorResources": st.fixed_dictionaries({"cpus": st.just(0.2), "mem": st.integers(32, 64)}),
        "scheduling": st.fixed_dictionaries(
            {},
            optional={
                "backoff": st.just({"backoff": 2.5, "backoffFactor": 1.5}),
                "upgrade": st.just({"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0}),
                "killSelection": st.sampled_from(["YOUNGEST_FIRST", "Oldest_First"]),
                "unreachableStrategy": st.sampled_from(["disabled", {"inactiveAfterSeconds": 3}]),
                "placement": st.just({"constraints": [{"fieldName": "hostname", "operator": "UNIQUE"}]}),
            },
        ),
    },
)


def named(definition: dict[str, Any]) -> dict[str, Any]:
    """Names that are unique, where the strategy leaves them out."""
    for index, container in enumerate(definition["containers"]):
        container["name"] = f"c{index}"
        has = "healthCheck" in container and "exec" not in container["healthCheck"]
        kinds = container.pop("endpoints", [["tcp"]] if has else [])
        container["endpoints"] = [
            {"name": f"e{index}", "hostPort": 0, **({"protocol": kind} if kind else {})} for kind in kinds
        ]
        if has:
            text = json.dumps(container["healthCheck"])
            container["healthCheck"] = json.loads(re.sub("{name}", f"e{index}", text))
    return {"id": "/some/pod", **definition}


@given(PODS)
def test_what_is_rendered_is_read_back_as_the_same(definition: dict[str, Any]) -> None:
    unreachable = definition.get("scheduling", {}).get("unreachableStrategy")
    if isinstance(unreachable, dict):
        unreachable["expungeAfterSeconds"] = 5
    app = parse_pod(named(json.loads(json.dumps(definition))))
    again: App = parse_definition(json.loads(json.dumps(definition_json(app))))
    assert again == app
