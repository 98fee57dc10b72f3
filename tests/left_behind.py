"""`python tests/left_behind.py MARK`: end the processes that a run of the tests left, and exit 1 if there are any."""

import contextlib
import sys
import time

import psutil

# A daemon that was told to end by the last test may take this long.
PATIENCE_S = 5.0


def marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("BARTER_TEST_MARK") == mark and process.pid not in _own():
                found.append(process)
    return found


def _own() -> set[int]:
    this = psutil.Process()
    return {this.pid, *(parent.pid for parent in this.parents())}


def main(mark: str) -> int:
    deadline = time.monotonic() + PATIENCE_S
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in left:
        with contextlib.suppress(psutil.Error):
            print(f"left behind: {process.pid} {' '.join(process.cmdline())[:150]}")
            process.kill()
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
