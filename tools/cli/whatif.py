"""`barter whatif`."""

import re
from collections.abc import Iterator
from typing import Any

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.kinds import Parsed
from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import emit_one

_COUNT = re.compile(r"\d+x")


def _which(text: str) -> Any:
    from barter.tools.cli.questions import parse_which

    return parse_which(text)


def _new_agents(text: str) -> Any:
    from barter.tools.cli.questions import parse_new_agents

    return parse_new_agents(text)


def _quota(text: str) -> Any:
    from barter.tools.cli.questions import parse_quota

    return parse_quota(text)


def _half(words: list[str]) -> bool:
    """Whether the last of them is half a value of --add."""
    option, _, value = words[-1].partition("=") if words else ("", "", "")
    return (option == "--add" and _COUNT.fullmatch(value) is not None) or (
        words[:1] == ["--add"] and _COUNT.fullmatch(words[-1]) is not None
    )


class _Command(click.Command):
    """`--add 10x cpus=8` is one value in two words, as people say it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        joined: list[str] = []
        for word in args:
            if _half(joined[-2:]):
                joined[-1] += f" {word}"
            else:
                joined.append(word)
        return super().parse_args(ctx, joined)


@click.command(
    cls=_Command,
    epilog="Example: barter whatif --lose zone=b --add 10x cpus=8,mem=32GiB@zone=c --quota eng=limit:cpus=40",
)
@click.option(
    "--lose",
    multiple=True,
    type=Parsed("agents", _which),
    metavar="WHICH",
    help="Agents that are gone: zone=b (all that have it; zone=b,rack=r1: both), a hostname or an id.",
)
@click.option(
    "--add",
    multiple=True,
    type=Parsed("agents", _new_agents),
    metavar="[Nx] RESOURCES[@ATTRIBUTES]",
    help="New agents: 10x cpus=8,mem=32GiB or 10x cpus=8,mem=32GiB@zone=c,rack=r1; with @public public ones.",
)
@click.option(
    "--quota",
    "quotas",
    multiple=True,
    type=Parsed("quota", _quota),
    metavar="ROLE=PART:AMOUNTS",
    help="Quotas: eng=guarantee:cpus=10,mem=20GiB, eng=limit:cpus=40 (both: twice), eng=none.",
)
@master_option
@output_option
def whatif(lose: tuple[Any, ...], add: tuple[Any, ...], quotas: tuple[Any, ...], master: str, output: str) -> None:
    """What would no longer fit, and how shares move.

    That is, if agents were lost or added, or quotas set: worked out here, on a snapshot of the live cluster, by the
    code that would decide it; nothing changes there.
    """
    from barter.master.whatif import what_if
    from barter.master.whatif_answer import Question
    from barter.tools.cli.questions import merged
    from barter.tools.cli.views import whatif as view

    if not (lose or add or quotas):
        raise click.UsageError("ask something: --lose, --add or --quota")
    try:
        question = Question(lose, add, merged(quotas))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    snapshot = _snapshot(master)
    try:
        answer = what_if(snapshot, question)
    except ValueError as error:
        first, *more = str(error).splitlines()
        raise Refused(first, *more) from None
    if not emit_one(view.answer(answer), output):
        view.show(answer)


def _snapshot(master: str) -> Any:
    """Of the master as it stands; raises Refused where it is none that can be read."""
    from barter.master.record_json import Unreadable
    from barter.master.record_log import Reader
    from barter.master.snapshot_records import Snapshot
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    def read(stub: Any) -> Any:
        call = stub.Record(pb.RecordRequest(), timeout=TIMEOUT_S * 6)
        try:
            return next((each for each in Reader().read(_lines(call)) if isinstance(each, Snapshot)), None)
        finally:
            call.cancel()

    try:
        snapshot = ask(master, read)
    except Unreadable as error:
        raise Refused(f"the master's snapshot cannot be read here: {error}", then="use the master's version") from None
    if snapshot is None:
        raise Refused("the master ended before its snapshot was whole", then="barter whatif, once there is one again")
    return snapshot


def _lines(chunks: Any) -> Iterator[bytes]:
    for chunk in chunks:
        yield from (chunk.header or chunk.lines).splitlines(keepends=True)
