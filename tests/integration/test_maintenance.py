"""A drain over real gRPC, and over a master that is killed; an agent that was marked gone comes back."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio as aio
import pytest

from barter.core.task_state import TaskState
from barter.proto import codec
from barter.proto.v1 import agent_pb2, scheduler_pb2
from barter.proto.v1 import operator_pb2 as pb
from barter.shell.transport import channel
from tests.integration.master_stubs import Peers, RealMaster
from tests.master.world import status, task

pytestmark = pytest.mark.integration

DRAIN = pb.MaintainRequest(agent="host-a1", drain={"grace_ms": 600_000}, reason="new disks")
Conversation = Callable[[Peers], Coroutine[Any, Any, None]]


@pytest.fixture
def master(tmp_path: Path) -> Iterator[RealMaster]:
    running = RealMaster(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


def talk(master: RealMaster, conversation: Conversation) -> None:
    async def talking() -> None:
        async with channel(master.grpc) as link:
            await conversation(Peers(link))

    asyncio.run(talking())


async def refusal(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(aio.AioRpcError) as refused:
        await call
    return refused.value.code(), refused.value.details() or ""


async def listed(peers: Peers) -> list[tuple[str, str, int, int]]:
    reply = await peers.operator.ListMaintenance(pb.ListMaintenanceRequest(), wait_for_ready=True)
    return [(each.hostname, each.state, each.tasks, each.released) for each in reply.agents]


def held(framework_id: str) -> agent_pb2.AgentTask:
    running = codec.status_to_wire(status("t1", TaskState.RUNNING))
    return agent_pb2.AgentTask(framework_id=framework_id, task=codec.task_to_wire(task("t1")), status=running)


def test_a_drain_from_the_operator_to_the_kill(master: RealMaster) -> None:
    framework_ids: list[str] = []

    async def drained(peers: Peers) -> None:
        scheduler, subscribed = await peers.subscribed()
        framework_ids.append(subscribed.framework_id)
        await peers.registered(held(subscribed.framework_id))
        [offer] = (await scheduler.hear()).offers.offers
        await peers.operator.Maintain(DRAIN)
        assert list((await scheduler.hear()).rescind.offer_ids) == [offer.offer_id]
        [inverse] = (await scheduler.hear()).inverse_offers.inverse_offers
        assert (inverse.agent_id, inverse.hostname, list(inverse.task_ids)) == ("a1", "host-a1", ["t1"])
        assert (inverse.deadline_ms - inverse.start_ms, inverse.reason) == (600_000, "new disks")
        assert await listed(peers) == [("host-a1", "draining", 1, 0)]

    async def goes_on(peers: Peers) -> None:
        scheduler, _ = await peers.subscribed(framework_ids[0])
        agent, registered = await peers.registered(held(framework_ids[0]))
        assert registered.epoch == 2
        [inverse] = (await scheduler.hear()).inverse_offers.inverse_offers
        await scheduler.say(scheduler_pb2.SchedulerCall(release={"task_ids": inverse.task_ids}))
        kill = (await agent.hear()).kill
        assert (kill.task_id, kill.cause, kill.grace_ms) == ("t1", "AGENT_DRAINING", -1)
        assert await listed(peers) == [("host-a1", "draining", 1, 1)]
        activate = pb.MaintainRequest(agent="a1", activate={})
        await peers.operator.Maintain(activate)
        assert list((await scheduler.hear()).rescind_inverse.inverse_offer_ids) == [inverse.inverse_offer_id]
        assert [each.agent_id for each in (await scheduler.hear()).offers.offers] == ["a1"]
        assert await listed(peers) == []
        code, why = await refusal(peers.operator.Maintain(activate))
        assert (code, why) == (grpc.StatusCode.FAILED_PRECONDITION, "agent a1 (host-a1) is active already")

    talk(master, drained)
    master.stop(signal.SIGKILL)
    master.process = master.spawn()
    talk(master, goes_on)


def test_one_that_was_marked_gone_is_sent_away(master: RealMaster) -> None:
    async def conversation(peers: Peers) -> None:
        agent, _ = await peers.registered()
        gone = pb.MaintainRequest(agent="a1", mark_gone={}, reason="it burned")
        code, why = await refusal(peers.operator.Maintain(gone))
        assert code is grpc.StatusCode.FAILED_PRECONDITION
        assert "is active, with 0 tasks" in why
        await peers.operator.Maintain(pb.MaintainRequest(agent="a1", deactivate={}))
        await peers.operator.Maintain(gone)
        assert (await agent.hear()).shutdown.reason == "marked gone by an operator: it burned"
        assert (await agent.hear()).error.fatal
        _, event = await peers.registered()
        assert event.shutdown.reason == "marked gone by an operator: it burned"

    talk(master, conversation)


def test_what_cannot_be_is_refused_with_its_code(master: RealMaster) -> None:
    async def conversation(peers: Peers) -> None:
        await peers.registered()
        unknown = pb.MaintainRequest(agent="nobody", activate={})
        assert (await refusal(peers.operator.Maintain(unknown)))[0] is grpc.StatusCode.NOT_FOUND
        nothing = pb.MaintainRequest(agent="a1")
        assert (await refusal(peers.operator.Maintain(nothing)))[0] is grpc.StatusCode.INVALID_ARGUMENT
        for reason in ("x" * 1_001, "new\ndisks"):
            unprintable = pb.MaintainRequest(agent="a1", drain={"grace_ms": 1}, reason=reason)
            assert (await refusal(peers.operator.Maintain(unprintable)))[0] is grpc.StatusCode.INVALID_ARGUMENT
        long = pb.MaintainRequest(agent="a1", drain={"grace_ms": 1 << 62})
        code, why = await refusal(peers.operator.Maintain(long))
        assert (code, "from 0 to 30d" in why) == (grpc.StatusCode.FAILED_PRECONDITION, True)

    talk(master, conversation)
