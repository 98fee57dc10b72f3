"""Reservations that are their maker's own: what serves no other demand, and how its maker ends it."""

import json

from barter.core.cluster import Demand, FrameworkInfo
from barter.core.ids import DemandId, FrameworkId, ReservationId
from barter.core.operations import CreateVolume, Operation, Reserve
from barter.core.reservations import ReservationsHeld
from barter.core.resources import parse_resources, resources
from barter.core.task_state import TaskState
from barter.core.units import GIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.record_json import EVENTS, encode, tagged, untagged
from barter.master.shell import wire_scheduler, wishes
from barter.proto import codec
from barter.proto.v1 import scheduler_pb2
from barter.sdk import calls
from barter.sdk.shell import wishes as sdk_wishes
from barter.sdk.shell.wire import call_to_wire
from tests.master.reservation_kit import R1, R2, SMALL, V1, accept, errors, machine, subscribe, with_volume, world
from tests.master.world import A1, AGENT, FRAMEWORK, World, status

ALL_OF_IT = parse_resources("cpus=4,mem=4GiB,disk=20GiB,ports=[31000-31009]")
OWN = parse_resources("cpus=4,mem=1GiB,disk=10GiB")
MAKE = (Reserve(R1, OWN, exclusive=True), CreateVolume(V1, R1, GIB))


def _demand(name: str, **more: object) -> Demand:
    return Demand(DemandId(name), SMALL, 1, role="eng", **more)  # type: ignore[arg-type]


def _wants(one: World, *demands: Demand) -> None:
    one.do(ev.SetDemands(FRAMEWORK, demands))


def _made(*operations: Operation) -> World:
    """Made of an offer for a demand; usually all cpus, in an exclusive reservation with a volume that nobody uses."""
    one = World()
    one.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("f", roles=("eng",), principal="f-team"), demands_only=True))
    one.register(machine())
    _wants(one, Demand(DemandId("first"), ALL_OF_IT, 1, role="eng", reserving=True))
    [offer] = one.offers()
    accept(one, offer, each=operations or MAKE)
    assert errors(one) == []
    return one


def test_a_demand_without_its_volume_is_not_served_from_it() -> None:
    one = _made()
    _wants(one, _demand("other"), _demand("new", reserving=True))
    assert one.offers() == []


def test_a_demand_for_its_volume_is_served_from_it_alone() -> None:
    one = _made()
    _wants(one, _demand("back", volume=V1))
    [offer] = one.offers()
    assert offer.reserved == {R1: SMALL}
    assert offer.volumes == (V1,)


def test_who_reserves_is_offered_what_is_plain_although_a_reservation_would_serve() -> None:
    one = _made(Reserve(R2, resources(cpus=1_000, mem=GIB)))
    _wants(one, _demand("new", reserving=True))
    [plain] = one.offers()
    assert plain.reserved == {}
    _wants(one, _demand("usual"))
    [reserved] = one.offers()
    assert reserved.reserved == {R2: SMALL}


def _ask(one: World, *names: ReservationId, session: int = FRAMEWORK) -> ReservationsHeld:
    one.do(ev.ReconcileReservations(session, tuple((A1, name) for name in names)))
    return one.sent(ReservationsHeld)[-1]


def test_it_ends_with_its_volumes_and_what_is_left_is_told() -> None:
    one = _made()
    held = _ask(one)
    assert ([each.reservation_id for each in held.reservations], [each.volume_id for each in held.volumes]) == (
        [R1],
        [V1],
    )
    assert held.reservations[0].exclusive
    assert _ask(one, R1) == ReservationsHeld()
    assert [each.volume_id for each in one.sent(msg.DestroyVolume)] == [V1]
    assert _ask(one, R1) == ReservationsHeld()


def test_one_that_a_task_uses_is_left_whole() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, with_volume("t1"), each=MAKE)
    assert len(_ask(one, R1).volumes) == 1
    assert errors(one) == ["r1: reservation r1 on h1: task t1 uses it; end it first"]
    one.do(ev.AgentUpdates(AGENT, A1, ((next(iter(one.cluster.frameworks)), status("t1", TaskState.FINISHED)),)))
    assert _ask(one, R1) == ReservationsHeld()


def test_another_principal_neither_sees_nor_ends_it() -> None:
    one = _made()
    subscribe(one, "eng", session=9, name="g")
    assert _ask(one, R1, session=9) == ReservationsHeld()
    assert any("only that one may end it" in each for each in errors(one))
    assert len(_ask(one).reservations) == 1


def test_it_is_recorded_and_goes_over_the_wire_as_what_it_is() -> None:
    event = ev.ReconcileReservations(4, ((A1, R1),))
    assert untagged(json.loads(encode(tagged(event))), EVENTS) == event
    sent = call_to_wire(calls.ReconcileReservations(((A1, R1),)), FrameworkId("f"), sdk_wishes.Wishes())
    assert wire_scheduler.call_from_wire(4, sent, wishes.Wishes()) == event
    held = _ask(_made())
    wire = wire_scheduler.event_to_wire(held, 1, 1)
    read = scheduler_pb2.SchedulerEvent.FromString(wire.SerializeToString())
    assert codec.held_from_wire(read.reservations) == held
    assert codec.operation_from_wire(codec.operation_to_wire(MAKE[0])) == MAKE[0]
    demand = _demand("new", reserving=True)
    assert codec.demand_from_wire(codec.demand_to_wire(demand)) == demand
