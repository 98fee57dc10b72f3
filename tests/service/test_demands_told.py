"""Constraints are told of what runs, too: the master answers what would become of it elsewhere."""

from dataclasses import replace

from barter.core.constraints import Constraint, Operator
from barter.core.units import MIB
from barter.frameworks.service.app import App
from tests.service.simulated import World

PLAIN = App("/plain", cmd="true", cpus=100, mem=32 * MIB)
SPREAD = replace(PLAIN, app_id="/spread", constraints=(Constraint("@hostname", Operator.UNIQUE),))


def told(world: World) -> list[tuple[str, int]]:
    return [(demand.demand_id, demand.count) for demand in world.demands]


def test_what_runs_under_constraints_stays_told_and_what_runs_anywhere_does_not() -> None:
    world = World()
    world.register()
    world.put(PLAIN)
    world.put(SPREAD)
    assert told(world) == [("plain", 1), ("spread", 1)]
    world.offer()
    assert len(world.living()) == 2
    assert told(world) == [("spread", 0)]
    assert world.demands[0].constraints == SPREAD.constraints
    world.restart()
    assert told(world) == [("spread", 0)], "told by the next process, too"
