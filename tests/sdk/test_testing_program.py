"""Loading an author's scheduler for a campaign, and what is said of one that cannot be."""

from pathlib import Path
from random import Random

import pytest

from barter import sdk
from barter.sdk.testing.program import load, populate_with
from barter.tools.sim.population import NoScheduler
from barter.tools.sim.seed import Plan, Run

SOURCE = """
from barter import sdk

class Plain(sdk.Scheduler):
    pass

class Stored(sdk.Scheduler):
    def __init__(self, store):
        self.store = store

class Shared(sdk.Scheduler):
    seen = []
    def __init__(self, limit=3):
        self.seen.append(limit)

class Careless(sdk.Scheduler):
    def registered(self, driver, framework_id):
        raise ValueError("not today")

class Leaves(sdk.Scheduler):
    def registered(self, driver, framework_id):
        raise SystemExit(0)

class Broken(sdk.Scheduler):
    def __init__(self):
        raise ValueError("no such thing\\nat all")

class Greedy(sdk.Scheduler):
    def __init__(self, store, count):
        pass

class Other:
    pass

class Misspelt(Plain):
    def resource_offer(self, driver, offers):
        pass

class Translated(Plain):
    def statusUpdate(self, driver, status):
        pass

class Helped(Plain):
    def errors(self):
        pass
    def register(self, driver, framework_id):
        pass
    def registered(self, driver, framework_id):
        self.register(driver, framework_id)

NUMBER = 3
Builtin = dict
made = Plain()

FRAMEWORK = sdk.FrameworkInfo("mine", roles=("dev",))
DEMANDS_ONLY = True

def settled(cluster):
    assert len(cluster.running()) == 7
"""


SETTLING = "from barter import sdk\nclass Plain(sdk.Scheduler):\n    pass\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def test_a_file_and_what_it_says_of_itself(source: Path) -> None:
    program = load(f"{source}:Plain")
    assert program.framework == sdk.FrameworkInfo("mine", roles=("dev",))
    assert program.demands_only
    store = sdk.MemoryStore()
    assert getattr(load(f"{source}:Stored").start(store, Random(1)), "store", None) is store


def test_a_module_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bare_scheduler.py").write_text("from barter import sdk\nclass Bare(sdk.Scheduler): pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    program = load("bare_scheduler:Bare")
    assert (program.framework.name, program.demands_only, program.settled) == ("bare", False, None)


def test_nothing_of_a_process_is_left_in_its_class(source: Path) -> None:
    program = load(f"{source}:Shared")
    for _ in range(2):
        assert getattr(program.start(sdk.MemoryStore(), Random(1)), "seen", None) == [3]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Other", "is not a Scheduler, it makes a Other"),
        ("Nobody", "has no Nobody: name the Scheduler in it, as in .*:Plain"),
        ("Broken", r"cannot be made: ValueError: no such thing \("),
        ("Greedy", r"asks for store and count, .*: give the others defaults \(.*mine.py, line 29\)"),
        ("NUMBER", "is no scheduler's class: it is of type int"),
        ("Builtin", "is not a Scheduler, it makes a dict|cannot be made"),
        ("made", "it is a Plain made already: name its class"),
        ("Misspelt", r"Misspelt.resource_offer: the callback is named resource_offers \(.*mine.py, line "),
        ("Translated", "Translated.statusUpdate: the callback is named status_update"),
    ],
)
def test_what_is_in_the_file_but_cannot_be_run(source: Path, name: str, says: str) -> None:
    with pytest.raises(NoScheduler, match=says) as raised:
        load(f"{source}:{name}")
    assert "\n" not in str(raised.value)


def test_what_is_not_there_at_all(tmp_path: Path) -> None:
    with pytest.raises(NoScheduler, match="there is no file"):
        load(f"{tmp_path}/nothing.py:Plain")
    with pytest.raises(NoScheduler, match="there is no module nowhere_at_all"):
        load("nowhere_at_all:Plain")
    with pytest.raises(NoScheduler, match="names no class"):
        load("nowhere_at_all")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("import sys; sys.exit(3)", "put what runs the framework under if __name__"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(.*bad.py, line 1\)"),
        ("x = 1\nclass Plain(:\n", r"failed: SyntaxError: invalid syntax \([^ ]*bad.py, line 2\)$"),
        (
            f"{SETTLING}def settled(): pass",
            r"cluster alone, and too many .*def settled\(cluster\) \(.*bad.py, line 4\)",
        ),
        (f"{SETTLING}settled = 3", "settled is of type int: make it a function"),
    ],
)
def test_a_file_that_cannot_be_imported(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(NoScheduler, match=says):
        load(f"{tmp_path}/bad.py:Plain")


@pytest.mark.simulation
def test_what_must_hold_at_the_end_is_told_by_its_source(source: Path) -> None:
    outcome = Run(1, Plan(minutes=2, agents=2, fewest_faults=0), populate_with(f"{source}:Plain")).play()
    assert outcome.violation is not None
    assert outcome.violation.checker == "unsettled"
    assert "assert len(cluster.running()) == 7" in outcome.violation.message


@pytest.mark.simulation
def test_a_callback_that_raises_is_a_failure_and_says_where(source: Path) -> None:
    outcome = Run(1, Plan(minutes=2, agents=2, fewest_faults=0), populate_with(f"{source}:Careless")).play()
    assert outcome.violation is not None
    assert outcome.violation.checker == "scheduler_errors"
    assert "ValueError: not today" in outcome.violation.message
    assert "mine.py, line " in outcome.violation.message


@pytest.mark.simulation
def test_a_callback_that_ends_the_program_ends_no_campaign(source: Path) -> None:
    outcome = Run(1, Plan(minutes=2, agents=2, fewest_faults=0), populate_with(f"{source}:Leaves")).play()
    assert outcome.violation is not None
    assert outcome.violation.checker == "raises"
    assert outcome.violation.message.startswith("SystemExit: 0 (in ")


def test_methods_of_ones_own_may_be_named_like_callbacks(source: Path) -> None:
    assert load(f"{source}:Helped").settled is not None


@pytest.mark.simulation
def test_what_settled_raises_is_told_by_the_authors_line(tmp_path: Path) -> None:
    source = tmp_path / "asks.py"
    source.write_text(f"{SETTLING}def settled(cluster):\n    cluster.running(zone='nowhere')\n")
    outcome = Run(1, Plan(minutes=2, agents=2, fewest_faults=0), populate_with(f"{source}:Plain")).play()
    assert outcome.violation is not None
    assert outcome.violation.checker == "unsettled"
    assert "settled() raised LookupError: no agent is in zone 'nowhere'" in outcome.violation.message
    assert f"({source}, line 5)" in outcome.violation.message
