"""All that a container can have, as the engine is asked for it; what this agent does not allow is refused before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.executor.events import Order
from barter.agent.runtime.base import DiskFull, LaunchFailed
from barter.agent.runtime.container_spec import container_spec
from barter.agent.runtime.engine_errors import refusal
from barter.agent.runtime.place import Place
from barter.agent.runtime.settings import Settings
from barter.agent.runtime.shown import inspected, milliseconds
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import parse_resources, resources
from barter.core.tasks import Command, Container, Device, Network, PortMapping, Rlimit, TaskInfo, Tmpfs, Volume

ALL = Settings(("/srv",), ("NET_ADMIN",), ("/dev/null",))
PLACE = Place("home", ("/agent",), "", Path("/agent"), ALL)
TASK = TaskInfo(TaskId("t1"), "t1", resources(cpus=1_000))


def spec(container: Container, command: Command, settings: Settings = ALL, **more: Any) -> dict[str, Any]:
    task = replace(TASK, command=command, container=container, **more)
    order = Order(FrameworkId("f"), task, "/sandbox", "barter.a.f.t1")
    return container_spec(order, container, replace(PLACE, settings=settings))


def test_what_is_not_asked_for_is_not_said() -> None:
    made = spec(Container("img"), Command())
    assert not {"User", "Entrypoint", "Cmd", "ExposedPorts"} & set(made)
    host = made["HostConfig"]
    assert host["NetworkMode"] == "host"
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "20m", "max-file": "3"}}
    assert set(host) == {"NetworkMode", "Binds", "LogConfig", "CpuShares"}


def test_all_there_is() -> None:
    container = Container(
        "img",
        Network.OWN,
        network_name="lan",
        volumes=(Volume("/db", name="db.1", read_only=True), Volume("/data", "/srv/data")),
        entrypoint=("/bin/tool", "sub"),
        tmpfs=(Tmpfs("/scratch", 1 << 20), Tmpfs("/more")),
        capabilities=("NET_ADMIN",),
        devices=(Device("/dev/null", permissions="r"),),
        log_driver="local",
        log_options={"max-file": "2"},
        shm_size=64 << 20,
        init=True,
    )
    command = Command(argv=("-x", "y"), user="7:8", rlimits=(Rlimit("nofile", 10, -1),))
    made = spec(container, command, resources=parse_resources("cpus=1,gpus={0,GPU-a}"))
    assert (made["Entrypoint"], made["Cmd"], made["User"]) == (["/bin/tool", "sub"], ["-x", "y"], "7:8")
    host = made["HostConfig"]
    assert host["NetworkMode"] == "lan"
    assert host["Binds"] == ["db.1:/db:ro", "/srv/data:/data:rw", "/sandbox:/mnt/mesos/sandbox:rw"]
    assert host["Tmpfs"] == {"/scratch": "size=1048576", "/more": ""}
    assert host["CapAdd"] == ["NET_ADMIN"]
    assert host["Devices"] == [
        {"PathOnHost": "/dev/null", "PathInContainer": "/dev/null", "CgroupPermissions": "r"},
    ]
    assert host["DeviceRequests"] == [{"DeviceIDs": ["0", "GPU-a"], "Capabilities": [["gpu"]]}]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 10, "Hard": -1}]
    assert host["LogConfig"] == {"Type": "local", "Config": {"max-size": "20m", "max-file": "2"}}
    assert (host["ShmSize"], host["Init"]) == (64 << 20, True)


@pytest.mark.parametrize(
    ("container", "way_out"),
    [
        (Container("img", volumes=(Volume("/data", "/srv/data"),)), "--allow-volume"),
        (Container("img", capabilities=("NET_ADMIN",)), "--allow-capability NET_ADMIN"),
        (Container("img", devices=(Device("/dev/null"),)), "--allow-device /dev/null"),
    ],
)
def test_what_this_agent_does_not_allow_is_refused_with_the_way_out(container: Container, way_out: str) -> None:
    spec(container, Command())
    with pytest.raises(LaunchFailed, match=way_out):
        spec(container, Command(), Settings())


@pytest.mark.parametrize(
    ("container", "field"),
    [
        (Container("img", volumes=(Volume("/x", name="../x"),)), "container.volumes.name"),
        (Container("img", capabilities=("ALL",)), "container.capabilities"),
        (Container("img", network_name="lan"), "container.network_name"),
        (Container("img", Network.OWN, (PortMapping(1, 2),), network_name="lan"), "container.port_mappings"),
    ],
)
def test_what_could_run_nowhere_is_refused_also_here(container: Container, field: str) -> None:
    with pytest.raises(LaunchFailed, match=field):
        spec(container, Command())


def test_an_allowed_device_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(LaunchFailed, match="no device file"):
        spec(Container("img", devices=(Device("/dev/shm"),)), Command(), Settings(allowed_devices=("/dev/shm",)))
    with pytest.raises(LaunchFailed, match="No such file"):
        spec(Container("img", devices=(Device("/dev/none"),)), Command(), Settings(allowed_devices=("/dev/none",)))


def test_a_gpus_id_is_no_other_word() -> None:
    held = replace(resources(cpus=1), sets={"gpus": frozenset({"all,x"})})
    with pytest.raises(LaunchFailed, match=r"resources\.gpus"):
        spec(Container("img"), Command(), resources=held)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("No command specified", "neither an entrypoint nor a command"),
        ('OCI: exec: "/no/such": stat /no/such: no such file or directory: unknown', "no program '/no/such'"),
        ('OCI: exec: "tool": executable file not found in $PATH: unknown', "no program 'tool'"),
        ('exec: "docker-init": executable file not found in $PATH', "finds no docker-init"),
        ('OCI: exec: "/etc": permission denied: unknown', "'/etc' in the image cannot be executed (permission denied)"),
        ("exec /bin/tool: exec format error", "no program of this machine's kind"),
        ("unable to find user me: no matching entries in passwd file", "knows no user 'me'"),
        ('could not select device driver "" with capabilities: [[gpu]]', "container toolkit"),
        ("network lan not found", "docker network create lan"),
        ("driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", "a port it maps is used"),
        ("something new", "could not start the container: something new"),
    ],
)
def test_what_an_engine_says_is_told_in_a_sentence(said: str, sentence: str) -> None:
    failure = refusal("start", said)
    assert isinstance(failure, LaunchFailed)
    assert sentence in str(failure)


def test_a_full_disk_is_a_reason_of_its_own() -> None:
    failure = refusal("make", "mkdir /var/lib/docker/overlay2/x: no space left on device")
    assert isinstance(failure, DiskFull)
    assert "free space" in str(failure)


@pytest.mark.parametrize(
    ("stamp", "ms"),
    [
        ("2026-11-21T19:27:00.890075102Z", 1795289220890),
        ("2026-11-21T19:27:00.8Z", 1795289220800),
        ("2026-11-21T19:27:00Z", 1795289220000),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_an_engines_times(stamp: str, ms: int | None) -> None:
    assert milliseconds(stamp) == ms


def test_an_address_is_its_own_only_in_a_network_of_its_own() -> None:
    state = {"Status": "running", "ExitCode": 0, "OOMKilled": False, "Pid": 7, "FinishedAt": "0001-01-01T00:00:00Z"}
    state["StartedAt"] = "2026-11-21T19:27:00Z"
    said = {"Id": "c1", "State": state, "Config": {"Labels": None}}
    for name, address in (("lan", "10.1.2.3"), ("bridge", "")):
        shown = inspected({**said, "NetworkSettings": {"Networks": {name: {"IPAddress": "10.1.2.3"}}}})
        assert (shown.address, shown.pid, shown.ended_ms) == (address, 7, None)
    assert inspected(said).began
    state["StartedAt"] = state["FinishedAt"]
    assert not inspected(said).began
    six = {"IPAddress": "", "GlobalIPv6Address": "fd00::2"}
    assert inspected({**said, "NetworkSettings": {"Networks": {"lan": six}}}).address == "fd00::2"


WORDS = ["/x", "/srv/a", "/z", "db", "/t", "/dev/null", "rw", "lan"]
ODD = st.text(alphabet="/srv.a:-\0\n ", max_size=12) | st.sampled_from([*WORDS, "/srv", "/srv/../etc", ""])


@given(st.integers(0, len(WORDS)), ODD, st.sampled_from(list(Network)), st.sampled_from([-1, 0, 1 << 20]))
def test_whatever_is_asked_it_is_refused_or_means_what_was_allowed(
    place: int, odd: str, net: Network, size: int
) -> None:
    words = [odd if number == place else word for number, word in enumerate(WORDS)]
    words[-1] = words[-1] if net is Network.OWN else ""
    one, two, three, four, five, six, seven, eight = words
    container = Container(
        "img",
        net,
        volumes=(Volume(one, two), Volume(three, name=four)),
        tmpfs=(Tmpfs(five, size),),
        devices=(Device(six, permissions=seven),),
        network_name=eight,
        shm_size=size,
    )
    try:
        host = spec(container, Command(user=eight, argv=(one,)))["HostConfig"]
    except LaunchFailed:
        return
    folder, name, sandbox = (each.split(":") for each in host["Binds"])
    assert folder == [folder[0], one, "rw"]
    assert folder[0] == "/srv" or folder[0].startswith("/srv/")
    assert name == [four, three, "rw"]
    assert "/" not in four
    assert sandbox[0] == "/sandbox"
    assert [each["PathOnHost"] for each in host["Devices"]] == ["/dev/null"]
    assert host["NetworkMode"] == (eight if net is Network.OWN else net)
