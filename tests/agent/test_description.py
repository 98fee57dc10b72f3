"""What an agent registered as is found again by its next start, and by no other agent's."""

from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent.described import Description
from barter.agent.facts import EpochRaised, Left
from barter.agent.shell import resources
from barter.agent.shell.description import forget
from barter.agent.shell.ledger import Ledger
from barter.agent.shell.wire import Wires
from barter.core.cluster import AgentInfo
from barter.core.resources import parse_resources
from barter.core.units import GIB


def described(ledger: Ledger) -> Description:
    has = parse_resources("cpus=4,ports=[31000-32000],gpus={0}")
    return Description(
        AgentInfo(ledger.agent_id, "h", "127.0.0.1", has, {"zone": "a"}), frozenset({"cpus", "hostname"})
    )


def test_it_is_kept_for_the_next_start(tmp_path: Path) -> None:
    first = Ledger(tmp_path)
    assert first.description.kept is None
    said = described(first)
    first.description.keep(said)
    first.close()
    second = Ledger(tmp_path)
    assert second.description.kept == said
    more = replace(said, info=replace(said.info, public=True))
    second.write((EpochRaised(3),), Wires())
    second.description.keep(more)
    second.close()
    third = Ledger(tmp_path)
    assert third.description.kept == more
    third.close()


def test_an_agent_that_left_is_held_to_nothing(tmp_path: Path) -> None:
    first = Ledger(tmp_path)
    first.description.keep(described(first))
    first.write((Left(),), Wires())
    first.close()
    anew = Ledger(tmp_path)
    assert anew.description.kept is None
    anew.close()


def test_what_nothing_counts_on_any_more_is_forgotten(tmp_path: Path) -> None:
    first = Ledger(tmp_path)
    first.description.keep(described(first))
    first.close()
    forget(tmp_path / "ledger.sqlite")
    again = Ledger(tmp_path)
    assert (again.description.kept, again.agent_id) == (None, first.agent_id)
    again.close()
    (tmp_path / "none.sqlite").write_text("no ledger " * 200)
    with pytest.raises(OSError, match="cannot use the ledger"):
        forget(tmp_path / "none.sqlite")


def test_disk_that_its_tasks_have_filled_meanwhile_is_still_there(tmp_path: Path) -> None:
    found = resources.detect(tmp_path).scalars["disk"]
    before = resources.detect(tmp_path, found + GIB).scalars["disk"]
    assert found < before <= found + GIB
    assert resources.detect(tmp_path, 1 << 60).scalars["disk"] < 1 << 60
    assert resources.detect(tmp_path, GIB).scalars["disk"] > GIB
