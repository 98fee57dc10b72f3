"""How operators name an agent."""

from dataclasses import replace

import pytest

from barter.master.maintenance_view import NotOne, agent_named
from tests.master.world import A1, A2, World, agent


def test_an_agent_is_named_by_its_id_or_by_a_hostname_of_its_own() -> None:
    world = World()
    world.register()
    assert agent_named(world.cluster, "a1") == agent_named(world.cluster, "host-a1") == A1
    world.register(replace(agent(A2), hostname="host-a1"), session=20)
    with pytest.raises(NotOne, match="2 agents have the hostname host-a1: name one by its id, of a1, a2"):
        agent_named(world.cluster, "host-a1")
    with pytest.raises(NotOne, match="no agent has the id or hostname 'b1'"):
        agent_named(world.cluster, "b1")
