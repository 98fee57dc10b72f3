"""An agent runs so many containers and no more: what that makes of offers, of demands and of what is said of them."""

from dataclasses import replace

from barter.core.cluster import AgentInfo, Demand
from barter.core.ids import DemandId, FrameworkId
from barter.core.resources import resources
from barter.core.task_state import TaskState as S
from barter.core.units import MIB
from barter.master import events as ev
from barter.master.allocator.explanation import Kind
from barter.master.allocator.room import UNBOUNDED
from barter.master.snapshot import restore, take
from tests.master.allocator_kit import Told, demand, slot, wanting
from tests.master.world import A1, A2, FRAMEWORK, NEED, World, agent, image_task, status, task

F = FrameworkId("f")
ROOMY = "cpus=100,mem=100GiB,ports=31000-31009"
BOTH = ("process", "docker")


def capped(most: int, agent_id: str = "a1") -> AgentInfo:
    return replace(agent(A1 if agent_id == "a1" else A2, runtimes=BOTH), max_containers=most)


def in_docker(count: int, name: str = "web") -> Demand:
    return Demand(DemandId(name), NEED, count, runtime="docker")


def wanted(world: World, *demands: Demand) -> None:
    world.do(ev.SetDemands(FRAMEWORK, demands))


def test_a_pass_gives_an_agent_no_more_than_it_may_run() -> None:
    small = replace(slot("small", ROOMY, runtimes=BOTH), containers=2)
    free = slot("free", "cpus=3,mem=3GiB", runtimes=BOTH)
    told = Told(small, free, wanting("f", demand(count=9, runtime="docker")))
    assert told.given() == {("f", "small"): 2, ("f", "free"): 3}
    assert told.slots[small.info.agent_id].containers == 0
    told.tell(replace(told.slots[small.info.agent_id], containers=1))
    assert told.given(1) == {("f", "small"): 1}


def test_demands_share_the_cap_within_a_pass() -> None:
    small = replace(slot("small", ROOMY, runtimes=BOTH), containers=3)
    told = Told(small, wanting("f", demand("a", count=9, runtime="docker"), demand("b", count=9, runtime="docker")))
    assert sum(each.tasks for each in told.grants()) == 3


def test_processes_do_not_count() -> None:
    full = replace(slot("full", ROOMY, runtimes=BOTH), containers=0)
    told = Told(full, wanting("f", demand("a", count=2, runtime="docker"), demand("b", count=2)))
    assert [(each.demand_id, each.tasks) for each in told.grants()] == [("b", 2)]


def test_explain_says_that_the_agent_is_full_and_what_would_help() -> None:
    full = slot("full", ROOMY, runtimes=BOTH)
    full = replace(full, containers=0, info=replace(full.info, max_containers=64))
    told = Told(full, wanting("f", demand(runtime="docker")))
    explanation = told.allocator.explain(F, demand(runtime="docker"), 0)
    [said] = [each for each in explanation.agents[0].verdicts if each.filter == "containers"]
    assert (said.passed, said.detail) == (False, "1 needed, 0 free of 64")
    [step] = explanation.changes[0].steps
    assert step.kind is Kind.CONTAINERS
    assert step.text == "one container less on agent full.example, or a higher --max-containers there"


def test_tasks_and_offers_of_containers_count_until_they_end() -> None:
    world = World()
    world.register(capped(3))
    framework_id = world.subscribe(demands_only=True)
    wanted(world, in_docker(5))
    [offer] = world.offers()
    assert offer.resources.scalars["cpus"] == 3 * 100
    assert world.cluster.agents[A1].containers == 3
    world.accept(offer.offer_id, *(replace(image_task(name), demand_id=DemandId("web")) for name in ("t1", "t2")))
    world.wait(6_000)
    [offer] = world.offers()
    assert offer.resources.scalars["cpus"] == 100
    world.accept(offer.offer_id, replace(image_task("t3"), demand_id=DemandId("web")))
    assert world.offers() == []
    assert world.cluster.agents[A1].containers == 3
    world.update(framework_id, status("t1", S.FINISHED, 1))
    [offer] = world.offers()
    assert offer.resources.scalars["cpus"] == 100


def test_an_agent_that_tells_of_more_than_it_may_run_is_offered_none() -> None:
    world = World()
    framework_id = world.subscribe(demands_only=True)
    running = [(framework_id, image_task(f"t{n}"), status(f"t{n}", S.RUNNING)) for n in range(3)]
    world.register(capped(2), tasks=running)
    wanted(world, in_docker(1), replace(in_docker(1, "other"), runtime="process"))
    assert [each.demand_id for each in world.offers()] == ["other"]
    world.register(capped(4), session=7, tasks=running)
    assert [each.demand_id for each in world.offers() if each.demand_id == "web"] == ["web"]


def test_an_agent_without_a_cap_takes_what_fits() -> None:
    world = World()
    world.register(capped(0))
    world.subscribe(demands_only=True)
    wanted(world, Demand(DemandId("web"), resources(cpus=10, mem=MIB), 300, runtime="docker"))
    assert [each.resources.scalars["cpus"] for each in world.offers()] == [3000]


def test_a_snapshot_keeps_what_is_counted() -> None:
    world = World()
    world.register(capped(3))
    framework_id = world.subscribe(demands_only=True)
    wanted(world, in_docker(2))
    world.accept(world.offers()[0].offer_id, replace(image_task("t1"), demand_id=DemandId("web")))
    world.wait(6_000)
    assert len(world.cluster.frameworks[framework_id].offers) == 1
    again = restore(take(world.master, world.now), world.cluster.timing, world.now)
    assert again.cluster.agents[A1].containers == world.cluster.agents[A1].containers == 2


def test_a_slot_without_a_cap_has_no_bound() -> None:
    assert slot("a").containers == UNBOUNDED
    assert task("t").container is None
