"""HAProxy's unix sockets: many commands per connection, their answers taken apart."""

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 5.0
_LINE_BYTES = 8_000
_MASTER = re.compile(r"^\d+\s+master\s+(\d+)(?: \[failed: (\d+)\])?", re.MULTILINE)
_WORKER = re.compile(r"^(\d+)\s+worker\s+0\s", re.MULTILINE)
_OLD_WORKER = re.compile(r"^(\d+)\s+worker\s+[1-9]", re.MULTILINE)

# What HAProxy answers when a command did what it should; anything else is an error.
_GOOD = re.compile(r"|New server registered\.|(?:no need to change|IP changed|port changed).*")


class SocketError(Exception):
    """Nobody answers there, or not in time."""


@dataclass(frozen=True, slots=True)
class Processes:
    """What the master says of itself: reloads tried and failed so far, its current worker (0 for none), and those that
    end as soon as their connections do.
    """

    reloads: int
    failed: int
    worker: int
    old: tuple[int, ...] = ()


async def ask(work_dir: Path, name: str, line: str) -> str:
    """Send one line to the socket `name` and return all that is answered; raises SocketError.

    The path goes through a descriptor of the folder, so that its length does not matter.
    """
    writer: asyncio.StreamWriter | None = None
    folder = -1
    try:
        folder = os.open(work_dir, os.O_RDONLY | os.O_DIRECTORY)
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{name}")
            writer.write(line.encode() + b"\n")
            writer.write_eof()
            return (await reader.read()).decode(errors="replace")
    except (OSError, TimeoutError) as error:
        raise SocketError(f"HAProxy does not answer on {name}: {error or 'no answer in time'}") from None
    finally:
        if folder >= 0:
            os.close(folder)
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def run(work_dir: Path, name: str, commands: Sequence[str]) -> str:
    """Carry out changes in order; returns the words of the first that failed, empty when none did.

    Raises SocketError.
    """
    for batch in _batches(commands):
        if failed := first_failure(batch, await ask(work_dir, name, ";".join(batch))):
            return failed
    return ""


def first_failure(commands: Sequence[str], text: str) -> str:
    """Each command is answered by its words, if any, and an empty line: find the first that tells of a failure."""
    answers: list[str] = []
    words: list[str] = []
    for line in text.split("\n")[:-1]:
        if line:
            words.append(line)
        else:
            answers.append(" ".join(words))
            words = []
    for command, answer in zip(commands, answers, strict=False):
        if _GOOD.fullmatch(answer) is None:
            return f"{command}: {answer}"
    if len(answers) < len(commands):
        return f"{commands[len(answers)]}: not answered"
    return ""


async def processes(work_dir: Path, name: str) -> Processes:
    """Ask the master; raises SocketError."""
    text = await ask(work_dir, name, "show proc")
    master, worker = _MASTER.search(text), _WORKER.search(text)
    if master is None:
        raise SocketError(f"the master answers {text[:120]!r}")
    return Processes(
        int(master[1]), int(master[2] or 0), int(worker[1]) if worker else 0, tuple(map(int, _OLD_WORKER.findall(text)))
    )


def _batches(commands: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for command in commands:
        if batch and size + len(command) > _LINE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(command)
        size += len(command) + 1
    if batch:
        yield batch
