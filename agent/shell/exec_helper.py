"""Runs a command beside a process task: in its cgroups and namespaces, as its user, in its sandbox.

Started by path with `-I -S`, so with nothing but the standard library. It leads the command's session, passes signals
on to it, ends with its status, and ends it when the agent is gone.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any

NO_PROGRAM, NOT_RUNNABLE = 127, 126
_PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_NAMESPACES = ("user", "cgroup", "ipc", "uts", "net", "pid", "mnt")
_PR_SET_PDEATHSIG = 1
_TIOCSCTTY = 0x540E
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    what: dict[str, Any] = json.loads(sys.argv[1])
    parent = os.getppid()
    try:
        if what["tty"]:
            import fcntl

            fcntl.ioctl(0, _TIOCSCTTY, 0)
        for folder in what["cgroups"]:
            with open(f"{folder}/cgroup.procs", "w") as file:
                file.write("0")
        _enter_namespaces(what["pid"])
    except OSError as error:
        _refuse(f"cannot run beside the task: {error}")
    child = os.fork()
    if not child:
        _become(what)
    for each in _PASSED_ON:
        signal.signal(each, lambda number, _: _pass_on(child, number))
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
    if os.getppid() != parent:
        _pass_on(child, signal.SIGHUP)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _enter_namespaces(pid: int) -> None:
    """Those that the process has for itself; all are opened before the first is entered."""
    descriptors = []
    for name in _NAMESPACES:
        theirs = os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY)
        if os.path.samestat(os.fstat(theirs), os.stat(f"/proc/self/ns/{name}")):
            os.close(theirs)
        else:
            descriptors.append(theirs)
    for descriptor in descriptors:
        if _libc.setns(descriptor, 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        os.close(descriptor)


def _become(what: dict[str, Any]) -> None:
    """In the child, which never returns from here."""
    try:
        os.setpgid(0, 0)
        if what["tty"]:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(0, os.getpid())
        for each in (signal.SIGTTOU, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        for kind, soft, hard in what["rlimits"]:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, (soft, hard))
        if what["user"]:
            uid, gid = what["user"]
            if os.geteuid() == 0:
                os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.chdir(what["folder"])
        os.execvpe(what["command"][0], what["command"], what["env"])
    except FileNotFoundError as error:
        missing = what["folder"] if error.filename == what["folder"] else what["command"][0]
        _refuse(f"there is no {missing!r} here", NO_PROGRAM)
    except (OSError, ValueError) as error:
        _refuse(f"cannot run {what['command'][0]!r}: {error}")


def _refuse(text: str, code: int = NOT_RUNNABLE) -> None:
    os.write(2, f"barter exec: {text}\n".encode())
    os._exit(code)


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, number)


if __name__ == "__main__":
    main()
