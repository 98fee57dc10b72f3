"""How a verb ends when it cannot do what was asked."""

import click

from barter.tools.cli.output import printable


class Refused(click.ClickException):
    """What happened and why, a detail a line, and the command to try next; the exit code is 1."""

    exit_code = 1

    def __init__(self, what: str, *details: str, then: str = "") -> None:
        lines = [what, *(f"  {detail}" for detail in details)]
        if then:
            lines.append(f"Next: {then}")
        super().__init__(printable("\n".join(lines)))
