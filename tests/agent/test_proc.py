"""Processes of tasks are found whatever they are at."""

import subprocess
from pathlib import Path

from barter.agent.runtime.proc import session_leaders

ROUNDS = 40


def test_a_leader_is_found_while_it_becomes_another_program(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        sandbox = str(tmp_path / str(number))
        line = 'exec /bin/sh -c \'exec /bin/sh -c "exec /bin/sh -c \\"exec sleep 20\\""\''
        with subprocess.Popen(["/bin/sh", "-c", line], env={"BARTER_SANDBOX": sandbox}, start_new_session=True) as task:
            try:
                assert session_leaders()[sandbox] == task.pid
            finally:
                task.kill()


def test_one_without_an_environment_is_none() -> None:
    with subprocess.Popen(["/bin/sleep", "20"], env={}, start_new_session=True) as bare:
        try:
            assert bare.pid not in session_leaders().values()
        finally:
            bare.kill()
