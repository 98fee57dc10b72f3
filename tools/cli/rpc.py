"""Asking the master, and an agent for its logs: one call, its refusals translated."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc

from barter.core.addresses import split_address
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell.transport import blocking_channel, leader_of
from barter.tools.cli.errors import Refused

ReplyT = TypeVar("ReplyT")

TIMEOUT_S = 10.0
_NO_GRPC = "Received http2 header with status"
_SILENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Silent(Refused):
    """Nobody answers there, or not any more."""


class NotFound(Refused):
    """The master knows no such thing."""


def ask(masters: str, call: Callable[[Any], ReplyT]) -> ReplyT:
    """`call(stub)` on the first master that answers, or on the leader it names; raises Refused or NotFound."""
    waiting = [address.strip() for address in masters.split(",") if address.strip()]
    silent: list[str] = []
    tried: set[str] = set()
    while waiting:
        address = waiting.pop(0)
        tried.add(address)
        _check(address)
        with blocking_channel(address) as channel:
            try:
                return call(OperatorServiceStub(channel))  # type: ignore[no-untyped-call]
            except grpc.RpcError as error:
                leader = leader_of(error.trailing_metadata())
                if leader and leader not in tried:
                    waiting.insert(0, leader)
                elif error.code() in _SILENT:
                    silent.append(address)
                elif (error.details() or "").startswith(_NO_GRPC):
                    raise Refused(f"what listens on {address} is no master", then="--master 127.0.0.1:5050") from None
                else:
                    raise translated(error) from None
    raise unreachable(", ".join(silent) or masters)


@contextmanager
def stream(address: str, open_stream: Callable[[grpc.Channel], Iterator[ReplyT]]) -> Iterator[Iterator[ReplyT]]:
    """The replies of a watch call at one address; raises Refused when it breaks."""
    _check(address)
    with blocking_channel(address) as channel:
        replies = open_stream(channel)
        try:
            yield replies
        except grpc.RpcError as error:
            if error.code() in (*_SILENT, grpc.StatusCode.CANCELLED):
                raise Silent(f"{address} stopped answering", error.details() or "") from None
            raise translated(error) from None


def unreachable(address: str) -> Silent:
    return Silent(
        f"no master answers at {address}: start a cluster here with `barter dev`, or name yours with --master HOST:PORT"
    )


def translated(error: grpc.RpcError) -> Refused:
    kind = NotFound if error.code() is grpc.StatusCode.NOT_FOUND else Refused
    return kind(error.details() or f"the master refused: {error.code().name}")


def _check(address: str) -> None:
    try:
        split_address(address)
    except ValueError as error:
        raise Refused(f"the master's address {error}", then="--master 127.0.0.1:5050") from None
