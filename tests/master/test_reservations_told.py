"""What agents tell of reservations is neither believed beyond what can be, nor forgotten by quotas."""

from dataclasses import replace

import pytest

from barter.core.cluster import FrameworkInfo
from barter.core.ids import ReservationId
from barter.core.resources import Resources, parse_resources, resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo
from barter.master import events as ev
from barter.master.shell.wire_agent import call_from_wire, register_from_wire
from barter.proto import codec
from barter.proto.v1 import agent_pb2 as pb
from tests.master.reservation_kit import HAS, accept, machine, subscribe
from tests.master.world import A1, FRAMEWORK, World, status, task

LIMIT = {"cpus": 2_000}
AGAIN = 11


def world_with_static_task() -> World:
    """Role eng is at its limit with one task in what an agent reserved for it at its start."""
    world = World()
    subscribe(world)
    world.do(ev.SetRoles(5, (RoleConfig("eng", limit=LIMIT),), force=True))
    world.register(machine(eng="cpus=2"))
    [offer] = world.offers()
    accept(world, offer, task("t", resources(cpus=2_000)))
    assert world.cluster.allocator.consumption("eng")["cpus"] == 2_000
    return world


def back_with(world: World, **reserved: str) -> None:
    framework_id, info = next((each.framework_id, each.info) for each in world.cluster.agents[A1].tasks.values())
    told = (framework_id, info, status("t", TaskState.RUNNING))
    world.register(machine(HAS, **reserved), AGAIN, tasks=[told])


@pytest.mark.parametrize("reserved", [{}, {"eng": "cpus=1"}, {"ops": "cpus=1"}])
def test_a_limit_counts_what_tasks_hold_of_a_static_reservation_that_is_gone(reserved: dict[str, str]) -> None:
    world = world_with_static_task()
    back_with(world, **reserved)
    assert world.cluster.allocator.consumption("eng")["cpus"] == 2_000
    assert not any("cpus" in opened.offer.resources.scalars for opened in world.cluster.offers.values())


def test_what_a_static_reservation_keeps_is_free_once_its_task_has_ended() -> None:
    world = world_with_static_task()
    back_with(world)
    framework = world.cluster.frameworks[world.cluster.sessions[FRAMEWORK]]
    world.update(framework.framework_id, status("t", TaskState.FINISHED, 1), session=AGAIN)
    world.wait(10_000)
    agent = world.cluster.agents[A1]
    assert not agent.taken
    assert world.cluster.allocator.consumption("eng")["cpus"] == 2_000
    assert [opened.offer.resources.scalars["cpus"] for opened in agent.offers.values()] == [2_000]


def told(info: TaskInfo) -> pb.AgentCall.Register:
    running = status(info.task_id, TaskState.RUNNING)
    each = pb.AgentTask(framework_id="f", task=codec.task_to_wire(info), status=codec.status_to_wire(running))
    return pb.AgentCall.Register(agent=codec.agent_to_wire(machine()), tasks=[each])


@pytest.mark.parametrize(
    "forged",
    [
        {"reserved": {ReservationId("x"): resources(cpus=1 << 50)}},
        {"reserved": {ReservationId("x"): resources(cpus=60), ReservationId("y"): resources(cpus=60)}},
        {"revocable": resources(cpus=101)},
    ],
)
def test_a_task_of_which_more_is_reserved_than_it_holds_is_not_taken_from_an_agent(forged: dict[str, object]) -> None:
    info = replace(task("t", resources(cpus=100)), **forged)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="more is reserved and revocable than it holds"):
        register_from_wire(1, told(info))


def test_two_static_reservations_never_have_one_id() -> None:
    alike = {"eng/web": resources(cpus=1), "eng.web": resources(cpus=1)}
    wire = pb.AgentCall.Register(agent=codec.agent_to_wire(replace(machine(), reserved=alike)))
    with pytest.raises(ValueError, match="alike but for"):
        register_from_wire(1, wire)


@pytest.mark.parametrize("name", ["../x", "", "\x1b[31mred", "a" * 300])
def test_a_volume_that_cannot_be_is_not_taken_from_an_agent(name: str) -> None:
    wire = pb.AgentCall(volumes=pb.AgentCall.Volumes(volumes=[name]))
    with pytest.raises(ValueError, match="volume id"):
        call_from_wire(1, A1, wire)


def test_an_agent_lends_nothing_but_cpus_that_it_has() -> None:
    world = World()
    world.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("guest", revocable=True)))
    forged = Resources({"cpus": 1 << 52, "mem": 1 << 50, "gold": 5}, {"ports": ((40_000, 40_010),)})
    world.do(ev.AgentRegister(1, machine(), slack=forged))
    assert world.cluster.agents[A1].slack == resources(cpus=HAS.scalars["cpus"])
    [offer] = world.offers()
    assert offer.resources.without(offer.revocable) == parse_resources(str(HAS))
    world.do(ev.AgentSlack(1, A1, parse_resources("mem=1GiB")))
    assert not world.cluster.agents[A1].slack
