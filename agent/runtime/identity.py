"""Which executor works on a folder: written there by the executor itself, read by each agent that starts."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from barter.agent.runtime.proc import boot_id, start_time

RECORD = "executor.json"


@dataclass(frozen=True, slots=True)
class Running:
    """`identity` names this process and no other ever: pid, start time and boot."""

    identity: str
    pid: int
    runtime: str
    socket: str


def identify(pid: int) -> str:
    """Raises ProcessLookupError when no such process lives; a zombie does not."""
    if not (started := start_time(pid)):
        raise ProcessLookupError(f"no process {pid} lives")
    return f"{pid}-{started}-{boot_id()[:8]}"


def recorded(work_dir: Path) -> Running | None:
    """The executor of the folder, if one lives."""
    try:
        running = Running(**json.loads((work_dir / RECORD).read_text()))
        return running if identify(running.pid) == running.identity else None
    except (OSError, ValueError, TypeError):
        return None


def record(work_dir: Path, running: Running) -> None:
    """For whoever holds the lock of the executor's folder; raises OSError."""
    fresh = work_dir / f"{RECORD}.new"
    fresh.write_text(json.dumps(asdict(running)))
    fresh.replace(work_dir / RECORD)
