"""What /proc says of processes that may not be our children."""

import os


def start_time(pid: int) -> int:
    """When the process started, in clock ticks since boot: with the pid it names a process for good. 0: none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in (b"Z", b"X") else int(fields[19])


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
            with open(f"/proc/{name}/environ", "rb") as file:
                environment = file.read().split(b"\0")
        except OSError:
            continue
        for item in environment:
            if item.startswith(b"BARTER_SANDBOX="):
                sandbox = os.fsdecode(item.removeprefix(b"BARTER_SANDBOX="))
                this = (start_time(int(name)), int(name))
                if this[0] and (sandbox not in found or this < found[sandbox]):
                    found[sandbox] = this
    return {sandbox: pid for sandbox, (_, pid) in found.items()}


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
