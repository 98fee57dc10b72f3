"""The numbers are what they say, whoever reads them."""

import json

import pytest
from click.testing import CliRunner

from barter.tools.bench import report
from barter.tools.bench.__main__ import main
from barter.tools.bench.machine import describe
from barter.tools.bench.measure import Result, median, percentile

RESULTS = [
    Result("launch", "running_per_second", 412.5, "tasks/s", 1_100.0),
    Result("burst", "flatness", 1.2, "x", 1.0),
]


def test_percentiles_are_measured_values() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 50), percentile(values, 99), percentile(values, 100)) == (50.0, 99.0, 100.0)
    assert percentile([7.0], 99) == 7.0
    assert median([3.0, 1.0, 2.0]) == 2.0


def test_json_is_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    report.as_json(RESULTS, "a machine")
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {
        "bench": "launch",
        "metric": "running_per_second",
        "value": 412.5,
        "unit": "tasks/s",
        "floor": 1100.0,
        "ratio": 0.375,
        "machine": "a machine",
    }
    assert second["ratio"] == 1.2


def test_the_table_names_the_machine_and_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    report.as_table(RESULTS, "a machine")
    machine, head, first, second = capsys.readouterr().out.splitlines()
    assert machine == "a machine"
    assert head.index("ratio") + len("ratio") == len(first) == len(second)


def test_the_machine_is_named() -> None:
    line = describe()
    assert "cores" in line
    assert "Python 3" in line


@pytest.mark.parametrize("name", ["launch", "burst", "replace", "cli", "master", "failover"])
def test_every_bench_says_what_it_measures(name: str) -> None:
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert "--json" in done.output
