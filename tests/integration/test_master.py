"""A real master over real gRPC, with a scheduler and an agent written by hand: the wire and nothing else."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio as aio
import httpx
import pytest

from barter.core.ids import AgentId
from barter.core.task_state import TaskState
from barter.master.cluster import Timing
from barter.master.registry import MemoryRegistry
from barter.master.shell import outbox
from barter.master.shell.pacing import BURST_SECONDS
from barter.master.shell.service import MasterService
from barter.proto import codec
from barter.proto.v1 import agent_pb2, operator_pb2, scheduler_pb2, types_pb2
from barter.shell.transport import channel
from tests.integration.machine import free_address
from tests.integration.master_stubs import PATIENCE_SECONDS, START, Peers, RealMaster, Session, update
from tests.master.world import status, task

pytestmark = pytest.mark.integration

NEGATIVE = {"demand_id": "d", "resources": {"scalars": {"cpus": -1}}}


@pytest.fixture
def master(tmp_path: Path) -> Iterator[RealMaster]:
    running = RealMaster(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def run(master: RealMaster) -> Callable[[Callable[[Peers], Coroutine[Any, Any, None]]], None]:
    def go(conversation: Callable[[Peers], Coroutine[Any, Any, None]]) -> None:
        async def talk() -> None:
            async with channel(master.grpc) as link:
                await conversation(Peers(link))

        asyncio.run(talk())

    return go


Run = Callable[[Callable[[Peers], Coroutine[Any, Any, None]]], None]


def test_from_subscription_to_the_acknowledged_end(run: Run) -> None:
    async def conversation(peers: Peers) -> None:
        scheduler, subscribed = await peers.subscribed()
        framework_id = subscribed.framework_id
        assert (subscribed.epoch, subscribed.heartbeat_ms) == (1, 200)
        agent_session, event = await peers.registered()
        assert (event.epoch, event.registered.cluster_id) == (1, framework_id.split("-")[0])
        [offer] = (await scheduler.hear()).offers.offers
        launch = [codec.task_to_wire(task("t1")), types_pb2.TaskInfo(task_id="t2", kill_grace_ms=-1)]
        await scheduler.say(scheduler_pb2.SchedulerCall(accept={"offer_ids": [offer.offer_id], "launch": launch}))
        run_order = await agent_session.hear()
        assert [info.task_id for info in run_order.run.tasks] == ["t1"]
        [refused] = (await scheduler.hear()).update.statuses
        assert (refused.task_id, refused.state) == ("t2", "TASK_ERROR")
        assert "kill_grace_ms -1 is negative" in refused.message
        for number, state in enumerate([TaskState.RUNNING, TaskState.FINISHED], 1):
            await agent_session.say(update(framework_id, "t1", state, number))
            [told] = (await scheduler.hear()).update.statuses
            assert (told.state, told.uuid) == (state, f"t1:{number}")
            acks = {"acks": [{"framework_id": framework_id, "task_id": "t1", "uuid": told.uuid}]}
            await scheduler.say(scheduler_pb2.SchedulerCall(acknowledge=acks))
            assert [ack.uuid for ack in (await agent_session.hear()).acknowledge.acks] == [told.uuid]
        await scheduler.say(scheduler_pb2.SchedulerCall(teardown={}))
        assert await scheduler.over() is grpc.StatusCode.OK

    run(conversation)


def test_both_peers_hear_heartbeats(run: Run) -> None:
    async def conversation(peers: Peers) -> None:
        scheduler, _ = await peers.subscribed()
        agent_session, _ = await peers.registered()
        await scheduler.heartbeat()
        assert (await agent_session.heartbeat()).epoch == 1

    run(conversation)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (scheduler_pb2.SchedulerCall(), "no such call"),
        (scheduler_pb2.SchedulerCall(demands={"demands": [{"count": 1}]}), "demand.demand_id"),
        (scheduler_pb2.SchedulerCall(decline={"filters": {"refuse_ms": -1}}), "filters.refuse_ms"),
        (
            scheduler_pb2.SchedulerCall(
                demands={"demands": [{"demand_id": "d", "resources": {"scalars": {"cpus": -1}}}]}
            ),
            "cpus would be negative",
        ),
    ],
)
def test_a_bad_call_is_answered_and_the_session_goes_on(run: Run, call: scheduler_pb2.SchedulerCall, said: str) -> None:
    async def conversation(peers: Peers) -> None:
        scheduler, _ = await peers.subscribed()
        await scheduler.say(call)
        error = (await scheduler.hear()).error
        assert said in error.message
        assert not error.fatal
        await scheduler.say(scheduler_pb2.SchedulerCall(reconcile={"task_ids": ["t9"]}))
        assert (await scheduler.hear()).update.statuses[0].state == "TASK_LOST"

    run(conversation)


def test_a_session_begins_with_who_it_is(run: Run) -> None:
    async def conversation(peers: Peers) -> None:
        scheduler, agent_session = peers.scheduler(), peers.agent()
        await scheduler.say(scheduler_pb2.SchedulerCall(revive={}))
        await agent_session.say(agent_pb2.AgentCall(heartbeat={}))
        assert await scheduler.over() is grpc.StatusCode.INVALID_ARGUMENT
        assert await agent_session.over() is grpc.StatusCode.INVALID_ARGUMENT
        nameless, bad_agent = peers.scheduler(), peers.agent()
        await nameless.say(scheduler_pb2.SchedulerCall(subscribe={}))
        await bad_agent.say(agent_pb2.AgentCall(register={"agent": {"agent_id": "../etc"}}))
        for session, said in ((nameless, "framework.name"), (bad_agent, "agent id '../etc'")):
            error = (await session.hear()).error
            assert error.fatal
            assert said in error.message
            assert await session.hear() is None

    run(conversation)


def test_who_takes_over_gets_the_session_and_the_old_one_a_fatal_error(run: Run) -> None:
    async def conversation(peers: Peers) -> None:
        first, subscribed = await peers.subscribed()
        second, again = await peers.subscribed(subscribed.framework_id)
        assert again.framework_id == subscribed.framework_id
        error = (await first.hear()).error
        assert error.fatal
        assert "failed over" in error.message
        assert await first.hear() is None
        await second.say(scheduler_pb2.SchedulerCall(reconcile={"task_ids": ["t9"]}))
        assert (await second.hear()).update.statuses[0].task_id == "t9"

    run(conversation)


def test_operators_see_watch_and_explain(run: Run) -> None:
    async def conversation(peers: Peers) -> None:
        operator = peers.operator
        endpoints = operator.WatchEndpoints(operator_pb2.WatchEndpointsRequest(), wait_for_ready=True)
        first = await endpoints.read()
        events = operator.WatchEvents(operator_pb2.WatchEventsRequest(last=10))
        assert (first.snapshot, first.settled) == (True, True)
        scheduler, subscribed = await peers.subscribed()
        services = {"services": [{"service_id": "web", "ports": [{"name": "http", "vhosts": ["web.localhost"]}]}]}
        await scheduler.say(scheduler_pb2.SchedulerCall(services=services))
        change = await endpoints.read()
        assert [view.service.service_id for view in change.services] == ["web"]
        assert [(await events.read()).kind for _ in range(2)] == ["framework_admitted", "framework_subscribed"]
        need = {"resources": {"scalars": {"cpus": 64_000}}, "demand_id": "big", "count": 2, "role": "*"}
        await scheduler.say(scheduler_pb2.SchedulerCall(demands={"demands": [need]}))
        await peers.registered()
        explained = await operator.Explain(operator_pb2.ExplainRequest(subject="big"))
        impossible = "no agent could ever: wants 64 cpus, the only one has 4"
        assert explained.summary == f"2 more wanted; none of 1 agents fits: {impossible}"
        assert (explained.kind, explained.impossible) == ("demand", impossible)
        assert [(group.failing, group.agents) for group in explained.groups] == [(["cpus"], 1)]
        assert list(explained.changes) == ["one more private agent with the process runtime, cpus=64 free"]
        assert [step.kind for change in explained.change_details for step in change.steps] == ["add"]
        assert [verdicts.agent_id for verdicts in explained.agents] == ["a1"]
        listed = await operator.ListFrameworks(operator_pb2.ListFrameworksRequest())
        assert [(view.framework.framework_id, view.state) for view in listed.frameworks] == [
            (subscribed.framework_id, "active")
        ]
        [view] = (await operator.ListAgents(operator_pb2.ListAgentsRequest())).agents
        assert (view.state, view.agent.agent_id) == ("active", AgentId("a1"))
        summary = await operator.GetStatus(operator_pb2.GetStatusRequest())
        assert (summary.epoch, summary.agents_active, summary.frameworks_active) == (1, 1, 1)
        teardown = operator_pb2.TeardownFrameworkRequest(framework_id=subscribed.framework_id)
        await operator.TeardownFramework(teardown)
        while (event := await scheduler.hear()).WhichOneof("event") != "error":
            pass
        assert event.error.fatal
        for request, call in ((teardown, operator.TeardownFramework), (_unknown(), operator.Explain)):
            with pytest.raises(aio.AioRpcError) as caught:
                await call(request)
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        endpoints.cancel()
        events.cancel()

    run(conversation)


def _unknown() -> operator_pb2.ExplainRequest:
    return operator_pb2.ExplainRequest(subject="nobody")


def test_a_killed_master_comes_back_with_a_higher_epoch_and_knows_its_framework(master: RealMaster, run: Run) -> None:
    known: list[str] = []

    async def before(peers: Peers) -> None:
        _, subscribed = await peers.subscribed()
        known.append(subscribed.framework_id)
        await peers.registered()

    async def after(peers: Peers) -> None:
        scheduler, subscribed = await peers.subscribed(known[0])
        assert (subscribed.framework_id, subscribed.epoch) == (known[0], 2)
        await scheduler.say(scheduler_pb2.SchedulerCall(reconcile={"task_ids": ["t1", "t9"]}))
        running = agent_pb2.AgentTask(
            framework_id=known[0],
            task=codec.task_to_wire(task("t1")),
            status=codec.status_to_wire(status("t1", TaskState.RUNNING)),
        )
        await peers.registered(running)
        states = {told.task_id: told.state for told in (await scheduler.hear()).update.statuses}
        assert states == {"t1": "TASK_RUNNING", "t9": "TASK_LOST"}

    run(before)
    master.stop(signal.SIGKILL)
    master.process = master.spawn()
    run(after)


def test_a_second_master_on_the_folder_or_the_port_is_refused(master: RealMaster, run: Run, tmp_path: Path) -> None:
    async def conversation(peers: Peers) -> None:
        await peers.subscribed()

    run(conversation)
    for folder, said in ((master.folder, "in use by another master"), (tmp_path / "other", "cannot listen on")):
        command = [sys.executable, "-c", START, str(folder), master.grpc, master.http]
        second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert second.returncode == 1
        assert said in second.stderr
        assert "Traceback" not in second.stderr


def test_health_metrics_and_nothing_else_over_http_and_garbage_is_dropped(master: RealMaster, run: Run) -> None:
    async def conversation(peers: Peers) -> None:
        await peers.registered()

    host, port = master.grpc.split(":")
    run(conversation)
    with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as garbage:
        garbage.sendall(b"\x00garbage\r\n" * 100)
    with httpx.Client(base_url=f"http://{master.http}") as client:
        assert client.get("/health").json()["epoch"] == 1
        assert "barter_master_agents{" in client.get("/metrics").text
        assert client.get("/tasks").status_code == 404
    run(conversation)


def test_a_peer_that_does_not_read_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "WAITING_MOST", 20_000)

    async def conversation() -> None:
        registry = MemoryRegistry()
        service = MasterService(registry, await registry.start("abc123"), Timing(), 50)
        await service.start("127.0.0.1:0", free_address())
        async with channel(service.address) as link:
            peers = Peers(link)
            scheduler, _ = await peers.subscribed()
            unknown = scheduler_pb2.SchedulerCall(reconcile={"task_ids": [f"t{n}" * 10 for n in range(5_000)]})
            asking = asyncio.create_task(_ask_often(scheduler, unknown))
            await _until_disconnected(peers)
            # The stub may learn it from the master's status, or from a write of its own that fails.
            assert await scheduler.over() in {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL}
            await asyncio.wait([asking])
            _, again = await peers.subscribed()
            assert again.framework_id == "abc123-1-0002"
        await service.stop()

    asyncio.run(conversation())


def test_a_framework_that_floods_is_slowed_and_others_are_answered_at_once() -> None:
    """At a call a second the flood would take an hour; two streams of one principal share its rate and its burst, of
    which each takes one to subscribe."""

    async def conversation() -> None:
        registry, http = MemoryRegistry(), free_address()
        service = MasterService(registry, await registry.start("abc123"), Timing(), 200, calls_per_second=1)
        await service.start("127.0.0.1:0", http)
        async with channel(service.address) as link, asyncio.timeout(PATIENCE_SECONDS):
            peers = Peers(link)
            floods = [await _subscribed_for(peers, "loud") for _ in range(2)]
            quiet = await _subscribed_for(peers, "quiet")
            ask = scheduler_pb2.SchedulerCall(reconcile={"task_ids": ["t1"]})
            flooding = [asyncio.create_task(_ask_often(flood, ask, 2_000)) for flood in floods]
            answers: asyncio.Queue[str] = asyncio.Queue()
            hearing = [asyncio.create_task(_hear_all(flood, answers)) for flood in floods]
            for _ in range(BURST_SECONDS + 1):
                await answers.get()
            for _ in range(BURST_SECONDS - 1):
                await quiet.say(ask)
                assert (await quiet.hear()).update.statuses[0].task_id == "t1"
            metrics = await _metrics(http)
            assert 'barter_master_calls_slowed_total{principal="loud"}' in metrics
            assert "quiet" not in metrics
            assert answers.qsize() < 100
            for task in (*flooding, *hearing):
                task.cancel()
        await service.stop()

    asyncio.run(conversation())


async def _subscribed_for(peers: Peers, principal: str) -> Session:
    session = peers.scheduler()
    framework = types_pb2.FrameworkInfo(name="stub", principal=principal)
    await session.say(scheduler_pb2.SchedulerCall(subscribe={"framework": framework}))
    assert (await session.hear()).HasField("subscribed")
    return session


async def _hear_all(session: Session, heard: asyncio.Queue[str]) -> None:
    with contextlib.suppress(aio.AioRpcError):
        while (event := await session.hear()) is not None:
            for status in event.update.statuses:
                heard.put_nowait(status.task_id)


async def _metrics(address: str) -> str:
    async with httpx.AsyncClient(base_url=f"http://{address}") as client:
        return (await client.get("/metrics")).text


async def _until_disconnected(peers: Peers) -> None:
    watch = peers.operator.WatchEvents(operator_pb2.WatchEventsRequest(last=10_000))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await watch.read()).kind != "framework_disconnected":
            pass
    watch.cancel()


async def _ask_often(session: Session, call: scheduler_pb2.SchedulerCall, times: int = 50) -> None:
    with contextlib.suppress(aio.AioRpcError, asyncio.InvalidStateError):
        for _ in range(times):
            await session.say(call)


def test_a_signal_ends_it_cleanly(master: RealMaster, run: Run) -> None:
    async def conversation(peers: Peers) -> None:
        scheduler, _ = await peers.subscribed()
        master.process.send_signal(signal.SIGTERM)
        assert await scheduler.hear() is None

    run(conversation)
    _, errors = master.process.communicate(timeout=PATIENCE_SECONDS)
    assert master.process.returncode == 0
    assert "Traceback" not in errors
