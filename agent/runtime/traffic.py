"""What tasks have read, written, received and sent, in bytes: of cgroups, of processes, of a network of their own."""

import os
from collections.abc import Iterable
from typing import NamedTuple


class Traffic(NamedTuple):
    """None where nobody counts it. Disks: what reached the storage layer, not what a cache answered."""

    read: int | None = None
    written: int | None = None
    received: int | None = None
    sent: int | None = None

    def plus(self, other: "Traffic") -> "Traffic":
        return Traffic(*(_sum(one, two) for one, two in zip(self, other, strict=True)))


def of_cgroups(folders: Iterable[str]) -> Traffic:
    """Version 2 counts for disks, where that is enabled; version 1 does not know who wrote what it wrote late."""
    pids: set[str] = set()
    found: Traffic | None = None
    for folder in folders:
        pids.update(lines(f"{folder}/cgroup.procs") or ())
        if (counted := lines(f"{folder}/io.stat")) is not None:
            found = _of_devices(counted)
    if found is None:
        found = Traffic()
        for pid in pids:
            found = found.plus(of_process(pid))
    return found.plus(of_network(min(pids, key=int))) if pids else found


def of_process(pid: str) -> Traffic:
    """With what its children had, once it has waited for them; nothing where we may not look."""
    counted = dict(line.split(": ", 1) for line in lines(f"/proc/{pid}/io") or () if ": " in line)
    if "read_bytes" not in counted:
        return Traffic()
    # What was written and removed before it reached a disk.
    written = int(counted["write_bytes"]) - int(counted["cancelled_write_bytes"])
    return Traffic(int(counted["read_bytes"]), max(written, 0))


def of_network(pid: str) -> Traffic:
    """Of all interfaces but the loopback, where the process is in another network than we are."""
    try:
        if os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino:
            return Traffic()
    except OSError:
        return Traffic()
    received = sent = 0
    for line in lines(f"/proc/{pid}/net/dev") or ():
        name, colon, counted = line.partition(":")
        if colon and name.strip() != "lo":
            fields = counted.split()
            received, sent = received + int(fields[0]), sent + int(fields[8])
    return Traffic(received=received, sent=sent)


def lines(path: str) -> list[str] | None:
    """None where the file is not there, or not for us."""
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return None


def _of_devices(counted: Iterable[str]) -> Traffic:
    """Lines such as `8:0 rbytes=90112 wbytes=0 rios=22 wios=0 dbytes=0 dios=0`."""
    sums = {"rbytes": 0, "wbytes": 0}
    for line in counted:
        for field in line.split()[1:]:
            name, _, amount = field.partition("=")
            if name in sums and amount.isdecimal():
                sums[name] += int(amount)
    return Traffic(sums["rbytes"], sums["wbytes"])


def _sum(one: int | None, two: int | None) -> int | None:
    return two if one is None else one if two is None else one + two
