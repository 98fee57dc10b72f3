"""The machine a number was measured on, in one line."""

import os
import platform
from pathlib import Path

from barter.core.units import format_bytes


def describe() -> str:
    """Cpu model, cores this process may use, memory, kernel, Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = len(os.sched_getaffinity(0))
    kernel, python = platform.release(), platform.python_version()
    return f"{_cpu_model()}, {cores} cores, {format_bytes(memory)}, Linux {kernel}, Python {python}"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model") and value.strip():
            return value.strip()
    return platform.machine()


def busy() -> str:
    """A warning when others use this machine, as the load of the last minute shows it; else empty."""
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load < cores / 2:
        return ""
    return f"this machine is busy (load {load:.1f} on {cores} cores): ratios will be lower than on a quiet one"
