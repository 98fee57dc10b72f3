"""Secrets: where they may be, who is refused, and that a value is nowhere but in the task."""

import os
from pathlib import Path

import pytest

from barter.frameworks.service.app import App
from barter.frameworks.service.definition import parse_app
from barter.frameworks.service.events import Change, Put
from barter.frameworks.service.render import app_json
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.frameworks.service.secrets import SecretMissing, no_store, source_problems
from barter.frameworks.service.shell.secret_folder import LONGEST, SecretFolder, UnfitFolder
from barter.sdk import FrameworkInfo, StateStore, TaskInfo
from barter.sdk.testing import Cluster, Run

VALUE = "correct horse"
DEFINITION = {
    "id": "/db",
    "cmd": "sleep infinity",
    "cpus": 0.1,
    "env": {"PASSWORD": {"secret": "pw"}, "PLAIN": "x"},
    "secrets": {"pw": {"source": "db/password"}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    (made / "db").mkdir(parents=True)
    made.chmod(0o700)
    (made / "db" / "password").write_text(f"{VALUE}\n")
    return made


def test_a_definition_is_read_and_written_back_without_a_value() -> None:
    app = parse_app(DEFINITION)
    assert app_json(app)["env"] == DEFINITION["env"]
    assert app_json(app)["secrets"] == DEFINITION["secrets"]
    assert parse_app(app_json(app)) == app


def test_a_folder_that_everybody_may_enter_is_refused(folder: Path) -> None:
    folder.chmod(0o705)
    with pytest.raises(UnfitFolder, match="chmod o-rwx"):
        SecretFolder(folder)
    with pytest.raises(UnfitFolder, match="mkdir"):
        SecretFolder(folder / "none")


def test_a_secret_is_the_text_of_its_file(folder: Path) -> None:
    assert SecretFolder(folder).read("db/password") == VALUE
    (folder / "inside").symlink_to("db/password")
    assert SecretFolder(folder).read("inside") == VALUE


@pytest.mark.parametrize(
    "source",
    ["../outside", "/etc/passwd", "db/../../outside", "", ".", "db", "none", "out", "db//password", "a\0b", "loop"],
)
def test_what_is_no_file_below_the_folder_is_refused(folder: Path, source: str) -> None:
    (folder.parent / "outside").write_text("no")
    (folder / "out").symlink_to(folder.parent / "outside")
    (folder / "loop").symlink_to("loop")
    with pytest.raises(SecretMissing):
        SecretFolder(folder).read(source)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"x" * (LONGEST + 1)])
def test_what_no_variable_can_hold_is_refused_without_being_told(folder: Path, data: bytes) -> None:
    (folder / "bad").write_bytes(data)
    os.mkfifo(folder / "pipe")
    for source in ("bad", "pipe"):
        with pytest.raises(SecretMissing) as caught:
            SecretFolder(folder).read(source)
        assert "xx" not in str(caught.value)


def test_only_new_sources_are_looked_for(folder: Path) -> None:
    app, read = parse_app(DEFINITION), SecretFolder(folder).read
    assert source_problems(app, None, read) == []
    [(path, reason)] = source_problems(app, None, no_store)
    assert (path, "--secrets-dir" in reason) == ("/secrets/pw/source", True)
    assert source_problems(app, app, no_store) == []


class Kept(ServiceScheduler):
    """With secrets in a folder, which a test may change."""

    folder: Path

    def __init__(self, store: StateStore) -> None:
        super().__init__(store)
        self.secret_of = SecretFolder(self.folder).read


def _world(folder: Path, app: App) -> tuple[Cluster, Kept, StateStore]:
    Kept.folder = folder
    cluster = Cluster()
    cluster.agents(1)
    framework = cluster.framework(Kept, demands_only=True, framework=FrameworkInfo("service"))
    cluster.run_for(seconds=5)
    change = Change(1, "d1", puts=(Put(app, 0),))
    framework.scheduler.ask(change, lambda answer: None)
    return cluster, framework.scheduler, framework.store


def test_a_value_is_in_the_task_and_nowhere_else(folder: Path) -> None:
    cluster, scheduler, store = _world(folder, parse_app(DEFINITION))
    found: list[dict[str, str]] = []

    def run(task: TaskInfo) -> Run:
        found.append({name: task.command.env[name] for name in ("PASSWORD", "PLAIN")})
        return Run(None)

    cluster.behaviour(run)
    cluster.run_until(lambda: found)
    assert found == [{"PASSWORD": VALUE, "PLAIN": "x"}]
    assert VALUE not in "".join((store.get(key) or b"").decode() for key in store.keys(""))
    assert VALUE not in str(list(scheduler.machine.apps.values()))


def test_one_that_has_vanished_is_waited_for(folder: Path) -> None:
    secret = folder / "db" / "password"
    secret.rename(folder / "away")
    cluster, scheduler, _ = _world(folder, parse_app(DEFINITION))
    cluster.run_for(seconds=30)
    assert not cluster.running()
    state = scheduler.machine.apps["/db"]
    assert state.last_failure
    assert "secret 'db/password' is not in the folder of secrets" in state.last_failure.message
    (folder / "away").rename(secret)
    cluster.run_until(cluster.running, within_minutes=10)
