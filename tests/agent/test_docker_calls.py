"""What is made of an engine that does not answer about one of its containers."""

import subprocess
from pathlib import Path
from typing import cast

import pytest

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.events import Standing
from barter.agent.runtime.docker_calls import Calls
from barter.agent.runtime.engine import Engine, EngineAway, Stuck
from barter.agent.runtime.place import Place
from barter.agent.runtime.settings import SettingsFile
from barter.agent.runtime.shown import Shown
from tests.agent.containers_kit import T1


class Answers:
    """An engine as far as `find` goes."""

    local = True

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.failure: EngineAway | None = None

    def find(self, name: str) -> Shown:
        if self.failure is not None:
            raise self.failure
        return self.shown


class Reached(Calls):
    def __init__(self, folder: Path, answers: Answers) -> None:
        super().__init__(Place("home", (), "", folder), SettingsFile(), folder, lambda event: None)
        self.answers = answers

    @property
    def engine(self) -> Engine:
        return cast(Engine, self.answers)


@pytest.mark.parametrize("local", [True, False])
def test_a_container_nothing_is_said_of_has_vanished_once_its_process_is_gone(tmp_path: Path, local: bool) -> None:
    process = subprocess.Popen(["sleep", "60"])
    try:
        answers = Answers(Shown("c1", "running", {}, pid=process.pid))
        answers.local = local
        calls, inspect = Reached(tmp_path, answers), act.Inspect(T1.key, "c1")
        running = ev.Inspected(T1.key, ev.Seen("c1", Standing.RUNNING, None))
        assert calls.answer(inspect) == running
        answers.failure = Stuck("read timed out")
        assert calls.answer(inspect) == ev.InspectFailed(T1.key)
    finally:
        process.kill()
        process.wait()
    vanished = ev.Inspected(T1.key, ev.Seen("c1", Standing.RUNNING, None, vanished=True))
    assert calls.answer(inspect) == (vanished if local else ev.InspectFailed(T1.key))
    # One that is away says later how it ended.
    answers.failure = EngineAway("connection refused")
    assert calls.answer(inspect) == ev.InspectFailed(T1.key)


@pytest.mark.parametrize(
    ("state", "began", "standing"),
    [
        ("dead", False, Standing.CREATED),
        ("dead", True, Standing.EXITED),
        ("exited", True, Standing.EXITED),
    ],
)
def test_what_never_began_has_not_ended_whatever_became_of_it(
    tmp_path: Path, state: str, began: bool, standing: Standing
) -> None:
    calls = Reached(tmp_path, Answers(Shown("c1", state, {}, exit_code=0, began=began)))
    answer = calls.answer(act.Inspect(T1.key, "c1"))
    assert isinstance(answer, ev.Inspected)
    assert answer.seen is not None
    assert answer.seen.standing is standing
