"""`barter sim`: what it takes, prints and answers to the shell."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from barter.tools.cli.main import cli
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.faults.table import TABLE
from barter.tools.sim.observe import Violated
from barter.tools.sim.population import Deed, Populate, Population
from barter.tools.sim.seed import Outcome
from barter.tools.sim.shell import campaign

QUICK = ("mine:Mine", "--agents", "1", "--minutes", "2", "--jobs", "1")
DEEDS = 5


class Breaks(Population):
    """Each world is broken by its deeds 1 and 3 together."""

    def __init__(self) -> None:
        self.done: set[int] = set()

    def move_in(self, cluster: SimCluster, until_us: int) -> Sequence[Deed]:
        return [Deed(number, f"{number} deed-{number}", partial(self._do, number)) for number in range(DEEDS)]

    def _do(self, number: int) -> None:
        self.done.add(number)
        if {1, 3} <= self.done:
            raise Violated("breaks", "one and three")


@pytest.fixture
def with_population(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Has `mine:Mine` mean this population, in a world without faults."""

    def put(populate: Populate) -> None:
        for module in ("barter.tools.sim.target", "barter.tools.sim.shell.campaign"):
            monkeypatch.setattr(f"{module}.populate_of", lambda target: populate)

    return put


def sim(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["sim", *words])
    assert done.exit_code == code, done.output
    return done.output


def data(*words: str, code: int = 0) -> Any:
    """What is on stdout, which what is on stderr must not spoil."""
    done = CliRunner().invoke(cli, ["sim", *words, "-o", "json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def quiet() -> list[str]:
    return [word for name in TABLE for word in ("--rate", f"{name}=0")]


def test_the_table_of_faults_says_what_each_does() -> None:
    text = sim("--faults")
    assert all(name in text for name in TABLE)
    listed = data("--faults")
    assert [(each["fault"], each["per_hour"], each["what"]) for each in listed] == [
        (kind.name, kind.per_hour, kind.says) for kind in TABLE.values()
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--trace",), "for one --seed"),
        (("--only", "1"), "for one --seed"),
        (("--only", ""), "for one --seed"),
        (("--seed", "1", "--seeds", "2"), "either --seed or --seeds"),
        (("--seed", "1", "--only", "1,x"), "not a list of numbers"),
        (("--seed", "1", "--only", "-1"), "--only -1"),
        (("--seed", "1", "--only", "0,100000"), "--only 100000: of what is done to this seed there are"),
        (("--seed", "1", "--trace", "-o", "json"), "--trace is text"),
        (("--seed", "-1"), "-1"),
        (("--seeds", "0"), "0"),
        (("--rate", "break"), "FAULT=NUMBER"),
        (("--rate", "break=-1"), "FAULT=NUMBER"),
        (("--rate", "break=nan"), "FAULT=NUMBER"),
        (("--rate", "no-such=1"), "barter sim --faults"),
        (("--agents", "2"), "8 --agents"),
        (("--minutes", "11"), "12 --minutes"),
        (("--faults", "--seed", "1"), "runs nothing"),
        (("--faults", "--seeds", "1"), "runs nothing"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(words: tuple[str, ...], told: str) -> None:
    assert told in sim(*words, code=2)


@pytest.mark.parametrize("words", [(), ("--seed", "1")])
def test_a_scheduler_that_is_none_is_refused(words: tuple[str, ...]) -> None:
    assert "Next: " not in sim("no.such.module:Nothing", *words, code=1)
    assert "Next: give it as MODULE:CLASS or FILE.py:CLASS" in sim("no.such.module", *words, code=1)


def test_a_module_is_loaded_once_and_then_for_each_process_of_its_framework(tmp_path: Path) -> None:
    source, lives = tmp_path / "counted.py", tmp_path / "lives"
    source.write_text(
        f"with open({str(lives)!r}, 'a') as file:\n    file.write('.')\n"
        "from barter import sdk\nclass Idle(sdk.Scheduler):\n    pass\n"
    )
    sim(f"{source}:Idle", *QUICK[1:], "--seeds", "2", *quiet())
    loaded, tried_out, seeds = 1, 1, 2
    assert len(lives.read_text()) == loaded + tried_out + seeds


def test_seeds_that_hold(with_population: Any) -> None:
    with_population(Population)
    text = sim(*QUICK, "--seeds", "3", "--first", "7")
    assert text.startswith("3 seeds, 0 failed, in ")
    told = data(*QUICK, "--seeds", "3")
    assert (told["seeds"], told["failed"], told["failures"], told["virtual_seconds"]) == (3, 0, [], 360.0)
    assert told["fewest_faults"] >= 50
    assert told["settled_checked"] is False


def test_what_seeds_that_hold_do_not_prove_is_said(tmp_path: Path) -> None:
    source = tmp_path / "idle.py"
    source.write_text("from barter import sdk\nclass Idle(sdk.Scheduler):\n    pass\n")
    words = (f"{source}:Idle", *QUICK[1:], *quiet())
    for which in (("--seeds", "2"), ("--seed", "1")):
        last = sim(*words, *which).splitlines()[-1]
        assert last == (
            "no task ran; no settled(): what it must have reached at the end was not checked (docs/testing.md)"
        )
        assert data(*words, *which)["settled_checked"] is False
    with source.open("a") as file:
        file.write("def settled(cluster):\n    assert not cluster.running()\n")
    assert sim(*words, "--seeds", "1").splitlines()[-1] == "no task ran"
    assert data(*words, "--seed", "1")["settled_checked"] is True


def test_short_runs_are_counted_in_minutes(with_population: Any) -> None:
    with_population(Population)
    assert ": 6 virtual minutes, " in sim(*QUICK, *quiet(), "--seeds", "3")
    assert ": 1 virtual hour, " in sim(*QUICK[:3], "--minutes", "30", "--jobs", "1", "--seeds", "2", *quiet())


def test_a_failing_seed_is_printed_small_with_the_command_that_replays_it(with_population: Any) -> None:
    with_population(Breaks)
    text = sim(*QUICK, *quiet(), "--seeds", "2", code=1)
    assert "seed 0 fails: breaks at 0.000 s\n  one and three\n" in text
    assert f"{DEEDS - 1} things were done" not in text
    assert f"{DEEDS} things were done to it; it fails with these 2:\n    1 deed-1\n    3 deed-3\n" in text
    replay = next(line for line in text.splitlines() if "its story" in line).partition("barter sim ")[2]
    assert "--only 1,3 --trace" in replay
    told = sim(*shlex.split(replay.replace("--trace", "")), code=1)
    assert "breaks" in told
    assert told.splitlines()[1] == f"  its story: barter sim {replay}"
    assert "its story" not in sim(*shlex.split(replay), code=1)
    assert text.count("failing seeds are made smaller") == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_that_failing_seeds_are_made_smaller_is_said_once(tmp_path: Path, jobs: str) -> None:
    source = tmp_path / "never.py"
    source.write_text(
        "from barter import sdk\nclass Never(sdk.Scheduler):\n    pass\n"
        "def settled(cluster):\n    assert cluster.running()\n"
    )
    text = sim(f"{source}:Never", *QUICK[1:-1], jobs, "--seeds", "4", *quiet(), code=1)
    assert text.count("failing seeds are made smaller") == 1
    assert text.count("0 things were done to it; it fails with none of them") == 4
    assert "4 seeds, 4 failed" in text


@pytest.mark.parametrize("broken", [{1}, {1, 3}])
def test_how_many_deeds_it_fails_with_is_said_in_words(with_population: Any, broken: set[int]) -> None:
    class Some(Breaks):
        def _do(self, number: int) -> None:
            self.done.add(number)
            if broken <= self.done:
                raise Violated("breaks", "some")

    with_population(Some)
    these = "this one" if len(broken) == 1 else f"these {len(broken)}"
    assert f"; it fails with {these}:\n" in sim(*QUICK, *quiet(), "--seeds", "1", code=1)


def test_the_command_that_replays_it_is_one_for_a_shell_and_exact(with_population: Any) -> None:
    with_population(Breaks)
    words = ("my folder/mine.py:Mine", *QUICK[1:], *quiet(), "--rate", "cut=0.1234567891")
    (failure,) = data(*words, "--seeds", "1", code=1)["failures"]
    again = shlex.split(failure["replay"])
    assert again[2] == "my folder/mine.py:Mine"
    assert "cut=0.1234567891" in again


def test_what_a_scheduler_prints_is_not_in_the_data(tmp_path: Path) -> None:
    source = tmp_path / "loud.py"
    source.write_text("from barter import sdk\nprint('here')\nclass Loud(sdk.Scheduler):\n    pass\n")
    words = (f"{source}:Loud", *QUICK[1:-2], *quiet(), "-o", "json")
    for which in (("--seed", "1"), ("--seeds", "2", "--jobs", "1"), ("--seeds", "2", "--jobs", "2")):
        command = [sys.executable, "-m", "barter.tools.cli.main", "sim", *words, *which]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)
        assert "here" in done.stderr


def test_failures_as_data(with_population: Any) -> None:
    with_population(Breaks)
    told = data(*QUICK, *quiet(), "--seeds", "1", code=1)
    assert told["failed"] == 1
    (failure,) = told["failures"]
    assert failure["deeds"] == ["1 deed-1", "3 deed-3"]
    assert (failure["checker"], failure["ok"], failure["seed"]) == ("breaks", False, 0)
    alone = data(*QUICK[:5], *quiet(), "--seed", "0", "--only", "0,1,2")
    assert (alone["ok"], alone["checker"], alone["deeds"]) == (True, None, ["0 deed-0", "1 deed-1", "2 deed-2"])


def test_what_fails_without_any_deed_is_replayed_with_none(with_population: Any) -> None:
    class Never(Population):
        def unsettled(self, cluster: SimCluster) -> str:
            return "never"

    with_population(Never)
    text = sim(*QUICK, *quiet(), "--seeds", "1", code=1)
    replay = next(line for line in text.splitlines() if "its story" in line).partition("barter sim ")[2]
    assert "--only '' --trace" in replay
    assert "never" in sim(*shlex.split(replay.replace("--trace", "")), code=1)


def test_ctrl_c_says_how_far_it_came(with_population: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with_population(Population)
    real = campaign.seeds

    def interrupted(*given: Any) -> Iterator[Any]:
        results = real(*given)
        result = next(results)
        assert isinstance(result, Outcome)
        yield result
        raise KeyboardInterrupt

    monkeypatch.setattr(campaign, "seeds", interrupted)
    assert "stopped after 1 of 9 seeds" in sim(*QUICK, "--seeds", "9", code=1)


def test_ctrl_c_at_a_terminal_ends_all_its_processes_without_a_traceback() -> None:
    """The terminal sends it to every process of the group."""
    command = [sys.executable, "-m", "barter.tools.cli.main", "sim", "--seeds", "100000", "--jobs", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            while len(_children(process.pid)) < 3 and process.poll() is None:
                os.sched_yield()
            os.killpg(process.pid, signal.SIGINT)
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "Traceback" not in told
    assert "stopped after" in told


def _children(pid: int) -> list[str]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()
