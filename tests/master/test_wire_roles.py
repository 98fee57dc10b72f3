"""Roles as operators send them, and over a real connection."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio as aio
import pytest

from barter.core.roles import RoleConfig, RolePart
from barter.master.allocator.model import RoleStanding
from barter.master.cluster import Timing
from barter.master.events import SetRoles
from barter.master.registry import MemoryRegistry
from barter.master.shell.service import MasterService
from barter.master.shell.wire_roles import role_to_wire, set_roles_from_wire
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2 as types
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell.transport import channel

ENG = types.RoleConfig(role="eng", weight_milli=2_500, limit={"cpus": 8_000})


def test_what_is_sent_becomes_the_event_of_a_call() -> None:
    event_of = set_roles_from_wire(pb.SetRolesRequest(roles=[ENG], force=True, part="QUOTA"))
    assert event_of(7) == SetRoles(7, (RoleConfig("eng", 2_500, {}, {"cpus": 8_000}),), True, RolePart.QUOTA)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (pb.SetRolesRequest(), "roles: none is named"),
        (pb.SetRolesRequest(roles=[ENG], part="HALF"), "part: 'HALF' is not one of"),
        (
            pb.SetRolesRequest(roles=[types.RoleConfig(role="a//b"), types.RoleConfig(role="c", weight_milli=-1)]),
            "role c: weight -0.001 is not above 0",
        ),
        (pb.SetRolesRequest(roles=[types.RoleConfig(role="e", limit={"cpus": 1 << 60})]), "absurdly large"),
        (pb.SetRolesRequest(roles=[types.RoleConfig(role="e", limit={"\x1b[1m": 1})]), "control characters"),
        (pb.SetRolesRequest(roles=[types.RoleConfig(role="e")], part="WEIGHT"), "role e: weight 0 is not above 0"),
    ],
)
def test_what_cannot_be_read_is_refused_whole(request_: pb.SetRolesRequest, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        set_roles_from_wire(request_)
    assert said in str(refused.value)


def test_all_roles_that_cannot_be_read_are_named() -> None:
    bad = [types.RoleConfig(role="a//b"), ENG, types.RoleConfig(role="c", weight_milli=-1)]
    with pytest.raises(ValueError, match=r".") as refused:
        set_roles_from_wire(pb.SetRolesRequest(roles=bad))
    assert len(str(refused.value).splitlines()) == 2


def test_a_standing_is_shown() -> None:
    shown = role_to_wire(RoleStanding("eng", 2_500, 0.3126, {"cpus": 1}, {"mem": 2}, {"cpus": 1 << 70}, ()))
    assert (shown.share_milli, shown.config.weight_milli, shown.consumed["cpus"]) == (313, 2_500, (1 << 63) - 1)


def talk(conversation: Callable[[Any], Awaitable[None]]) -> None:
    """With the operators' face of a real master, on a free port."""

    async def go() -> None:
        registry = MemoryRegistry()
        service = MasterService(registry, await registry.start("abc123"), Timing(), 1_000)
        await service.start("127.0.0.1:0", "127.0.0.1:0")
        try:
            async with channel(service.address) as link:
                await conversation(OperatorServiceStub(link))  # type: ignore[no-untyped-call]
        finally:
            await service.stop()

    asyncio.run(go())


def test_roles_are_set_and_shown_over_the_wire() -> None:
    async def conversation(stub: Any) -> None:
        await stub.SetRoles(pb.SetRolesRequest(roles=[ENG]))
        await stub.SetRoles(pb.SetRolesRequest(roles=[types.RoleConfig(role="eng", weight_milli=500)], part="WEIGHT"))
        [shown] = (await stub.ListRoles(pb.ListRolesRequest())).roles
        assert (shown.config.weight_milli, dict(shown.config.limit)) == (500, {"cpus": 8_000})
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.SetRoles(pb.SetRolesRequest(roles=[types.RoleConfig(role="eng", guarantee={"cpus": 1_000})]))
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert (refused.value.details() or "").startswith(
            "guarantees of top roles: eng 1 = 1 cpus, private agents have 0"
        )
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.SetRoles(pb.SetRolesRequest(roles=[types.RoleConfig(role="a//b")]))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    talk(conversation)


def test_however_long_a_refusal_is_its_beginning_arrives() -> None:
    async def conversation(stub: Any) -> None:
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.SetRoles(pb.SetRolesRequest(roles=[types.RoleConfig(role=f"bad/{n}/") for n in range(5_000)]))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert (refused.value.details() or "").startswith("role 'bad/0/'")
        for subject in ("x" * 1_000_000, "\u20ac%" * 100_000):
            with pytest.raises(aio.AioRpcError) as refused:
                await stub.Explain(pb.ExplainRequest(subject=subject))
            assert refused.value.code() is grpc.StatusCode.NOT_FOUND

    talk(conversation)
