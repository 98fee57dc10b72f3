"""What no agent could run is found before any engine is asked, with the field named."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.container_rules import RLIMITS, SANDBOX, container_problem, plain
from barter.core.ids import TaskId, VolumeId
from barter.core.reservations import VolumeMount
from barter.core.resources import resources
from barter.core.tasks import Command, Container, Device, Network, PortMapping, Rlimit, TaskInfo, Tmpfs, Volume

IMAGE = Container("img")
NOTHING = Command()
FULL = Container(
    "img",
    Network.OWN,
    volumes=(Volume("/data", "/srv/data"), Volume("/db", name="db.1")),
    entrypoint=("/bin/tool", ""),
    network_name="lan",
    tmpfs=(Tmpfs("/tmp", 1 << 20), Tmpfs("/dev/shm/x")),
    capabilities=("NET_ADMIN", "SYS_TIME"),
    devices=(Device("/dev/fuse"), Device("/dev/kvm", "/dev/kvm0", "r")),
    log_driver="local",
    log_options={"max-size": "1m", "max-file": "10", "compress": "false"},
    shm_size=64 << 20,
    init=True,
)
PATHS = st.text(alphabet="/.a:\0\n ~x", max_size=20)


def task(container: Container | None = IMAGE, command: Command = NOTHING, **more: object) -> TaskInfo:
    return replace(TaskInfo(TaskId("t"), "t", resources(cpus=1), command, container), **more)  # type: ignore[arg-type]


def test_all_that_there_is_can_be_had() -> None:
    command = Command(argv=("-x",), env={"A": ""}, user="web:100", rlimits=tuple(Rlimit(n, 0, -1) for n in RLIMITS))
    assert container_problem(task(FULL, command)) == ""
    assert container_problem(task(None, Command(shell="true"))) == ""
    assert (
        container_problem(task(replace(IMAGE, network=Network.BRIDGE, port_mappings=(PortMapping(80, 31000),)))) == ""
    )


@pytest.mark.parametrize(
    ("field", "command"),
    [
        ("command", Command(shell="a\0b")),
        ("command", Command(argv=("a\0",))),
        ("command", Command("x", env={"A": "\0"})),
        ("command.env", Command("x", env={"A=B": ""})),
        ("command.user", Command("x", user="-u root")),
        ("command.user", Command("x", user="a:b:c")),
        ("command.user", Command("x", user="root\n")),
        ("command.rlimits.'files'", Command("x", rlimits=(Rlimit("files", 1, 1),))),
        ("command.rlimits.'nofile'", Command("x", rlimits=(Rlimit("nofile", 2, 1),))),
        ("command.rlimits.'nofile'", Command("x", rlimits=(Rlimit("nofile", -1, 1),))),
        ("command.rlimits.'nofile'", Command("x", rlimits=(Rlimit("nofile", -2, -1),))),
        ("command.rlimits", Command("x", rlimits=(Rlimit("nofile", 1, 1), Rlimit("nofile", 2, 2)))),
    ],
)
def test_a_command_that_cannot_be(field: str, command: Command) -> None:
    for container in (None, IMAGE):
        assert container_problem(task(container, command)).startswith(f"{field}:")


@pytest.mark.parametrize(
    ("field", "container"),
    [
        ("entrypoint", replace(IMAGE, entrypoint=("a\0",))),
        ("entrypoint", replace(IMAGE, entrypoint=("", "x"))),
        ("network_name", replace(IMAGE, network_name="lan")),
        ("network_name", replace(IMAGE, network=Network.OWN)),
        ("network_name", replace(IMAGE, network=Network.OWN, network_name="container:abc")),
        ("network_name", replace(IMAGE, network=Network.OWN, network_name="host")),
        ("port_mappings", replace(FULL, port_mappings=(PortMapping(80, 31000),))),
        ("port_mappings", replace(IMAGE, network=Network.BRIDGE, port_mappings=(PortMapping(0, 31000),))),
        ("port_mappings", replace(IMAGE, network=Network.BRIDGE, port_mappings=(PortMapping(80, 31000, "http"),))),
        ("volumes.host_path", replace(IMAGE, volumes=(Volume("/x", "/srv/../etc"),))),
        ("volumes.host_path", replace(IMAGE, volumes=(Volume("/x", "srv"),))),
        ("volumes.host_path", replace(IMAGE, volumes=(Volume("/x", "/srv\0/x"),))),
        ("volumes.container_path", replace(IMAGE, volumes=(Volume("/x/./y", "/srv"),))),
        ("volumes.container_path", replace(IMAGE, volumes=(Volume("/proc/sys", "/srv"),))),
        ("volumes.name", replace(IMAGE, volumes=(Volume("/x", name="../etc"),))),
        ("volumes.name", replace(IMAGE, volumes=(Volume("/x", name="/etc"),))),
        ("volumes", replace(IMAGE, volumes=(Volume("/x", "/srv", name="db"),))),
        ("volumes", replace(IMAGE, volumes=(Volume("/x"),))),
        ("volumes", replace(IMAGE, volumes=(Volume(SANDBOX, "/srv"),))),
        ("volumes", replace(IMAGE, volumes=(Volume("/x", "/srv"),), tmpfs=(Tmpfs("/x"),))),
        ("volumes", replace(IMAGE, volumes=tuple(Volume(f"/x{number}", "/srv") for number in range(65)))),
        ("tmpfs.container_path", replace(IMAGE, tmpfs=(Tmpfs("/x:exec"),))),
        ("tmpfs.size", replace(IMAGE, tmpfs=(Tmpfs("/x", -1),))),
        ("capabilities", replace(IMAGE, capabilities=("ALL",))),
        ("capabilities", replace(IMAGE, capabilities=("net_admin",))),
        ("capabilities", replace(IMAGE, capabilities=("SYS_TIME", "SYS_TIME"))),
        ("devices.host_path", replace(IMAGE, devices=(Device("/etc/passwd"),))),
        ("devices.host_path", replace(IMAGE, devices=(Device("/dev/../etc/passwd"),))),
        ("devices.container_path", replace(IMAGE, devices=(Device("/dev/fuse", "/etc/x"),))),
        ("devices.permissions", replace(IMAGE, devices=(Device("/dev/fuse", "", "x"),))),
        ("log_driver", replace(IMAGE, log_driver="none")),
        ("log_driver", replace(IMAGE, log_driver="syslog")),
        ("log_options", replace(IMAGE, log_options={"labels": "x"})),
        ("log_options.max-size", replace(IMAGE, log_options={"max-size": "2g"})),
        ("log_options.max-size", replace(IMAGE, log_options={"max-size": "-1"})),
        ("log_options.max-file", replace(IMAGE, log_options={"max-file": "11"})),
        ("log_options.compress", replace(IMAGE, log_options={"compress": "yes"})),
        ("shm_size", replace(IMAGE, shm_size=-1)),
        ("shm_size", replace(IMAGE, shm_size=1)),
    ],
)
def test_a_container_that_cannot_be(field: str, container: Container) -> None:
    assert container_problem(task(container)).startswith(f"container.{field}:")


def test_a_shell_line_has_its_own_entrypoint() -> None:
    container = replace(IMAGE, entrypoint=("/bin/tool",))
    assert "command.argv" in container_problem(task(container, Command(shell="true")))


def test_no_two_things_are_in_one_place() -> None:
    mount = VolumeMount(VolumeId("v1"), "/x")
    assert "twice" in container_problem(task(replace(IMAGE, tmpfs=(Tmpfs("/x"),)), volumes=(mount,)))


@given(PATHS)
def test_a_plain_path_is_one_part_of_the_engines_words(path: str) -> None:
    if plain(path):
        assert path.startswith("/")
        assert not set(path) & {":", "\0", "\n"}
        assert path == "/" + "/".join(part for part in path.split("/") if part not in ("", ".", ".."))


@given(PATHS, PATHS, st.text(max_size=10), st.text(max_size=10))
def test_whatever_is_asked_there_is_an_answer_in_one_line(here: str, there: str, name: str, user: str) -> None:
    volume, command = Volume(there, here, name=name), Command(user=user, argv=(here,), env={name: there})
    container = replace(IMAGE, volumes=(volume,), network_name=name, log_options={name: user}, devices=(Device(here),))
    problem = container_problem(task(container, command))
    assert problem
    assert "\n" not in problem
    assert "\0" not in problem
