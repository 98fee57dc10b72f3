"""The checkers see what they are for: each mutant brings back a bug others had, and is found."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.mutants import harness, record
from tests.mutants.harness import ROOT, Mutant
from tests.mutants.run import Found
from tests.mutants.table import BEGIN, END, PAGE, between_markers, table

MUTANTS = harness.load()
each = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)

EXAMPLE = Mutant("example", "mesos/chronos#1", "It ran twice.", "core/ids.py", "no such text", "", ("runs_once",))


@each
def test_a_mutant_says_where_it_is_from(mutant: Mutant) -> None:
    assert mutant.link.startswith("https://")
    assert mutant.story.endswith(".")
    assert mutant.finds


def test_no_two_mutants_are_the_same() -> None:
    changes = [(mutant.file, mutant.before, mutant.after) for mutant in MUTANTS]
    assert len(set(changes)) == len(changes) >= 20
    assert len({mutant.origin for mutant in MUTANTS}) == len(MUTANTS)


@each
def test_a_mutant_changes_what_is_there(mutant: Mutant) -> None:
    changed = mutant.mutated()
    assert changed != (ROOT / mutant.file).read_text()
    compile(changed, mutant.file, "exec", dont_inherit=True)


def test_a_stale_mutant_says_so() -> None:
    with pytest.raises(harness.Stale, match=r"0 times in core/ids\.py, not once: .* write tests/mutants/example\.toml"):
        EXAMPLE.mutated()


def test_a_mutant_comes_too_late_for_a_module_that_is_there() -> None:
    importlib.import_module(EXAMPLE.module)
    with pytest.raises(RuntimeError, match="in a new process"):
        harness.apply(EXAMPLE)


def test_an_unknown_mutant_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no mutant nothing"):
        harness.find("nothing")


def test_an_origin_names_a_thread() -> None:
    assert EXAMPLE.link == "https://github.com/mesos/chronos/issues/1"
    vague = Mutant("vague", "somewhere", ".", "core/ids.py", "", "", ())
    with pytest.raises(ValueError, match="names no thread"):
        assert vague.link


IMPORT_ALL = """
import importlib, sys
from tests.mutants import harness
for mutant in harness.load():
    harness.apply(mutant)
    loader = importlib.import_module(mutant.module).__loader__
    assert loader.get_source(mutant.module) == mutant.mutated(), mutant.name
    sys.meta_path.pop(0)
    for name in [name for name in sys.modules if name.startswith("barter.")]:
        del sys.modules[name]
"""


def test_every_mutant_can_be_imported() -> None:
    command = [sys.executable, "-c", IMPORT_ALL]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_table_stands_between_its_markers() -> None:
    made = table([EXAMPLE], {"example": Found(3, "runs_once", "t-1 ran twice")})
    assert (
        "| example | [mesos/chronos#1](https://github.com/mesos/chronos/issues/1) | It ran twice. | `runs_once` | 4 |"
        in made
    )
    assert between_markers(f"a\n{BEGIN}old\n{END}b\n", made) == f"a\n{BEGIN}{made}{END}b\n"
    with pytest.raises(ValueError, match="has lost the lines"):
        between_markers("nothing here", made)


def test_the_page_has_every_mutant() -> None:
    _, _, rest = PAGE.read_text().partition(BEGIN)
    made, end, _ = rest.partition(END)
    assert end
    assert made == table(MUTANTS, record.recorded())


def test_every_mutant_was_found() -> None:
    assert record.recorded().keys() == {mutant.name for mutant in MUTANTS}
    for mutant in MUTANTS:
        assert record.recorded()[mutant.name].checker in mutant.finds


@pytest.fixture(scope="module")
def searches() -> Iterator[dict[str, Future[Found | None]]]:
    """Begun for all that were found before at once, on all processors."""
    known = record.recorded()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(record.seek, name, known) for name in known}
        pool.shutdown(cancel_futures=True)


@pytest.mark.simulation
@pytest.mark.timeout(1800)
@each
def test_a_mutant_is_found(mutant: Mutant, searches: dict[str, Future[Found | None]]) -> None:
    """By the recorded seed, or by another where the code has moved since."""
    assert mutant.name in searches, f"find and record a seed: python -m tests.mutants.table {mutant.name}"
    assert searches[mutant.name].result() is not None, f"no seed finds {mutant.name}; {mutant.finds} should"
