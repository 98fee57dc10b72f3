"""JSON becomes an App only when it means something here; what is wrong is named, all of it at once."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.tasks import Network
from barter.core.units import MIB
from barter.frameworks.service.app import Check, Delays, Port, Unreachable, Upgrade
from barter.frameworks.service.definition import DefinitionError, parse_app, parse_json
from barter.frameworks.service.edits import created
from barter.frameworks.service.render import app_json

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.json"))
CMD: dict[str, Any] = {"id": "/web", "cmd": "run"}
IMAGE: dict[str, Any] = {"type": "DOCKER", "docker": {"image": "busybox"}}
BRIDGE = [{"mode": "container/bridge"}]


def parameters(*given: tuple[str, str]) -> dict[str, Any]:
    listed = [{"key": key, "value": value} for key, value in given]
    return {"type": "DOCKER", "docker": {"image": "busybox", "parameters": listed}}


OWN = [{"mode": "container", "name": "lan"}]


def test_defaults_are_marathons() -> None:
    app = parse_app({"id": "web", "cmd": "run"})
    assert (app.app_id, app.cpus, app.mem, app.disk, app.instances) == ("/web", 1000, 128 * MIB, 0, 1)
    assert app.ports == (Port(name="default"),)
    assert (app.upgrade, app.delays, app.unreachable) == (Upgrade(), Delays(1_000, 1_150_000, 300_000), Unreachable())
    assert (app.network, app.kill_grace_ms, app.checks) == (Network.HOST, 3_000, ())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid_and_survive_a_round(path: Path) -> None:
    app = parse_app(parse_json(path.read_bytes()))
    assert parse_app(app_json(app)) == app


@pytest.mark.parametrize(
    ("more", "path", "reason"),
    [
        ({"cpus": -1}, "/cpus", "is less than"),
        ({"cpus": float("nan")}, "/cpus", "finite"),
        ({"cpus": float("inf")}, "/cpus", "finite"),
        ({"cpus": 0.0005}, "/cpus", "is less than"),
        ({"cpus": 0.1234}, "/cpus", "thousandth"),
        ({"cpus": "1"}, "/cpus", "number"),
        ({"cpus": True}, "/cpus", "number"),
        ({"cpus": 1e9}, "/cpus", "is greater than"),
        ({"mem": -1}, "/mem", "is less than"),
        ({"mem": 1e300}, "/mem", "is greater than"),
        ({"disk": -0.5}, "/disk", "is less than"),
        ({"instances": 1.5}, "/instances", "integer"),
        ({"instances": 10**30}, "/instances", "is greater than"),
        ({"id": "/Web"}, "/id", "'Web'"),
        ({"id": "/a/../b"}, "/id", "'..'"),
        ({"id": "//"}, "/id", "not usable"),
        ({"id": "/a/tasks"}, "/id", "reserved"),
        ({"id": "/" + "a" * 300}, "/id", "longer"),
        ({"id": 7}, "/id", "string"),
        ({"colour": "red"}, "/colour", "not a known field"),
        ({"gpus": 1}, "/gpus", "not supported"),
        ({"dependencies": ["/db", "../db/"]}, "/dependencies/1", "given twice"),
        ({"id": "/g/w", "dependencies": ["w"]}, "/dependencies/0", "is the app itself"),
        ({"dependencies": ["/D"]}, "/dependencies/0", "not usable"),
        ({"env": {"A": {"secret": "s"}}}, "/env/A/secret", "undefined secret"),
        ({"resourceLimits": {"cpus": 0.5}}, "/resourceLimits/cpus", "less than the 1 requested"),
        ({"resourceLimits": {"mem": "none"}}, "/resourceLimits/mem", "unlimited"),
        ({"check": {"http": {}, "tcp": {}}}, "/check", "needs one of"),
        ({"fetch": [{"uri": "http://x"}]}, "/fetch/0/uri", "destPath"),
        ({"fetch": [{"uri": "ftp://x/y"}]}, "/fetch/0/uri", "begins with none of"),
        ({"fetch": [{"uri": "https:///y"}]}, "/fetch/0/uri", "names no host"),
        ({"fetch": [{"uri": "http://["}]}, "/fetch/0/uri", "not a URI"),
        ({"fetch": [{"uri": "http://x/y", "destPath": "../y"}]}, "/fetch/0/destPath", "below the sandbox"),
        ({"fetch": [{"uri": "http://x/y", "destPath": "/y"}]}, "/fetch/0/destPath", "below the sandbox"),
        ({"fetch": [{"uri": "http://x/y", "sha256": "12"}]}, "/fetch/0/sha256", "pattern"),
        ({"fetch": [{"uri": "http://x/y"}], "uris": ["http://x/y"]}, "/uris", "together with fetch"),
        ({"uris": ["x"]}, "/uris/0/uri", "begins with none of"),
        ({"user": "a b"}, "/user", "pattern"),
        ({"ulimits": [{"name": "files", "soft": 1, "hard": 1}]}, "/ulimits/0", "none of"),
        ({"ulimits": [{"name": "nofile", "soft": 2, "hard": 1}]}, "/ulimits/0", "soft is more"),
        ({"readinessChecks": [{}]}, "/readinessChecks/0/portName", "no port is named http-api: the app's are default"),
        ({"readinessChecks": [{}, {}]}, "/readinessChecks", "one readiness check"),
        ({"readinessChecks": [{"preserveLastResponse": True}]}, "/readinessChecks/0/preserveLastResponse", "not supp"),
        ({"readinessChecks": [{"protocol": "TCP"}]}, "/readinessChecks/0/protocol", "should be"),
        ({"killSelection": "RANDOM"}, "/killSelection", "YOUNGEST_FIRST"),
        ({"args": ["a"]}, "/args", "together with cmd"),
        ({"cmd": None}, "/cmd", "is needed"),
        ({"cmd": ""}, "/cmd", "must not be empty"),
        ({"env": {"A": 1}}, "/env/A", "string"),
        ({"env": {"A=B": "1"}}, "/env/A=B", "'='"),
        ({"constraints": [["zone", "NEAR"]]}, "/constraints/0", "NEAR"),
        ({"constraints": [["zone", "LIKE", "("]]}, "/constraints/0", "regular expression"),
        ({"constraints": [["zone"]]}, "/constraints/0", "at least 2"),
        ({"constraints": [["zone", "UNIQUE"], ["zone", "UNIQUE"]]}, "/constraints/1", "twice"),
        ({"portDefinitions": [{"port": 65536}]}, "/portDefinitions/0/port", "is greater than"),
        ({"portDefinitions": [{"port": -1}]}, "/portDefinitions/0/port", "is less than"),
        ({"portDefinitions": [{"port": 80}, {"port": 80}]}, "/portDefinitions/1", "80 is given twice"),
        ({"portDefinitions": [{"name": "a"}, {"name": "a"}]}, "/portDefinitions/1/name", "twice"),
        ({"portDefinitions": [{"name": "A_b"}]}, "/portDefinitions/0/name", "pattern"),
        ({"networks": BRIDGE}, "/networks", "needs container.docker.image"),
        ({"networks": [{"mode": "container", "name": "lan"}]}, "/networks", "needs container.docker.image"),
        ({"networks": [{"mode": "container"}], "container": IMAGE}, "/networks/0/name", "is needed"),
        ({"networks": [{"mode": "container", "name": "a b"}], "container": IMAGE}, "/networks/0/name", "letters"),
        ({"networks": [{"mode": "host", "name": "lan"}]}, "/networks/0/name", "is for mode container"),
        ({"networks": OWN, "container": {**IMAGE, "portMappings": [{}]}},
         "/container/portMappings/0/containerPort", "is needed"),
        ({"networks": OWN, "container": {**IMAGE, "portMappings": [{"containerPort": 80, "hostPort": 80}]}},
         "/container/portMappings/0/hostPort", "address of its own"),
        ({"networks": OWN, "container": {**IMAGE, "portMappings": [{"containerPort": 80, "networkNames": ["x"]}]}},
         "/container/portMappings/0/networkNames", "names none"),
        ({"healthChecks": [{"protocol": "GRPC"}]}, "/healthChecks/0/protocol", "should be"),
        ({"healthChecks": [{"portIndex": 1}]}, "/healthChecks/0/portIndex", "there is no port 1"),
        ({"healthChecks": [{"protocol": "COMMAND"}]}, "/healthChecks/0/command", "is needed"),
        ({"healthChecks": [{}, {}]}, "/healthChecks/1", "is given twice"),
        ({"healthChecks": [{"intervalSeconds": 0}]}, "/healthChecks/0/intervalSeconds", "is less than"),
        ({"upgradeStrategy": {"minimumHealthCapacity": 2}}, "/upgradeStrategy/minimumHealthCapacity", "greater than 1"),
        ({"backoffFactor": 0.5}, "/backoffFactor", "is less than"),
        ({"acceptedResourceRoles": ["*", "slave_public"]}, "/acceptedResourceRoles", "not both"),
        ({"labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}, "instances": 2}, "/instances", "more than 1"),
        ({"labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}}, "/upgradeStrategy", "capacities of 0"),
        ({"acceptedResourceRoles": ["gold"]}, "/acceptedResourceRoles", "gold is none of"),
        ({"acceptedResourceRoles": ["dev"], "role": "dev"}, "/acceptedResourceRoles", "reserved resources alone"),
        ({"labels": {"HAPROXY_0_VHOST": "a b"}}, "/labels/HAPROXY_0_VHOST", "not a host name"),
        ({"labels": {"HAPROXY_1_VHOST": "a.b"}}, "/labels/HAPROXY_1_VHOST", "no port 1"),
        ({"labels": {"HAPROXY_0_MODE": "udp"}}, "/labels/HAPROXY_0_MODE", "http or tcp"),
        ({"labels": {"HAPROXY_0_STICKY": "true"}}, "/labels/HAPROXY_0_STICKY", "not honoured"),
        ({"container": {"type": "DOCKER"}}, "/container/docker", "is needed"),
        ({"container": {"docker": {"image": "x", "privileged": True}}}, "/container/docker/privileged", "rights"),
        ({"container": {"docker": {"image": "x", "parameters": [{"key": "privileged", "value": "true"}]}}},
         "/container/docker/parameters/0", "rights of the machine"),
        ({"container": {"docker": {"image": "x", "parameters": [{"key": "user", "value": "a"}]}}, "user": "b"},
         "/user", "together with the parameter"),
        ({"container": {**IMAGE, "volumes": [{"containerPath": "/x"}]}}, "/container/volumes/0", "needs one of"),
        ({"container": {**IMAGE, "volumes": [{"containerPath": "/x", "external": {"name": "/v"}}]}},
         "/container/volumes/0/external/name", "not a volume's name"),
        ({"container": {**IMAGE, "volumes": [{"containerPath": "/x",
                                              "external": {"name": "v", "options": {"dvdi/driver": "rexray"}}}]}},
         "/container/volumes/0/external/options/dvdi/driver", "only local"),
        ({"container": {"docker": {"image": "x", "parameters": [{"key": "volume", "value": "v:/x"}]},
                        "volumes": [{"containerPath": "/x", "hostPath": "/y"}]}},
         "/container/docker/parameters", "given twice"),
        ({"container": {"docker": {"image": "x", "network": "USER"}}}, "/networks/0/name", "is needed"),
        ({"container": {"docker": {"image": "x", "network": "MACVLAN"}}}, "/container/docker/network", "should be"),
        ({"networks": [*OWN, {"name": "other"}], "container": IMAGE}, "/networks", "one network at a time"),
        ({"networks": [*OWN, {"mode": "host"}], "container": IMAGE}, "/networks", "may be one host network"),
        ({"networks": OWN, "container": {**IMAGE, "portMappings": [{"containerPort": 80, "hostPort": 0}]}},
         "/container/portMappings/0/hostPort", "address of its own"),
        ({"ipAddress": {"networkName": "lan"}, "networks": OWN, "container": IMAGE}, "/ipAddress", "together with net"),
        ({"ipAddress": {"labels": {"a": "b"}}}, "/ipAddress/labels", "not supported"),
        ({"ipAddress": {"discovery": {"ports": [{"name": "http", "number": 80}]}}, "container": IMAGE},
         "/ipAddress/discovery", "is not for containers of type DOCKER"),
        ({"ports": [1, 2], "portDefinitions": [{"port": 1}]}, "/ports", "other portDefinitions"),
        ({"constraints": [["rack", "IS", "[1-3]"]]}, "/constraints/0", "not ranges"),
        ({"container": {"docker": {"image": "-v /:/x"}}}, "/container/docker/image", "pattern"),
        ({"container": {**IMAGE, "volumes": [{"containerPath": "x", "hostPath": "/y"}]}},
         "/container/volumes/0/containerPath", "not an absolute path"),
        ({"container": {**IMAGE, "volumes": [{"containerPath": "/x", "persistent": {"size": 1}}]}},
         "/container/volumes/0/containerPath", "must not contain"),
        ({"container": {"type": "MESOS", "volumes": [{"containerPath": "/x", "hostPath": "/y"}]}},
         "/container/volumes", "need an image"),
        ({"container": {**IMAGE, "portMappings": [{"containerPort": 80}] * 2}, "networks": BRIDGE},
         "/container/portMappings/1", "twice"),
        ({"container": {**IMAGE, "portMappings": [{"hostPort": 8, "containerPort": n} for n in (1, 2)]},
          "networks": BRIDGE}, "/container/portMappings/1", "twice"),
        ({"container": IMAGE, "networks": BRIDGE, "portDefinitions": [{"port": 0}]}, "/portDefinitions", "host"),
        ({"container": {**IMAGE, "portMappings": [{}]}, "networks": [{"mode": "host"}]},
         "/container/portMappings", "need networks"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(more: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_app({**CMD, **more})
    named = dict(caught.value.problems)
    assert reason in named.get(path, ""), named


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_app({"id": "/web", "cmd": "x", "cpus": -1, "colour": "red", "gpus": 2})
    assert {path for path, _ in caught.value.problems} == {"/cpus", "/colour", "/gpus"}


def test_fields_that_say_nothing_are_taken() -> None:
    exported = {"fetch": [], "gpus": 0, "killSelection": "YOUNGEST_FIRST", "executor": "", "dependencies": [],
                "version": "2015-09-29T15:59:51.164Z", "tasksRunning": 3, "role": "*"}  # fmt: skip
    assert parse_app({**CMD, **exported}) == parse_app(CMD)


def test_a_bridge_app() -> None:
    mapping = {"containerPort": 8080, "servicePort": 10001, "name": "http"}
    container = {
        **IMAGE,
        "portMappings": [mapping],
        "volumes": [{"containerPath": "/d", "hostPath": "/e", "mode": "RO"}],
    }
    app = parse_app({"id": "/web", "container": container, "networks": BRIDGE})
    assert app.network is Network.BRIDGE
    assert app.ports == (Port("http", 0, 8080, 10001),)
    assert app.image is not None
    assert app.image.volumes[0].read_only
    assert parse_app(app_json(app)) == app


def test_the_older_ways_to_say_it() -> None:
    docker = {"image": "x", "network": "BRIDGE", "portMappings": [{"containerPort": 80}]}
    assert parse_app({"id": "/a", "container": {"docker": docker}}).network is Network.BRIDGE
    assert parse_app({"id": "/a", "cmd": "x", "ports": [0, 9000]}).ports == (Port(), Port(service_port=9000))
    none = parse_app({"id": "/a", "container": {"docker": {"image": "x", "network": "NONE"}}})
    assert (none.network, none.ports) == (Network.NONE, ())
    assert parse_app(app_json(none)) == none


def test_required_ports_are_host_ports_and_service_ports() -> None:
    app = parse_app({**CMD, "portDefinitions": [{"port": 9000}, {"port": 0}], "requirePorts": True})
    assert app.ports == (Port(host_port=9000, service_port=9000), Port())
    assert parse_app(app_json(app)) == app


OLDER_NETWORKS = [
    ({"container": {"docker": {"image": "busybox", "network": "BRIDGE", "portMappings": [{"containerPort": 80}]}}},
     {"networks": BRIDGE, "container": {**IMAGE, "portMappings": [{"containerPort": 80}]}}),
    ({"container": {"docker": {"image": "busybox", "network": "BRIDGE", "portMappings": [{"servicePort": 9000}]}},
      "ports": [9000]},
     {"networks": BRIDGE, "container": {**IMAGE, "portMappings": [{"servicePort": 9000}]}}),
    ({"container": {"docker": {"image": "busybox", "network": "USER"}}, "ipAddress": {"networkName": "lan"}},
     {"networks": [{"mode": "container", "name": "lan"}], "container": IMAGE}),
    ({"container": {"docker": {"image": "busybox", "network": "HOST"}}, "ports": [8080, 0]},
     {"container": IMAGE, "portDefinitions": [{"port": 8080}, {"port": 0}]}),
    ({"container": {"type": "MESOS", "docker": {"image": "busybox"}},
      "ipAddress": {"networkName": "lan", "groups": [], "discovery": {"ports": [{"name": "http", "number": 80}]}}},
     {"networks": [{"name": "lan"}],
      "container": {"type": "MESOS", "docker": {"image": "busybox"},
                    "portMappings": [{"containerPort": 80, "name": "http"}]}}),
]  # fmt: skip


@pytest.mark.parametrize(("older", "today"), OLDER_NETWORKS)
def test_the_networks_of_older_clients_mean_what_they_meant(older: dict[str, Any], today: dict[str, Any]) -> None:
    assert parse_app({"id": "/a", **older}) == parse_app({"id": "/a", **today})


def test_a_check_of_a_fixed_port() -> None:
    check = parse_app({**CMD, "healthChecks": [{"protocol": "MESOS_TCP", "port": 99, "intervalSeconds": 0.5}]}).checks[
        0
    ]
    assert isinstance(check, Check)
    assert (check.kind, check.port, check.interval_ms) == ("TCP", 99, 500)


EVERYTHING: dict[str, Any] = {
    "id": "/all",
    "args": ["serve"],
    "user": "1000:1000",
    "fetch": [
        {"uri": "https://example.org/a.tar.gz", "cache": True, "sha256": "AB" * 32},
        {"uri": "http://example.org/run?v=1", "extract": False, "executable": True, "destPath": "bin/run"},
    ],
    "networks": OWN,
    "container": {
        "type": "DOCKER",
        "docker": {
            "image": "busybox",
            "forcePullImage": True,
            "parameters": [{"key": "init", "value": "true"}, {"key": "ulimit", "value": "nofile=1024:2048"}],
        },
        "volumes": [
            {"containerPath": "/data", "external": {"name": "data", "provider": "dvdi"}, "mode": "RW"},
            {"containerPath": "/etc/x", "hostPath": "/srv/x", "mode": "RO"},
        ],
        "portMappings": [{"containerPort": 8443, "name": "https", "networkNames": ["lan"]}],
    },
    "healthChecks": [{"protocol": "MESOS_HTTPS", "portIndex": 0, "delaySeconds": 2.5}],
    "readinessChecks": [{"name": "warm", "protocol": "HTTPS", "portName": "https", "path": "/ready",
                         "httpStatusCodesForReady": [204, 200]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("log-driver", "journald"), "could not be read or limited"),
        (("log-opt", "tag=a"), "none of max-size"),
        (("tmpfs", "/proc"), "engine's own"),
    ],
)
def test_what_every_agent_would_refuse_is_refused_at_once(given: tuple[str, str], reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason) as caught:
        created({"id": "/web", "container": parameters(given)})
    assert [path for path, _ in caught.value.problems] == ["/container"]
    assert created({"id": "/web", "container": parameters(("log-driver", "local"))}).app_id == "/web"
    assert created({**EVERYTHING, "id": "/all"}).app_id == "/all"


def test_all_of_it_survives_a_round() -> None:
    app = parse_app(EVERYTHING)
    shown = app_json(app)
    assert parse_app(json.loads(json.dumps(shown))) == app
    assert shown["networks"] == OWN
    assert shown["container"]["portMappings"][0]["containerPort"] == 8443
    assert shown["container"]["docker"]["parameters"] == EVERYTHING["container"]["docker"]["parameters"]
    assert shown["fetch"][0]["sha256"] == "ab" * 32
    assert shown["fetch"][1]["destPath"] == "bin/run"
    assert shown["readinessChecks"][0]["httpStatusCodesForReady"] == [200, 204]
    assert shown["healthChecks"][0]["delaySeconds"] == 2.5


def test_uris_are_what_fetch_was_called_before() -> None:
    old, new = {"uris": ["https://example.org/a.tgz"]}, {"fetch": [{"uri": "https://example.org/a.tgz"}]}
    assert parse_app({**CMD, **old}) == parse_app({**CMD, **new})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"\xff\xfe\x00", b'{"a":1,"a":2}', b"[" * 100_000, b'{"a":"\\ud800"}', b'{"a":"\\u0000"}',
     b'{"\\u0000":1}', b'{"a":["\\udfff"]}', b" " * (1 << 20) + b"{}", b'{"a":' * 600 + b"1" + b"}" * 600,
     b'{"a":' + b"[" * 151 + b"]" * 151 + b"}"],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_json_object_of_text_is_refused(body: bytes) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_json(body)
    assert len(caught.value.problems) >= 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
FIELDS = [*app_json(parse_app(EVERYTHING)), "cmd", "portDefinitions", "uris"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_garbage_is_refused_and_nothing_else_is_raised(garbage: dict[str, Any]) -> None:
    try:
        app = parse_app({**CMD, **garbage})
    except DefinitionError:
        return
    assert parse_app(app_json(app)) == app
    assert json.loads(json.dumps(app_json(app), allow_nan=False)) == app_json(app)


def test_the_sum_of_what_an_example_fetches_is_that_of_the_file_beside_it() -> None:
    folder = Path(__file__).parents[2] / "examples"
    [artifact] = parse_app(parse_json((folder / "ready.json").read_bytes())).artifacts
    assert artifact.sha256 == hashlib.sha256((folder / "ready" / "server.py").read_bytes()).hexdigest()
