"""What a simulated task does: read from its command, unless an author says otherwise."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from barter.core.tasks import TaskInfo

_SLEEP = re.compile(r"\bsleep (\d+(?:\.\d+)?|infinity)\b")
_DEAF = re.compile(r"\btrap '' TERM\b")
_EXIT = re.compile(r"\bexit (\d{1,3})\b")
_SICK = re.compile(r"# never healthy\b")


@dataclass(frozen=True, slots=True)
class Run:
    """It ends by itself after `seconds` with `exit_code`; None: it runs until it is killed.

    One that is `deaf` to SIGTERM ends by SIGKILL only. One that is `sick` fails all its checks.
    """

    seconds: float | None
    exit_code: int = 0
    deaf: bool = False
    sick: bool = False


Behaviour = Callable[[TaskInfo], Run]


def by_command(task: TaskInfo) -> Run:
    """`sleep N` takes N seconds, `exit N` ends with N; without a `sleep` it takes a second, an image runs on.

    One that begins with `trap '' TERM` is deaf to SIGTERM, and one with the comment `# never healthy` fails its checks.
    """
    text = task.command.shell or " ".join(task.command.argv)
    code = int(found[1]) if (found := _EXIT.search(text)) else 0
    deaf, sick = _DEAF.search(text) is not None, _SICK.search(text) is not None
    if slept := _SLEEP.search(text):
        return Run(None if slept[1] == "infinity" else float(slept[1]), code, deaf, sick)
    if task.container is not None and not text:
        return Run(None)
    return Run(1.0 if not found else 0.05, code, deaf, sick)
