"""Runs a command beside a process task: in its cgroups and namespaces, as its user, with no more than its rights.

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
from typing import Any, NamedTuple, NoReturn

NO_PROGRAM, NOT_RUNNABLE = 127, 126
_PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_NAMESPACES = ("user", "cgroup", "ipc", "uts", "net", "pid", "mnt")
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_TIOCSCTTY = 0x540E
_CAPABILITIES = 64
_LIMITS = {
    "Max cpu time": resource.RLIMIT_CPU,
    "Max file size": resource.RLIMIT_FSIZE,
    "Max data size": resource.RLIMIT_DATA,
    "Max stack size": resource.RLIMIT_STACK,
    "Max core file size": resource.RLIMIT_CORE,
    "Max processes": resource.RLIMIT_NPROC,
    "Max open files": resource.RLIMIT_NOFILE,
    "Max locked memory": resource.RLIMIT_MEMLOCK,
    "Max address space": resource.RLIMIT_AS,
}
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    with open(int(sys.argv[1])) as told:
        what: dict[str, Any] = json.load(told)
    parent = os.getppid()
    try:
        if what["tty"]:
            import fcntl

            fcntl.ioctl(0, _TIOCSCTTY, 0)
        for folder in what["cgroups"]:
            with open(f"{folder}/cgroup.procs", "w") as file:
                file.write("0")
        may = _rights(what["pid"])
        _enter_namespaces(what["pid"])
    except OSError as error:
        _refuse(f"cannot run beside the task: {error}")
    child = os.fork()
    if not child:
        _become(what, may)
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


class _Rights(NamedTuple):
    """`capabilities` as bits; `limits`: kind, soft, hard."""

    capabilities: int
    no_new: bool
    limits: list[tuple[int, int, int]]


def _rights(pid: int) -> _Rights:
    with open(f"/proc/{pid}/status") as file:
        said = dict(line.split(":", 1) for line in file)
    root = said["Uid"].split()[1] == "0"
    capabilities = int(said["CapPrm" if root else "CapBnd"], 16)
    return _Rights(capabilities, said.get("NoNewPrivs", "0").strip() == "1", _limits(pid))


def _limits(pid: int) -> list[tuple[int, int, int]]:
    """Read as text, for the call that asks for them needs a right of its own."""
    found = []
    with open(f"/proc/{pid}/limits") as file:
        for line in file:
            if (kind := _LIMITS.get(line[:26].strip())) is not None:
                soft, hard = (
                    resource.RLIM_INFINITY if each == "unlimited" else int(each) for each in line[26:].split()[:2]
                )
                found.append((kind, soft, hard))
    return found


def _become(what: dict[str, Any], may: _Rights) -> None:
    """In the child, which never returns from here."""
    try:
        os.setpgid(0, 0)
        if what["tty"]:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(0, os.getpid())
        for each in (signal.SIGTTOU, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
        for kind, soft, hard in may.limits:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, (soft, hard))
        for number in range(_CAPABILITIES):
            if not may.capabilities >> number & 1:
                # Without root there are none to drop.
                _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
        if what["user"]:
            uid, gid = what["user"]
            if os.geteuid() == 0:
                os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        if may.no_new:
            _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.chdir(what["folder"])
        os.execvpe(what["command"][0], what["command"], what["env"])
    except FileNotFoundError as error:
        missing = what["folder"] if error.filename == what["folder"] else what["command"][0]
        _refuse(f"there is no {missing!r} here", NO_PROGRAM)
    except (OSError, ValueError) as error:
        _refuse(f"cannot run {what['command'][0]!r}: {error}")


def _refuse(text: str, code: int = NOT_RUNNABLE) -> NoReturn:
    os.write(2, f"barter exec: {text}\n".encode())
    os._exit(code)


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, number)


if __name__ == "__main__":
    main()
