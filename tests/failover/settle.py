"""Whether all is as it should be: one leader whom everybody names, and every agent and task in reach of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import grpc
import grpc.aio as aio

from barter.proto.v1 import operator_pb2 as pb
from barter.shell import transport
from tests.failover.aim import AGENTS
from tests.failover.calls import http, stub_of
from tests.failover.checks import BOUND_MS, TASKS, timely
from tests.failover.cluster import Cluster
from tests.failover.gather import KEPT
from tests.failover.record import now_ms

LOOK_S = 0.1
CALL_S, BUSY_TIMES = 2.0, 3
NONE_LEADS = "no master leads"


async def missing(cluster: Cluster) -> str:
    """The first thing that is not yet as it should be, or nothing."""
    async for lack in _lacks(cluster):
        return lack
    return ""


async def until(cluster: Cluster, seconds: float) -> tuple[int, str]:
    """How many milliseconds it took, less than 0 where it did not come in time, and what was missing last.

    A machine that is too busy is given three times as long.
    ZooKeeper itself may stand still with all its servers up (3.8.0 does, after its leader was stopped): what is no
    fault of masters is noted, its servers are started again, and the time is taken from then on.
    """
    began, before, stood_still = now_ms(), "", 0
    while lack := await missing(cluster):
        if now_ms() - began > BOUND_MS * (1 + stood_still) // 2 and lack == NONE_LEADS:
            stood_still = 0 if await cluster.ensemble.works() else stood_still + 1
        if stood_still > 1:
            cluster.record.tell("ZooKeeper stands still: its servers are killed")
            cluster.record.stood_still += 1
            await cluster.ensemble.again()
            began, stood_still = now_ms(), 0
        if lack != before:
            cluster.record.tell(f"not yet: {lack}")
            before = lack
        if now_ms() - began > seconds * 1_000 * (1 if timely(cluster.record) else BUSY_TIMES):
            return -1, lack
        await asyncio.sleep(LOOK_S)
    return now_ms() - began, ""


async def _lacks(cluster: Cluster) -> AsyncIterator[str]:
    replies = await asyncio.gather(*(http(address, "/health") for address in cluster.healths))
    healths = [reply.json or {} for reply in replies]
    leading = [number for number, health in enumerate(healths) if health.get("leading") is True]
    if len(leading) != 1:
        names = [cluster.masters[number].name for number in leading]
        yield f"these masters lead: {', '.join(names)}" if names else NONE_LEADS
        return
    leader = leading[0]
    cluster.last_leader = leader
    for number, master in enumerate(cluster.masters):
        if number != leader:
            async for lack in _follower_lacks(cluster, number, cluster.told[leader]):
                yield f"{master.name} {lack}"
    async for lack in _leader_lacks(cluster, leader):
        yield f"{cluster.masters[leader].name} {lack}"
    async for lack in _framework_lacks(cluster):
        yield lack


async def _follower_lacks(cluster: Cluster, number: int, leader: str) -> AsyncIterator[str]:
    try:
        async with transport.channel(cluster.listens[number], own_connection=True) as channel:
            await stub_of(channel).GetStatus(pb.GetStatusRequest(), timeout=CALL_S)
        yield "answers although it follows"
    except aio.AioRpcError as error:
        named = transport.leader_of(error.trailing_metadata())
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION or named != leader:
            yield f"does not name the leader: {error.code().name} {named} {error.details()}"
    reply = await http(cluster.healths[number], "/operators")
    if reply.status != 307:
        yield f"does not redirect HTTP: {reply.status} {reply.body[:200]!r}"


async def _leader_lacks(cluster: Cluster, number: int) -> AsyncIterator[str]:
    try:
        async with transport.channel(cluster.told[number], own_connection=True) as channel:
            stub = stub_of(channel)
            status = await stub.GetStatus(pb.GetStatusRequest(), timeout=CALL_S)
            tasks = await stub.ListTasks(pb.ListTasksRequest(), timeout=CALL_S)
    except aio.AioRpcError as error:
        yield f"does not answer: {error.code().name} {error.details()}"
        return
    if status.agents_active != len(AGENTS) or status.agents_unreachable:
        yield f"has {status.agents_active} agents, and {status.agents_unreachable} unreachable ones"
    states = Counter(each.status.state for each in tasks.tasks if each.task.name == KEPT)
    if states != {"TASK_RUNNING": TASKS}:
        yield f"has tasks: {dict(states)}"
    if status.frameworks_active != 1 or status.frameworks_disconnected:
        yield f"has {status.frameworks_active} frameworks, and {status.frameworks_disconnected} that are away"


async def _framework_lacks(cluster: Cluster) -> AsyncIterator[str]:
    for number, address in enumerate(cluster.apis):
        if (await http(address, "/health")).status != 200:
            yield f"{cluster.services[number].name} does not answer"
    answer = await cluster.writers.service(f"/v2/apps/{KEPT}?embed=app.tasks")
    app = (answer or {}).get("app")
    if not app:
        yield "no service framework answers"
        return
    if app["tasksRunning"] != TASKS or app["deployments"]:
        yield f"the framework has {app['tasksRunning']} running tasks, deployments: {app['deployments']}"
