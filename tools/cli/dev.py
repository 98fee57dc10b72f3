"""`barter dev`."""

import contextlib
import sys
from pathlib import Path

import click

from barter.tools.dev.plan import MOST_AGENTS, MOST_MASTERS


@click.command(epilog="Example: barter dev --runtime process")
@click.option(
    "--runtime",
    type=click.Choice(["auto", "docker", "process"]),
    default="auto",
    show_default=True,
    show_envvar=True,
    help="How agents run tasks; auto: in Docker where an engine answers and a task has an image.",
)
@click.option(
    "--agents",
    type=click.IntRange(1, MOST_AGENTS),
    default=2,
    show_default=True,
    show_envvar=True,
    help="Private agents, in zones a and b by turns; the public one with its edge comes on top.",
)
@click.option(
    "--masters",
    type=click.IntRange(1, MOST_MASTERS),
    default=1,
    show_default=True,
    show_envvar=True,
    help="Of several, one is elected by a ZooKeeper of the cluster's own (Debian's package `zookeeper`).",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    show_envvar=True,
    help="Keep everything in this folder: apps come back with the next start.  "
    "[default: a folder of its own, emptied at each start]",
)
def dev(runtime: str, agents: int, masters: int, data_dir: Path | None) -> None:
    """Start a whole cluster on this machine.

    A master or several, private agents in two zones, a public agent with its edge, the service framework: real
    processes on loopback. Ports are the usual ones, or the next free ones. Ctrl-C ends it and leaves nothing behind.
    """
    from barter.tools.cli.errors import Refused
    from barter.tools.dev.shell.claim import Refused as ClaimRefused
    from barter.tools.dev.shell.run import run

    try:
        code = run(data_dir, runtime, agents, masters, _say)
    except ClaimRefused as error:
        raise Refused(str(error)) from None
    sys.exit(code)


def _say(text: str) -> None:
    """A cluster is not lost because nobody reads of it any more."""
    with contextlib.suppress(OSError):
        click.echo(text)
