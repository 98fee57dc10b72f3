"""`python -m barter.agent.fetch.shell.worker`: one download or one placing, as a process that can be killed at once.

Its job is one line of JSON on stdin, its answers are lines on stdout: `sized` at most once, then `done` or `failed`.
What unpacking a hostile archive takes of memory is taken from here, not from the executor. It ends with its parent.
"""

import contextlib
import json
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

from barter.agent.fetch.shell.failure import FetchFailure
from barter.agent.fetch.shell.place import Placement, place

MOST_MEMORY = 1 << 30


def main() -> None:
    if not (line := sys.stdin.readline()).endswith("\n"):
        # The executor was killed before it had said what to do.
        sys.exit(1)
    job: dict[str, Any] = json.loads(line)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.umask(0o022)
    try:
        _tell(done=_work(job))
    except FetchFailure as failure:
        flags = {"too_large": failure.too_large, "corrupt": failure.corrupt}
        _tell(failed={"text": str(failure), "reason": failure.reason, **flags})
    os._exit(0)


def _work(job: dict[str, Any]) -> dict[str, Any]:
    what: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in job["what"].items()
    }
    if job["do"] == "place":
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        return {"size": place(Placement(**what))}
    # What only unpacks does not pay for importing this.
    from barter.agent.fetch.shell.download import Wanted, download

    to = Path(job["to"])
    os.chdir(to.parent)
    size, sha256 = download(Wanted(**what), to, lambda size: _tell(sized=size))
    return {"size": size, "sha256": sha256}


def _tell(**what: Any) -> None:
    # An executor that was killed has nobody for the answer.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, (json.dumps(what) + "\n").encode())


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
