"""What runtimes keep in files, and what they make of a task: plain calls, no process and no engine."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent.executor.events import Order
from barter.agent.executor.wire import event_from_wire, order_from_wire, order_to_wire
from barter.agent.runtime.container_spec import container_spec, key_of, order_of
from barter.agent.runtime.environment import process_environment
from barter.agent.runtime.host_config import host_config
from barter.agent.runtime.place import Place
from barter.agent.runtime.plain_file import open_to_append
from barter.agent.runtime.proc import start_time
from barter.agent.runtime.settings import Settings
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import UNLIMITED, Command, Container, Limits, Network, PortMapping, TaskInfo, Volume
from barter.proto.v1 import executor_pb2 as pb

TASK = TaskInfo(TaskId("t1"), "t1", resources(cpus=250, mem=64 << 20), Command("echo hi", env={"A": "b"}))
ORDER = Order(FrameworkId("f"), TASK, "/sandbox", "barter.a0123456789.f.t1")
KEY = ORDER.key
PLACE = Place("home", (), "127.0.0.1", Path("/w"), Settings(allowed_volumes=("/srv",)))


def test_orders_go_over_the_wire_unchanged() -> None:
    assert order_from_wire(order_to_wire(ORDER)) == ORDER
    assert event_from_wire(pb.ExecutorEvent()) is None


def test_a_process_is_known_by_its_start() -> None:
    assert start_time(os.getpid()) > 0
    assert start_time(2**22 + 1) == 0


def test_the_environment_says_who_the_task_is() -> None:
    environment = process_environment(ORDER)
    assert environment["BARTER_TASK_ID"] == environment["MESOS_TASK_ID"] == "t1"
    assert (environment["A"], environment["HOME"], environment["BARTER_SANDBOX"]) == ("b", "/sandbox", "/sandbox")
    own_path = replace(ORDER, task=replace(TASK, command=Command("x", env={"PATH": "/mine"})))
    assert process_environment(own_path)["PATH"] == "/mine"


def test_what_the_engine_is_asked_for() -> None:
    container = Container("web:1", Network.BRIDGE, (PortMapping(80, 31000),), (Volume("/data", "/srv/x", True),))
    order = replace(ORDER, task=replace(TASK, container=container, labels={"owner": "me"}))
    spec = container_spec(order, container, PLACE)
    host = spec["HostConfig"]
    labels = spec["Labels"]
    assert isinstance(host, dict)
    assert isinstance(labels, dict)
    assert (spec["Entrypoint"], spec["Cmd"]) == (["/bin/sh"], ["-c", "echo hi"])
    assert host["NetworkMode"] == "bridge"
    assert host["PortBindings"] == {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "31000"}]}
    assert (host["CpuShares"], host["Memory"], host["MemorySwap"]) == (256, 64 << 20, 64 << 20)
    more = host_config(replace(order, task=replace(order.task, limits=Limits(1_500, UNLIMITED))), container, PLACE)
    assert (more["CpuPeriod"], more["CpuQuota"], more["MemoryReservation"]) == (100_000, 150_000, 64 << 20)
    assert not {"Memory", "MemorySwap"} & more.keys()
    assert host["Binds"] == ["/srv/x:/data:ro", "/sandbox:/mnt/mesos/sandbox:rw"]
    assert (labels["owner"], labels["barter.agent"], labels["barter.task"]) == ("me", "a0123456789", "t1")
    assert key_of(labels) == order.key
    assert order_of(labels) == order


def test_a_label_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="not readable"):
        order_of({"barter.order": "???"})


@pytest.mark.parametrize("trap", ["link", "pipe"])
def test_a_container_cannot_lead_its_log_out_of_the_sandbox(tmp_path: Path, trap: str) -> None:
    outside, log = tmp_path / "shadow", tmp_path / "stdout"
    outside.write_bytes(b"secret")
    if trap == "link":
        log.symlink_to(outside)
    else:
        os.mkfifo(log)
    with os.fdopen(open_to_append(log), "wb") as file:
        file.write(b"root2::0:0::/:/bin/sh")
    assert outside.read_bytes() == b"secret"
    assert log.read_bytes() == b"root2::0:0::/:/bin/sh"
    assert not log.is_symlink()
