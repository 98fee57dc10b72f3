"""The walls of process tasks, while the machine around them changes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from barter.agent.runtime import isolation


@pytest.fixture(autouse=True)
def looked_at_anew() -> Iterator[None]:
    isolation._machine.cache_clear()
    yield
    isolation._machine.cache_clear()


def test_a_folder_of_the_machine_that_is_removed_since_stops_no_task(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if why := isolation.problem(tmp_path):
        pytest.skip(why)
    isolation._machine.cache_clear()
    listed, is_folder = os.listdir, os.path.isdir
    monkeypatch.setattr(os, "listdir", lambda path: [*listed(path), "removed-since"])
    monkeypatch.setattr(os.path, "isdir", lambda path: str(path).endswith("removed-since") or is_folder(path))
    assert isolation.problem(tmp_path) == ""
    assert "/removed-since" in isolation._machine()
