"""The same seed tells the same story, whatever the process it runs in."""

import os
import subprocess
import sys
from pathlib import Path

from tests.sim import small

ROOT = Path(__file__).parents[2]


def told(seed: int, hash_seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "tests.sim.small", str(seed)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout


def test_two_processes_with_other_hashes_tell_the_same_story_byte_for_byte() -> None:
    first, second = told(3, "1"), told(3, "4242")
    assert first == second
    assert first.count(b"\n") > 100


def test_a_second_run_in_the_same_process_tells_the_same() -> None:
    first, second = list[str](), list[str]()
    small.story(4, first.append)
    small.story(4, second.append)
    assert first == second


def test_another_seed_tells_another_story() -> None:
    first, second = list[str](), list[str]()
    small.story(4, first.append)
    small.story(5, second.append)
    assert first != second


def test_a_story_has_time_who_and_what_and_tells_of_every_kind_of_thing() -> None:
    lines = list[str]()
    small.story(4, lines.append)
    seconds = [float(line.split()[0]) for line in lines]
    assert seconds == sorted(seconds)
    whole = "\n".join(lines)
    for what in (
        "master-0           starts",
        "fault              ",
        "agent-0            registers",
        "executor-1",
        " runs",
        "keeper-0           is told",
        "keeper-0           accepts",
        "task_status",
        "ends with",
    ):
        assert what in whole
