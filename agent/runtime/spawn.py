"""Starts a process in its sandbox: one vfork and exec, no Python in between."""

import errno
import os
import shutil
import signal
from collections.abc import Sequence

from barter.agent.executor.events import Order
from barter.agent.runtime.base import LaunchFailed

# Python ignores the first two, the executor the third: a child would inherit that.
_RESTORED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT)
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_NULL = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)

STDOUT, STDERR = "stdout", "stderr"

_FileAction = tuple[int, int, int] | tuple[int, int, str, int, int]


def spawn_task(order: Order, environment: dict[str, str]) -> int:
    """Start the task's command in a session of its own and return its pid; raises LaunchFailed.

    Its output is appended to the sandbox. The caller's working directory is the sandbox afterwards.
    """
    command = order.task.command
    argv = ("/bin/sh", "-c", command.shell) if command.shell else command.argv
    if not argv:
        raise LaunchFailed("nothing to run: a task without an image needs a command (cmd) or arguments (args)")
    program = argv[0] if "/" in argv[0] else shutil.which(argv[0], path=environment["PATH"])
    if program is None:
        raise LaunchFailed(f"no program {argv[0]!r} on the PATH {environment['PATH']}: install it or give its path")
    try:
        os.chdir(order.sandbox)
    except OSError as error:
        raise LaunchFailed(f"the sandbox {order.sandbox} is not usable: {error.strerror}") from None
    actions = [(os.POSIX_SPAWN_OPEN, 1, STDOUT, _APPEND, 0o644), (os.POSIX_SPAWN_OPEN, 2, STDERR, _APPEND, 0o644)]
    return _spawn(program, argv, environment, actions)


def spawn_check(order: Order, command: str, environment: dict[str, str]) -> int:
    """Start a health check's command in the sandbox, its output dropped; raises LaunchFailed."""
    try:
        os.chdir(order.sandbox)
    except OSError as error:
        raise LaunchFailed(f"the sandbox {order.sandbox} is not usable: {error.strerror}") from None
    actions = [(os.POSIX_SPAWN_DUP2, _NULL, 1), (os.POSIX_SPAWN_DUP2, _NULL, 2)]
    return _spawn("/bin/sh", ("/bin/sh", "-c", command), environment, actions)


def _spawn(program: str, argv: tuple[str, ...], environment: dict[str, str], actions: Sequence[_FileAction]) -> int:
    try:
        return os.posix_spawn(
            program,
            argv,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, _NULL, 0), *actions],
            setsid=True,
            setsigmask=(),
            setsigdef=_RESTORED,
        )
    except ValueError as error:
        raise LaunchFailed(f"cannot run {program!r}: {error}") from None
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "check that it is an executable of this machine")
        raise LaunchFailed(f"cannot run {program!r}: {error.strerror}; {advice}") from None


_ADVICE = {
    errno.ENOENT: "check the path, and the interpreter its first line names",
    errno.EACCES: "check that it is executable for the agent's user",
    errno.EAGAIN: "this machine has no room for another process, see ulimit -u",
    errno.ENOMEM: "this machine has no memory for another process",
    errno.E2BIG: "its arguments and environment are too long",
}
