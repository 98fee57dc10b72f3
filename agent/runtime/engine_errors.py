"""What an engine says when it does not make or start a container, as one sentence that says what to do."""

import re
from collections.abc import Callable

from barter.agent.runtime.base import DiskFull, LaunchFailed, RuntimeFailure

_Sentence = Callable[[re.Match[str]], str]
_KNOWN: tuple[tuple[str, _Sentence], ...] = (
    (
        r"[Nn]o command specified",
        lambda _: "the image has neither an entrypoint nor a command, and the task gives none: set command.argv",
    ),
    (
        r'exec: "docker-init": executable file not found',
        lambda _: "its Docker Engine finds no docker-init: install one there (Debian: tini), or do without `init`",
    ),
    (
        r'exec: "(.*?)": (?:stat .*: no such file or directory|executable file not found in \$PATH)',
        lambda found: f"the image has no program {found[1]!r}: name one that is in it",
    ),
    (
        r'exec: "(.*?)": (?:permission denied|is a directory|exec format error)',
        lambda found: f"{found[1]!r} in the image cannot be executed ({found[0].rpartition(': ')[2]}): name a program",
    ),
    (
        r"exec (.*?): exec format error",
        lambda found: f"{found[1]!r} in the image is no program of this machine's kind: use an image made for it",
    ),
    (
        r"unable to find (user|group) ([^:]*)",
        lambda found: f"the image knows no {found[1]} {found[2]!r}: make it there, or give a number in command.user",
    ),
    (
        r"could not select device driver .*gpu",
        lambda _: "its Docker Engine cannot give gpus to containers: install the vendor's container toolkit there",
    ),
    (
        r"network (\S+) not found",
        lambda found: f"its Docker Engine has no network {found[1]!r}: make it with `docker network create {found[1]}`",
    ),
    (
        r"(?:port is already allocated|address already in use)",
        lambda found: f"a port it maps is used by something else on the agent ({found[0]}): free it, or take another",
    ),
)


def refusal(verb: str, said: str) -> RuntimeFailure:
    """Why the engine did not `verb` ("make", "start") the container."""
    if "no space left on device" in said or "disk quota exceeded" in said:
        return DiskFull(
            f"the disk of the Docker Engine is full, it could not {verb} the container: free space on the agent, "
            f"as with `docker system prune` ({said})"
        )
    for pattern, sentence in _KNOWN:
        if found := re.search(pattern, said):
            return LaunchFailed(f"the container did not start: {sentence(found)}")
    return LaunchFailed(f"the Docker Engine could not {verb} the container: {said}")
