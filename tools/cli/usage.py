"""Asking all agents at once what their tasks use."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import click
import grpc

from barter.proto.v1 import node_pb2 as pb
from barter.proto.v1.node_pb2_grpc import NodeServiceStub
from barter.shell.transport import blocking_channel
from barter.tools.cli.errors import Refused
from barter.tools.cli.output import printable

PATIENCE_S = 3.0
_AT_ONCE = 32


def ask_agents(agents: Mapping[str, str]) -> dict[str, pb.UsageReply]:
    """The answers by NodeService address, `agents` being host names by these; says which did not answer.

    Raises Refused where none did.
    """
    if not agents:
        return {}
    with ThreadPoolExecutor(min(len(agents), _AT_ONCE)) as pool:
        answers = dict(zip(agents, pool.map(_ask, agents), strict=True))
    silent = {address: why for address, why in answers.items() if isinstance(why, str)}
    for address, why in silent.items():
        click.echo(f"{printable(agents[address])} ({address}) {why}: what its tasks use is not known", err=True)
    if len(silent) == len(agents):
        raise Refused("no agent said what its tasks use: are their --listen addresses reachable from here?")
    return {address: answer for address, answer in answers.items() if isinstance(answer, pb.UsageReply)}


def _ask(address: str) -> pb.UsageReply | str:
    """The answer, or why there is none."""
    with blocking_channel(address) as channel:
        try:
            reply: pb.UsageReply = NodeServiceStub(channel).Usage(pb.UsageRequest(), timeout=PATIENCE_S)  # type: ignore[no-untyped-call]
        except grpc.RpcError as error:
            match error.code():
                case grpc.StatusCode.UNIMPLEMENTED:
                    return "is of a version that does not measure"
                case grpc.StatusCode.DEADLINE_EXCEEDED | grpc.StatusCode.UNAVAILABLE:
                    return f"did not answer within {PATIENCE_S:g} s"
                case _:
                    return f"refused: {printable(error.details() or error.code().name)}"
        return reply
