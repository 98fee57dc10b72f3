"""`barter exec`."""

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.located import locate
from barter.tools.cli.options import master_option


@click.command(
    "exec",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Example: barter exec -it web.1 -- /bin/sh",
)
@click.option("-i", "--interactive", is_flag=True, help="Pass on what is typed, or comes on stdin.")
@click.option("-t", "--tty", is_flag=True, help="On a terminal, as for a shell.")
@master_option
@click.argument("task")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def exec_(ctx: click.Context, interactive: bool, tty: bool, task: str, command: tuple[str, ...], master: str) -> None:
    """Run a command beside a running task: in its container, or with its sandbox, user and limits.

    Ends with the command's exit code. The agent holds the session: it ends when the agent does.
    """
    from barter.tools.cli.terminal import Terminal, has_terminal

    words = command[1:] if command[0] == "--" else command
    if not words:
        raise click.UsageError("there is no command to run: barter exec TASK -- COMMAND...")
    if tty and not has_terminal():
        raise click.UsageError("-t needs stdin to be a terminal: leave it out")
    place = locate(master, task, "a command")
    with Terminal(raw=tty) as terminal:
        code = terminal.run(place, task, words, interactive=interactive)
    if code is None:
        raise Refused(f"the agent at {place.address} stopped answering, and the session ended with it")
    ctx.exit(code)
