"""What /proc says of processes that may not be our children."""

import fcntl
import os
import struct
import time

# Linux 6.15 and later: _IOWR(0xFF, 11, struct pidfd_info), of which the last field is the status.
_GET_INFO, _EXIT, _INFO = 0xC040FF0B, 1 << 3, struct.Struct("=QQ11Ii")

_EXEC_LOOKS, _EXEC_S = 20, 0.001


def start_time(pid: int, *, zombies: bool = False) -> int:
    """When the process started, in clock ticks since boot: with the pid it names a process for good. 0: none lives."""
    try:
        # Of every start one: a file object would cost half as much again.
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            fields = os.read(file, 4096).rpartition(b")")[2].split()
        finally:
            os.close(file)
    except OSError:
        return 0
    return 0 if fields[0] in (b"Z", b"X") and not zombies else int(fields[19])


def stopped(pid: int) -> bool:
    """Whether a signal has stopped it, until SIGCONT."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"T"
    except (OSError, IndexError):
        return False


def boot_id() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def session_leaders() -> dict[str, int]:
    """By their BARTER_SANDBOX: the processes that lead a session, so were started as a task's first; oldest first."""
    found: dict[str, tuple[int, int]] = {}
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            if os.getsid(int(name)) != int(name):
                continue
            environment = _environment(int(name))
        except OSError:
            continue
        for item in environment.split(b"\0"):
            if item.startswith(b"BARTER_SANDBOX="):
                sandbox = os.fsdecode(item.removeprefix(b"BARTER_SANDBOX="))
                this = (start_time(int(name)), int(name))
                if this[0] and (sandbox not in found or this < found[sandbox]):
                    found[sandbox] = this
    return {sandbox: pid for sandbox, (_, pid) in found.items()}


def _environment(pid: int) -> bytes:
    """Raises OSError. A process amid its exec has none for a moment: it is asked again."""
    for _ in range(_EXEC_LOOKS):
        with open(f"/proc/{pid}/environ", "rb") as file:
            environment = file.read()
        if environment or not start_time(pid):
            return environment
        time.sleep(_EXEC_S)
    return b""


def session_members(leader: int) -> list[int]:
    """All processes of a session; those of a container's own process namespace included."""
    found: list[int] = []
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                if os.getsid(int(name)) == leader:
                    found.append(int(name))
            except OSError:
                continue
    return found


def exit_code_of(pid: int, started: int, pidfd: int = -1) -> int | None:
    """Of a process that is not our child and has just ended: while it is a zombie, or where the kernel still tells.

    As waitstatus_to_exitcode has it; None where nobody can know any more.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            readable = os.geteuid() in (0, os.fstat(file.fileno()).st_uid)
            fields = file.read().rpartition(b")")[2].split()
        # To others the kernel says 0.
        if readable and fields[0] == b"Z" and int(fields[19]) == started:
            return os.waitstatus_to_exitcode(int(fields[49]))
    except (OSError, ValueError):
        pass
    if pidfd < 0:
        return None
    asked = bytearray(_INFO.pack(_EXIT, *[0] * 13))
    try:
        fcntl.ioctl(pidfd, _GET_INFO, asked)
    except OSError:
        return None
    mask, *_, status = _INFO.unpack(asked)
    return os.waitstatus_to_exitcode(status) if mask & _EXIT else None
