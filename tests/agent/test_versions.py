"""What an agent and an executor of the version before say is understood, and they understand what is said to them.

`golden/protocol_1.json` and `golden/ledger_1.sql` were written by that version, and are not to be rewritten.
"""

import json
import sqlite3
from pathlib import Path

import pytest

from barter.agent import events as agent_ev
from barter.agent.executor import events as ev
from barter.agent.executor import protocol, wire
from barter.agent.executor.actions import ExecutorStatus, SendHello
from barter.agent.facts import ExecutorRecorded
from barter.agent.shell import decode
from barter.agent.shell.ledger import FILE, Ledger
from barter.agent.shell.wire import Wires
from barter.core.ids import ExecutorId, FrameworkId, TaskId
from barter.core.resources import NOTHING
from barter.core.task_state import TaskState
from barter.core.tasks import (
    Artifact,
    CheckKind,
    Command,
    Container,
    ExecutorInfo,
    HealthCheck,
    Limits,
    Network,
    ReadinessCheck,
    Reason,
    Rlimit,
    Source,
    StatusCheck,
    TaskInfo,
    TaskStatus,
    Tmpfs,
    Volume,
)
from barter.proto.v1 import executor_pb2 as pb

GOLDEN = Path(__file__).parent.parent / "golden"
OLD = json.loads((GOLDEN / "protocol_1.json").read_text())
F = FrameworkId("c-1-0001")
S = TaskState


def call(name: str) -> pb.ExecutorCall:
    return pb.ExecutorCall.FromString(bytes.fromhex(OLD["calls"][name]))


def heard(name: str) -> ev.Event | None:
    return wire.event_from_wire(pb.ExecutorEvent.FromString(bytes.fromhex(OLD["events"][name])))


def test_an_agent_understands_an_executor_of_the_version_before() -> None:
    hello = decode.hello(call("hello").hello, "77-1-b")
    assert hello.protocol == 1
    assert [(each.status.task_id, each.status.state, each.sequence) for each in hello.tasks] == [
        ("t1", S.RUNNING, 3),
        ("t2", S.FINISHED, 4),
    ]
    assert hello.statuses[0].status.message == "exited with status 0"
    [failed] = decode.executor_reports(call("statuses").statuses, "77-1-b").statuses
    assert (failed.status.reason, failed.status.exit_code) == (Reason.IMAGE_FAILED, 9)
    usage = decode.usage(call("usage").usage, "77-1-b")
    assert [(each.task_id, each.cpus, each.mem) for each in usage.tasks] == [("t1", 120, 5000)]
    assert isinstance(usage, agent_ev.ExecutorUsage)


def test_an_executor_understands_an_agent_of_the_version_before() -> None:
    launch = heard("launch")
    assert isinstance(launch, ev.Launch)
    [order] = launch.orders
    assert (order.task.task_id, order.sandbox) == ("t1", "/var/lib/barter/sandboxes/c-1-0001/t1")
    assert protocol.beyond(order.task, 1) == ""
    key = ev.TaskKey(F, TaskId("t1"))
    assert heard("kill") == ev.Kill(key, None, "scaled down")
    assert heard("recorded") == ev.Recorded(5)
    assert heard("stop") == ev.Stop(kill=True)
    assert heard("measure") == ev.MeasureEvery(2000)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_in_words_both_versions_read(reason: Reason) -> None:
    status = ExecutorStatus(F, TaskStatus(TaskId("t"), S.FAILED, Source.EXECUTOR, 1, reason=reason), 1)
    said = wire.hello_to_wire(SendHello((), (status,)), 7, "x")
    assert said.hello.statuses[0].status.reason in OLD["reasons"]
    assert decode.hello(said.hello, "e").statuses[0].status.reason is reason


TASK = TaskInfo(TaskId("t"), "t", NOTHING, Command("true"))
NEWER = [
    {"group_id": "g"},
    {"artifacts": (Artifact("http://x"),)},
    {"readiness_check": ReadinessCheck(CheckKind.TCP, 80)},
    {"health_checks": (HealthCheck(CheckKind.HTTPS, 80),)},
    {"health_checks": (HealthCheck(CheckKind.TCP, 80, delay_ms=5),)},
    {"command": Command("true", user="nobody")},
    {"command": Command("true", rlimits=(Rlimit("nofile", 1, 1),))},
    {"container": Container("x", Network.OWN, network_name="n")},
    {"container": Container("x", tmpfs=(Tmpfs("/t"),))},
    {"container": Container("x", volumes=(Volume("/t", name="v"),))},
    {"container": Container("x", init=True)},
]
NEWEST = [
    {"health_checks": (HealthCheck(CheckKind.TCP, 80), HealthCheck(CheckKind.TCP, 81))},
    {"status_check": StatusCheck(CheckKind.TCP, 80)},
    {"limits": Limits(cpus=2_000)},
]


@pytest.mark.parametrize("newer", [*NEWER, *NEWEST])
def test_what_the_version_before_cannot_do_is_not_sent_to_it(newer: dict[str, object]) -> None:
    fields = {"task_id": TASK.task_id, "name": "t", "resources": NOTHING, "command": TASK.command, **newer}
    task = TaskInfo(**fields)  # type: ignore[arg-type]
    assert "of an earlier version cannot" in protocol.refusal(task, 1)
    assert bool(protocol.refusal(task, 2)) is (newer in NEWEST)
    assert protocol.refusal(task, protocol.PROTOCOL) == ""


def test_a_frameworks_executor_is_no_more_than_a_process_to_the_version_before() -> None:
    own = ExecutorInfo(ExecutorId("x"), Command("x"), task_id=TASK.task_id)
    assert protocol.refusal(TaskInfo(TASK.task_id, "x", NOTHING, own.command, executor=own), 1) == ""


def test_the_words_of_the_version_before_are_known_as_they_were() -> None:
    assert set(OLD["reasons"]) <= set(Reason)
    assert set(OLD["networks"]) <= set(Network)
    assert set(OLD["checks"]) <= set(CheckKind)


def test_a_ledger_of_the_version_before_is_read_and_stays_readable_to_it(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / FILE)
    old.executescript((GOLDEN / "ledger_1.sql").read_text())
    columns = {name: old.execute(f"PRAGMA table_info({name})").fetchall() for name in ("tasks", "updates", "spent")}
    old.close()
    ledger = Ledger(tmp_path)
    book = ledger.load()
    assert (ledger.agent_id, book.epoch, book.executor, book.sequence) == ("ae6fefcf7f3", 7, "77-1-b", 5)
    entry = book.find(F, TaskId("t1"))
    assert entry is not None
    assert (entry.status.state, entry.executor, entry.task.name) == (S.RUNNING, "77-1-b", "web")
    assert [status.uuid for _, status in book.unacknowledged()] == ["t1:1", "t2:1"]
    ledger.write([ExecutorRecorded("x.t", 4, (F, TaskId("x.t")))], Wires())
    ledger.close()
    again = sqlite3.connect(tmp_path / FILE)
    assert again.execute("PRAGMA user_version").fetchone() == (1,)
    assert columns == {name: again.execute(f"PRAGMA table_info({name})").fetchall() for name in columns}
    again.close()
    reopened = Ledger(tmp_path)
    assert reopened.load().recorded("x.t", (F, TaskId("x.t"))) == 4
    reopened.close()
