"""What the machine gives without any scheduler: the floors."""

import os
import subprocess
import time
from collections.abc import Sequence

TRUE = "/bin/true"


def spawn_seconds(count: int) -> float:
    """Seconds to posix_spawn /bin/true and wait for it, `count` times, one after the other."""
    begin = time.perf_counter()
    for _ in range(count):
        pid = os.posix_spawn(TRUE, [TRUE], {})
        os.waitpid(pid, 0)
    return time.perf_counter() - begin


def command_seconds(command: Sequence[str], env: dict[str, str] | None = None) -> float:
    """Seconds of one run, its output thrown away; raises CalledProcessError when it fails."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, env=env)
    return time.perf_counter() - begin
