"""Reservations and volumes at the edges: recorded, in a snapshot, on the wire, and how many there may be."""

import json

import pytest

from barter.core.ids import ReservationId, VolumeId
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.resources import resources
from barter.core.tasks import Reason
from barter.core.units import GIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.record_json import EVENTS, encode, tagged, untagged
from barter.master.reservation_views import reservations, volumes
from barter.master.reserving import MOST_OF_AN_AGENT
from barter.master.shell import wire_agent, wire_scheduler
from barter.master.shell.wishes import Wishes
from barter.master.snapshot import restore, take
from barter.proto import codec
from barter.proto.v1 import agent_pb2, scheduler_pb2, types_pb2
from tests.master.reservation_kit import (
    HAS,
    PART,
    R1,
    SMALL,
    V1,
    accept,
    errors,
    machine,
    operate,
    with_volume,
    world,
)
from tests.master.test_snapshot import written_and_read
from tests.master.world import A1, AGENT, FRAMEWORK, task


@pytest.mark.parametrize(
    "operation", [Reserve(R1, PART, "eng", {"a": "b"}), Unreserve(R1), CreateVolume(V1, R1, GIB), DestroyVolume(V1)]
)
def test_a_recorded_operation_is_read_as_what_it_was(operation: Operation) -> None:
    for event in (ev.Operate(1, A1, "ops", operation), ev.Accept(1, (), (), operations=(operation,))):
        assert untagged(json.loads(encode(tagged(event))), EVENTS) == event


def test_a_snapshot_keeps_what_is_reserved_used_and_stored() -> None:
    one = world(info=machine(ops="cpus=1"))
    [offer] = one.offers()
    accept(one, offer, with_volume("t1"), each=(Reserve(R1, PART), CreateVolume(V1, R1, GIB)))
    one.do(ev.AgentVolumes(AGENT, A1, (V1, VolumeId("v9"))))
    snapshot = written_and_read(take(one.master, one.now))
    again = restore(snapshot, snapshot.head.timing, one.now).cluster
    assert again.agents[A1].division == one.cluster.agents[A1].division
    assert reservations(again) == reservations(one.cluster)
    assert volumes(again) == volumes(one.cluster)


def test_an_operation_that_cannot_be_read_is_refused_on_its_own() -> None:
    one = world()
    [offer] = one.offers()
    wire = scheduler_pb2.SchedulerCall.Accept(offer_ids=[offer.offer_id])
    wire.operations.add().create.CopyFrom(types_pb2.Operation.CreateVolume(volume_id=V1, reservation_id=R1))
    wire.operations.add().reserve.CopyFrom(
        types_pb2.Operation.Reserve(reservation_id=R1, resources=codec.resources_to_wire(PART))
    )
    wire.launch.extend(map(codec.task_to_wire, (with_volume("t1"), task("t2", SMALL))))
    one.do(wire_scheduler.call_from_wire(FRAMEWORK, scheduler_pb2.SchedulerCall(accept=wire), Wishes()))
    assert ["no size for a volume" in each for each in errors(one)] == [True]
    assert [(each.task_id, each.reason) for each in one.statuses()] == [("t1", Reason.VOLUME_UNUSABLE)]
    assert [each.task_id for run in one.sent(msg.Run) for each in run.tasks] == ["t2"]
    assert list(one.cluster.agents[A1].reservations) == [R1]


def test_an_agent_has_so_many_reservations_and_volumes_and_no_more() -> None:
    one = world()
    for number in range(MOST_OF_AN_AGENT):
        assert operate(one, Reserve(ReservationId(f"r{number}"), resources(disk=GIB // 8), "eng")) == ""
    assert "100 reservations already" in operate(one, Reserve(ReservationId("more"), resources(disk=1), "eng"))
    for number in range(MOST_OF_AN_AGENT):
        assert operate(one, CreateVolume(VolumeId(f"v{number}"), R1, 1)) == ""
    assert "100 volumes already" in operate(one, CreateVolume(VolumeId("more"), R1, 1))


@pytest.mark.parametrize(
    ("reserved", "said"),
    [
        ({"eng": "cpus=5"}, "cpus: 5 needed, 4 free"),
        ({"eng": "ports=[31000-31001]", "ops": "ports=[31001]"}, "overlaps"),
        ({"*": "cpus=1"}, "everybody's"),
    ],
)
def test_an_agent_that_reserves_what_cannot_be_is_refused(reserved: dict[str, str], said: str) -> None:
    wire = agent_pb2.AgentCall.Register(agent=codec.agent_to_wire(machine(HAS, **reserved)))
    with pytest.raises(ValueError, match=said):
        wire_agent.register_from_wire(1, wire)


def test_labels_are_few_and_short() -> None:
    for labels in ({"a": "b" * 300}, {f"k{number}": "" for number in range(65)}, {"a": "\n"}):
        with pytest.raises(ValueError, match=r"reserve\.labels"):
            codec.operation_from_wire(codec.operation_to_wire(Reserve(R1, PART, "eng", labels)))
