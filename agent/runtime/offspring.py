"""Ends a process with all that it started, in whatever session or process group."""

import contextlib
import os
import signal


def kill_with_offspring(pid: int) -> None:
    """Those it started that have left it and its own (a double fork) are not found."""
    found = [pid]
    for each in found:
        # What is stopped starts nothing more while we look.
        _send(each, signal.SIGSTOP)
        found += _children(each)
    for each in found:
        _send(each, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(each) for each in file.read().split()]
    return found


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
