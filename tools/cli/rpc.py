"""Asking the master, and an agent for its logs: one call, its refusals translated."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc

from barter.core.addresses import split_address
from barter.core.turns import Turns
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell.transport import blocking_channel, leader_of
from barter.tools.cli.errors import Refused
from barter.tools.cli.finding import Once, Telling, answers, known_masters

ReplyT = TypeVar("ReplyT")

# Longer than a master without a leader holds a call.
TIMEOUT_S = 15.0
PATIENCE_S = 30.0
_NO_LEADER = ("no master leads", "no other master has taken over")
_NO_GRPC = "Received http2 header with status"
_SILENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Silent(Refused):
    """Nobody answers there, or not any more."""


class NotFound(Refused):
    """The master knows no such thing."""


def ask(masters: str, call: Callable[[Any], ReplyT], *, once: bool = False) -> ReplyT:
    """`call(stub)` on the master that leads, found among those given, or with the help of ZooKeeper.

    Waits through a failover for `PATIENCE_S`, saying so. A call whose connection breaks is made again, unless it may be
    made `once` only. Raises Refused or NotFound.
    """
    known = known_masters(masters)
    turns, say, until = Turns(known), Once(), time.monotonic() + PATIENCE_S
    silent: dict[str, None] = {}
    why = ""
    while True:
        leader, address, began = "", turns.next(), time.monotonic()
        try:
            return _call(address, turns.unreachable, call, say)
        except _Elsewhere as elsewhere:
            leader, until = elsewhere.leader, _anew(began, until)
        except _NobodyLeads as nobody:
            why = str(nobody)
            say(f"no master leads yet: waiting ({why})")
        except _Broken as broken:
            if once:
                raise Silent(f"{address} stopped answering: it may have been done, or not", str(broken)) from None
            say(f"master {address} stopped answering: looking for the one that leads")
            silent[address], why = None, why or f"{address} stopped answering"
            until = _anew(began, until)
        except Silent:
            silent[address] = None
            if turns.redirected:
                why = f"{address} leads, and does not answer"
                say(f"master {address} should lead and does not answer: waiting for another")
            elif not why and silent.keys() >= set(known):
                raise unreachable(", ".join(silent)) from None
        if time.monotonic() >= until:
            raise Silent(
                f"{why or 'the masters name each other as the leader'}; waited {PATIENCE_S:.0f} s for a leader"
            )
        time.sleep(turns.lost(leader, random.randrange(1000), 0) / 1000)


def _anew(began: float, until: float) -> float:
    """Whoever watched for a while has the whole patience again."""
    now = time.monotonic()
    return max(until, now + PATIENCE_S) if now - began > PATIENCE_S else until


def _call(address: str, silent_leader: str, call: Callable[[Any], ReplyT], say: Once) -> ReplyT:
    with blocking_channel(address) as channel:
        if not answers(channel):
            raise Silent(f"{address} does not answer")
        telling = grpc.intercept_channel(channel, Telling(silent_leader, say))
        try:
            return call(OperatorServiceStub(telling))  # type: ignore[no-untyped-call]
        except grpc.RpcError as error:
            details = error.details() or ""
            if leader := leader_of(error.trailing_metadata()):
                raise _Elsewhere(leader) from None
            if error.code() is grpc.StatusCode.UNAVAILABLE and any(each in details for each in _NO_LEADER):
                raise _NobodyLeads(details) from None
            if error.code() in _SILENT:
                raise _Broken(details) from None
            if details.startswith(_NO_GRPC):
                raise Refused(f"what listens on {address} is no master", then="--master 127.0.0.1:5050") from None
            raise translated(error) from None


class _Elsewhere(Exception):
    def __init__(self, leader: str) -> None:
        super().__init__(leader)
        self.leader = leader


class _NobodyLeads(Exception):
    pass


class _Broken(Exception):
    """What was asked of a master may have been done, or not."""


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
