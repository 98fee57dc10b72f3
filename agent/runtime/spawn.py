"""What a task's process is to be, and in words why it could not be."""

import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from barter.agent.executor.events import Order
from barter.agent.runtime.base import DiskFull, LaunchFailed, RuntimeFailure
from barter.agent.runtime.room import no_room

STDOUT, STDERR = "stdout", "stderr"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def command_of(order: Order, environment: dict[str, str]) -> tuple[str, Sequence[str]]:
    """The program's path and all arguments; raises LaunchFailed."""
    command = order.task.command
    argv = ("/bin/sh", "-c", command.shell) if command.shell else command.argv
    if not argv:
        raise LaunchFailed("nothing to run: a task without an image needs a command (cmd) or arguments (args)")
    if any("\0" in text for text in argv) or any("\0" in text for pair in environment.items() for text in pair):
        raise LaunchFailed("cannot run it: its arguments or its environment have a NUL character")
    program = argv[0] if "/" in argv[0] else shutil.which(argv[0], path=environment["PATH"])
    if program is None:
        raise LaunchFailed(f"no program {argv[0]!r} on the PATH {environment['PATH']}: install it or give its path")
    return program, argv


def check_program(order: Order, program: str) -> None:
    """Whether it can be run, where another program is to run it; raises LaunchFailed."""
    path = os.path.join(order.sandbox, program)
    number = 0
    if not os.path.exists(path):
        number = errno.ENOENT
    elif os.path.isdir(path) or not os.access(path, os.X_OK):
        number = errno.EACCES
    elif (interpreter := _interpreter(path)) and not os.path.exists(interpreter):
        number = errno.ENOENT
    if number:
        raise refusal(order, program, "exec", number)


def no_keeper(folder: Path) -> RuntimeFailure:
    """Why the keeper, which starts all tasks, cannot be had."""
    if no_room(str(folder)):
        return DiskFull(f"no room on the disk of {folder} to start it; free some, or use another agent")
    return LaunchFailed("the keeper of process tasks cannot be started: see the executor's log on its agent")


def refusal(order: Order, program: str, step: str, number: int) -> RuntimeFailure:
    """Why a start failed at `step` of the keeper with errno `number`."""
    why = os.strerror(number) if number else "it was not understood"
    if number in _NO_ROOM:
        return DiskFull(f"no room on the disk of {order.sandbox} to start it: {why}; free some, or use another agent")
    match step:
        case "sandbox":
            return LaunchFailed(f"the sandbox {order.sandbox} is not usable: {why}")
        case "reach":
            user = order.task.command.user
            return LaunchFailed(f"user {user} cannot enter the sandbox {order.sandbox}: {why}; open the folders above")
        case "output":
            return LaunchFailed(f"stdout and stderr cannot be written to {order.sandbox}: {why}")
        case "cgroup":
            return LaunchFailed(f"cannot enter the task's cgroup: {why}; see what limits the agent")
        case "rlimit":
            return LaunchFailed(f"its rlimits cannot be set: {why}; the agent's own hard limits are the most")
        case "user":
            return LaunchFailed(f"cannot become user {order.task.command.user}: {why}; run the agent as root")
        case "exec":
            return LaunchFailed(f"cannot run {program!r}: {_exec_problem(order, program, number, why)}")
    return LaunchFailed(f"the keeper of process tasks could not start it ({step}): {why}")


def _exec_problem(order: Order, program: str, number: int, why: str) -> str:
    path = os.path.join(order.sandbox, program)
    if number == errno.ENOENT and os.path.exists(path):
        return f"its interpreter {_interpreter(path)!r} is not there; install it, or correct the first line"
    if number == errno.EACCES and os.path.isdir(path):
        return "it is a folder; give the path of a program"
    return f"{why}; {_ADVICE.get(number, 'check that it is an executable of this machine')}"


def _interpreter(path: str) -> str:
    try:
        with open(path, "rb") as file:
            first = file.readline(200)
    except OSError:
        return ""
    words = first[2:].split() if first.startswith(b"#!") else []
    return words[0].decode(errors="replace") if words else ""


_ADVICE = {
    errno.ENOENT: "there is no such program: check the path",
    errno.EACCES: "it is not executable for the task's user: set its mode, or name its interpreter",
    errno.ENOEXEC: "it is no program of this machine: check its architecture, or begin a script with #!/bin/sh",
    errno.EAGAIN: "this machine has no room for another process, see ulimit -u",
    errno.ENOMEM: "this machine has no memory for another process",
    errno.E2BIG: "its arguments and environment are too long",
    errno.ETXTBSY: "it is still being written",
}
