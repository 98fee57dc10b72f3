"""Following a deployment while the service framework is away: it comes back, or another takes the lead, and goes on."""

import time
from collections.abc import Callable
from typing import TypeVar

import click

from barter.tools.cli.rest import Away

AnswerT = TypeVar("AnswerT")
PATIENCE_S = 30.0
_AGAIN_S = 0.2


def patiently(ask: Callable[[], AnswerT]) -> AnswerT:
    """What is answered, within PATIENCE_S; raises what `ask` raises, and Away when nobody has answered for so long."""
    given_up = time.monotonic() + PATIENCE_S
    said = False
    while True:
        try:
            return ask()
        except Away:
            if time.monotonic() > given_up:
                raise
        if not said:
            said = True
            click.echo("the service framework does not answer: waiting, its deployments go on", err=True)
        time.sleep(_AGAIN_S)
