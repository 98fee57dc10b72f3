"""An agent that comes back with more is offered at once; one that comes back with less is never offered twice."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from barter.core.cluster import AgentInfo, Demand
from barter.core.constraints import Constraint, Operator
from barter.core.ids import DemandId
from barter.core.resources import Resources, resources
from barter.core.task_state import TaskState as S
from barter.core.tasks import TaskInfo, TaskPort
from barter.core.units import MIB
from barter.master import events as ev
from tests.master.world import A1, FRAMEWORK, World, agent, status, task

BIG = resources(cpus=6_000, mem=64 * MIB)
TWO = resources(cpus=2_000, mem=64 * MIB)


def back(world: World, info: AgentInfo, *running: TaskInfo) -> None:
    framework_id = next(iter(world.cluster.frameworks))
    told = [(framework_id, each, status(each.task_id, S.RUNNING)) for each in running]
    world.register(info, session=9, tasks=told)


def unheld(world: World) -> Resources:
    """What no task holds: free, or offered."""
    one = world.cluster.agents[A1]
    return sum((each.offer.resources for each in one.offers.values()), one.free)


def waiting(demand: Demand) -> World:
    """A framework whose demand no agent fits, and an agent with 4 cpus."""
    world = World()
    world.subscribe(demands_only=True)
    world.register()
    world.do(ev.SetDemands(FRAMEWORK, (demand,)))
    assert world.offers() == []
    return world


def test_more_of_a_resource_serves_what_waited_at_once() -> None:
    world = waiting(Demand(DemandId("big"), BIG, 1))
    assert fitting(world) == 0
    back(world, agent(cpus=8_000))
    assert [offer.demand_id for offer in world.offers()] == ["big"]
    assert world.cluster.total.value.scalars["cpus"] == 8_000


def test_wider_ports_and_a_new_attribute_do_too() -> None:
    port = resources(cpus=100, mem=32 * MIB, ports=((30_000, 30_000),))
    rack = Demand(DemandId("rack"), TWO, 1, constraints=(Constraint("rack", Operator.IS, "r1"),))
    for demand, info in (
        (
            Demand(DemandId("port"), port, 1),
            replace(agent(), resources=agent().resources + resources(ports=((30_000, 30_999),))),
        ),
        (rack, replace(agent(), attributes={"rack": "r1"})),
    ):
        world = waiting(demand)
        back(world, info)
        assert [offer.demand_id for offer in world.offers()] == [demand.demand_id]


def fitting(world: World) -> int:
    framework_id = next(iter(world.cluster.frameworks))
    [demand] = world.cluster.frameworks[framework_id].demands.values()
    return world.cluster.allocator.explain(framework_id, demand, world.now).fitting


def test_less_than_its_tasks_hold_leaves_nothing_free_until_they_end() -> None:
    world = World()
    running = [task(f"t{n}", TWO) for n in range(2)]
    framework_id = world.running(*running)
    back(world, agent(cpus=1_000), *running)
    assert unheld(world).scalars.get("cpus", 0) == 0
    assert [offer for offer in world.offers() if "cpus" in offer.resources.scalars] == []
    world.update(framework_id, status("t0", S.FINISHED, 2), session=9)
    assert unheld(world).scalars.get("cpus", 0) == 0
    world.update(framework_id, status("t1", S.FINISHED, 2), session=9)
    assert unheld(world).scalars["cpus"] == 1_000
    assert world.cluster.used.value.scalars == {}
    assert world.cluster.total.value.scalars["cpus"] == 1_000


def test_a_port_that_is_no_more_is_not_offered_when_its_task_ends() -> None:
    world = World()
    holder = task("t1", resources(cpus=100, mem=32 * MIB, ports=((31_000, 31_000),)), ports=(TaskPort("http", 31_000),))
    framework_id = world.running(holder)
    narrow = replace(agent(), resources=resources(cpus=4_000, mem=4096 * MIB, ports=((31_005, 31_009),)))
    back(world, narrow, holder)
    world.update(framework_id, status("t1", S.FINISHED, 2), session=9)
    assert unheld(world).ports == ((31_005, 31_009),)


def test_a_new_address_is_where_its_endpoints_are() -> None:
    world = World()
    holder = task("t1", resources(cpus=100, mem=32 * MIB, ports=((31_000, 31_000),)))
    holder = replace(holder, ports=(TaskPort("http", 31_000, service_id="web"),))
    world.running(holder)
    back(world, replace(agent(), host="10.9.9.9"), holder)
    assert [each.host for each in world.cluster.endpoints.serving] == ["10.9.9.9"]


AMOUNTS = st.builds(
    lambda cpus, low, high: resources(cpus=cpus * 500, mem=64 * MIB, ports=((31_000 + low, 31_000 + low + high),)),
    st.integers(0, 8),
    st.integers(0, 4),
    st.integers(0, 4),
)


@given(st.lists(AMOUNTS, min_size=1, max_size=4), st.integers(0, 3))
def test_whatever_it_comes_back_with_is_offered_once_and_no_more(lives: list[Resources], count: int) -> None:
    world = World()
    running = [task(f"t{n}", resources(cpus=700, mem=8 * MIB, ports=((31_000 + n, 31_000 + n),))) for n in range(count)]
    world.running(*running)
    for number, has in enumerate(lives):
        told = [(next(iter(world.cluster.frameworks)), each, status(each.task_id, S.RUNNING)) for each in running]
        world.register(replace(agent(), resources=has), session=20 + number, tasks=told)
        assert unheld(world) in has.without(sum((each.resources for each in running), Resources()))
        assert world.cluster.total.value == Resources(has.scalars)
