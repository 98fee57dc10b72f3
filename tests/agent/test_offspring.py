"""What a process started dies with it, whatever session it is in."""

import signal
import subprocess

from barter.agent.runtime.offspring import kill_with_offspring
from tests.integration.machine import alive, until


def test_children_in_sessions_of_their_own_die_too() -> None:
    script = "setsid sh -c 'sleep 300 & echo $!; echo $$; wait' & echo $!; wait"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        pids = [int(process.stdout.readline()) for _ in range(3)]
        kill_with_offspring(process.pid)
        assert process.wait() == -signal.SIGKILL
    until(lambda: not any(alive(pid) for pid in pids))


def test_others_are_left_in_peace() -> None:
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    with subprocess.Popen(["sleep", "300"]) as other:
        kill_with_offspring(ended.pid)
        assert other.poll() is None
        other.kill()
