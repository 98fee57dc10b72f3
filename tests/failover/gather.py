"""What the parts of a cluster wrote down: their taps, their logs, the tasks' marks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.failover.record import Alarm, Obeyed, Record, Started, Told

# Files to which tasks write a line each when they start: of the app that stays, and of the one that comes and goes.
KEPT, PASSING = "kept", "passing"
LOUD = ("agent_unreachable", "agent_removed", "agent_gone")
TRACEBACK = "Traceback (most recent"


def gather(folder: Path, agents: list[str], services: list[str], record: Record) -> None:
    """Of the time before the cluster's end. Agents go by their names from here on."""
    names: dict[str, str] = {}
    for agent in agents:
        for line in _lines(folder / f"{agent}.tap"):
            names[line.pop("id")] = agent
            record.obeyed.append(Obeyed(agent=agent, **line))
    record.started += started(folder, KEPT)
    record.passing += started(folder, PASSING)
    kept = {each.task for each in record.started}
    for service in services:
        heard = (Told(**line) for line in _lines(folder / f"{service}.tap"))
        record.told += (replace(each, agent=names.get(each.agent, each.agent)) for each in heard if each.task in kept)
    for log in sorted(folder.glob("*.log")):
        record.alarms += _alarms(log, names)
        if TRACEBACK in log.read_text(errors="replace"):
            record.problems.append(f"a traceback in {log.name}")
    record.obeyed[:] = [each for each in record.obeyed if each.at_ms <= record.over_ms]
    record.told[:] = [each for each in record.told if each.at_ms <= record.over_ms]
    record.alarms[:] = [each for each in record.alarms if each.at_ms <= record.over_ms]


def started(folder: Path, marks: str) -> list[Started]:
    path = folder / marks
    lines = path.read_text().splitlines() if path.exists() else []
    return [Started(task, int(pid)) for task, _, pid in (line.partition(" ") for line in lines)]


def _alarms(log: Path, names: Mapping[str, str]) -> Iterator[Alarm]:
    for line in _lines(log):
        if line.get("event") in LOUD:
            at = datetime.fromisoformat(line["timestamp"])
            agent = names.get(line["subject"], line["subject"])
            yield Alarm(int(at.timestamp() * 1_000), log.stem, agent, line["event"])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """What of it is JSON: the last line of what was killed may be half of one."""
    if path.exists():
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):
                yield json.loads(line)
