"""`barter drain`."""

import time

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.kinds import Parsed
from barter.tools.cli.maintenance import maintain, maintained
from barter.tools.cli.options import master_option
from barter.tools.cli.output import printable, say

POLL_S = 0.5


def _grace(text: str) -> int:
    from barter.core.units import parse_duration_ms

    return parse_duration_ms(text)


def _moment(text: str) -> int:
    from datetime import datetime

    from barter.tools.cli.moments import parse_moment

    return parse_moment(text, datetime.now())


@click.command(epilog="Example: barter drain agent-a --grace 10m --reason 'new disks' --wait")
@click.argument("agent")
@click.option(
    "--grace",
    type=Parsed("duration", _grace),
    default="10m",
    show_default=True,
    help="From its start until what still runs there is killed.",
)
@click.option(
    "--at", type=Parsed("time", _moment), default=None, metavar="TIME", help="Begin then: +2h, 18:00, 2026-11-21T18:00."
)
@click.option("--reason", default="", help="For frameworks, and for who asks why nothing is placed there.")
@click.option("--wait", is_flag=True, help="Show progress until it is drained.")
@master_option
def drain(agent: str, grace: int, at: int | None, reason: str, wait: bool, master: str) -> None:
    """Give an agent up, named by id or hostname: no more offers of it, and its tasks move elsewhere.

    A task ends when its framework has said that its replacement is up, or at the end of the grace. A second drain sets
    a new end; `barter activate` ends it.
    """
    from barter.tools.cli.views.maintenance import sentence
    from barter.tools.cli.views.times import moment

    before = maintained(master, agent)
    maintain(master, agent, reason, drain={"start_ms": at or 0, "grace_ms": grace})
    row = maintained(master, agent)
    if before is not None and before["deadline_ms"]:
        click.echo(f"this replaces the drain that was to be over at {moment(before['deadline_ms'])}")
    if wait:
        _follow(master, agent)
    elif row is not None:
        say(f"{sentence(row)}\nNext: barter maintenance, or barter activate {agent}")


def _follow(master: str, agent: str) -> None:
    from barter.tools.cli.progress import Screen
    from barter.tools.cli.views.maintenance import sentence

    screen = Screen()
    try:
        while True:
            row = maintained(master, agent)
            if row is None or row["state"] == "deactivated":
                raise Refused(f"{agent} is not being drained any more", then="barter events")
            screen.show(printable(sentence(row)))
            if row["state"] == "drained":
                return
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        raise Refused(
            f"stopped watching; the drain of {agent} goes on", then=f"barter maintenance, or barter activate {agent}"
        ) from None
    finally:
        screen.end()
