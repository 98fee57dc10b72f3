"""RESERVE, UNRESERVE, CREATE and DESTROY in the master: what is done, what is refused, and what is durable."""

from dataclasses import replace

from barter.core.cluster import AgentInfo, Filters, Offer
from barter.core.ids import FrameworkId, ReservationId, TaskId, VolumeId
from barter.core.operations import CreateVolume, DestroyVolume, Reserve, Unreserve
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import NOTHING, parse_resources, resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.core.units import GIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master import facts as f
from barter.master import messages as msg
from barter.master.facts import Recovered
from barter.master.reservation_views import reservations, volumes
from tests.master.reservation_kit import (
    HAS,
    PART,
    R1,
    R2,
    SMALL,
    V1,
    accept,
    errors,
    machine,
    operate,
    subscribe,
    with_volume,
    world,
)
from tests.master.world import A1, AGENT, FRAMEWORK, World, status, task


def started(*facts: object, info: AgentInfo | None = None) -> World:
    """A master that starts over with these facts, and has not heard of the agent yet."""
    kept = [each for each in facts if isinstance(each, f.ReservationMade)]
    made = [each for each in facts if isinstance(each, f.VolumeMade)]
    gone = [(each.agent_id, each.volume_id) for each in facts if isinstance(each, f.VolumeCondemned)]
    return World(
        Recovered(
            "abc123",
            2,
            (info or machine(),),
            reservations=tuple(each.reservation for each in kept),
            volumes=tuple(each.volume for each in made),
            condemned=tuple(gone),
        )
    )


def test_an_operator_reserves_what_offers_hold_by_taking_them_back() -> None:
    one = world()
    [offer] = one.offers()
    assert operate(one, Reserve(R1, PART, "eng", {"a": "b"})) == ""
    assert [each.offer_ids for each in one.sent(msg.Rescind)] == [(offer.offer_id,)]
    made = Reservation(R1, A1, "eng", PART, "ops", {"a": "b"})
    assert f.ReservationMade(made) in one.facts
    assert one.cluster.agents[A1].free == NOTHING
    [again] = one.offers()
    assert (again.resources, again.reserved) == (HAS, {R1: PART})


def test_the_same_again_changes_nothing_and_another_of_that_id_is_refused() -> None:
    one = world()
    assert operate(one, Reserve(R1, PART, "eng")) == ""
    facts = list(one.facts)
    assert operate(one, Reserve(R1, PART, "eng")) == ""
    assert one.facts == facts
    assert "has another of that id" in operate(one, Reserve(R1, SMALL, "eng"))
    assert "has another of that id" in operate(one, Reserve(R1, PART, "eng"), "somebody")


def test_more_than_is_free_is_refused_with_the_arithmetic_and_takes_nothing_back() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, task("t1", resources(cpus=3_000)))
    assert "cpus: 2 needed, 1 free" in operate(one, Reserve(R1, PART, "eng"))
    assert not one.sent(msg.Rescind)
    assert one.cluster.agents[A1].reservations == {}


def test_what_an_operator_may_not_reserve() -> None:
    one = world()
    assert "for which role" in operate(one, Reserve(R1, SMALL))
    assert "everybody's" in operate(one, Reserve(R1, SMALL, "*"))
    assert "static-" in operate(one, Reserve(ReservationId("static-eng"), SMALL, "eng"))
    one.do(ev.Operate(8, machine().agent_id, "ops", Unreserve(R1)))
    assert "has no reservation r1" in one.last[0].reason
    assert "no agent" in _refusal_of(one, ev.Operate(9, type(A1)("a9"), "ops", Unreserve(R1)))


def _refusal_of(one: World, event: ev.Operate) -> str:
    return next(each.refusal for each in one.do(event) if isinstance(each, act.Answer))


def test_a_framework_reserves_of_its_offer_and_launches_on_it_at_once() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, task("t1", resources(cpus=3_000, mem=GIB)), each=(Reserve(R1, PART),))
    [run] = one.sent(msg.Run)
    assert run.tasks[0].reserved == {R1: resources(cpus=2_000, mem=GIB)}
    assert run.tasks[0].role == "eng"
    made = Reservation(R1, A1, "eng", PART, "f-team")
    assert one.facts[-1] == f.ReservationMade(made)
    agent = one.cluster.agents[A1]
    assert agent.division.plain.scalars["cpus"] == 1_000
    assert agent.division.reserved[0][1] == parse_resources("disk=10GiB,ports=[31000-31004]")


def test_a_framework_reserves_only_within_the_role_of_its_offer() -> None:
    one = world("eng/web")
    [offer] = one.offers()
    accept(one, offer, each=(Reserve(R1, SMALL, "eng"), Reserve(R2, SMALL, "eng/web/api")))
    assert ["reserve for that or one below it" in each for each in errors(one)] == [True]
    assert list(one.cluster.agents[A1].reservations) == [R2]


def test_what_is_only_operated_on_is_offered_again_at_once_and_what_fails_is_declined() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, each=(Reserve(R1, PART),))
    [again] = one.offers()
    assert again.reserved == {R1: PART}
    accept(one, again, each=(Reserve(R1, SMALL),))
    assert len(errors(one)) == 1
    assert not one.offers()


def test_an_operation_that_fails_takes_only_the_launches_that_need_it_with_it() -> None:
    one = world()
    [offer] = one.offers()
    named = replace(task("t1", SMALL), reservation_id=R1)
    each = (Reserve(R1, resources(cpus=9_000)), CreateVolume(V1, R1, GIB))
    accept(one, offer, named, with_volume("t2"), task("t3", SMALL), each=each)
    assert len(errors(one)) == 2
    told = {each.task_id: (each.state, each.reason) for each in one.statuses()}
    assert told == {
        "t1": (TaskState.ERROR, Reason.INSUFFICIENT_RESOURCES),
        "t2": (TaskState.ERROR, Reason.VOLUME_UNUSABLE),
    }
    assert [each.task_id for run in one.sent(msg.Run) for each in run.tasks] == ["t3"]


def test_operations_on_an_offer_that_is_gone_are_refused() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, each=())
    accept(one, offer, each=(Reserve(R1, SMALL),))
    assert len(errors(one)) == 1
    assert one.cluster.agents[A1].reservations == {}


def test_unreserve_waits_for_tasks_and_volumes_and_its_principal() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, task("t1", SMALL), each=(Reserve(R1, PART), CreateVolume(V1, R1, GIB)))
    assert "destroy them first" in operate(one, Unreserve(R1))
    assert operate(one, DestroyVolume(V1)) == ""
    assert "tasks use it: t1" in operate(one, Unreserve(R1))
    one.update(FrameworkId("abc123-1-0001"), status("t1", TaskState.FINISHED, 1))
    subscribe(one, "eng", session=5, name="other")
    one.do(ev.Suppress(FRAMEWORK))
    [theirs] = _all_offers(one, 5)
    accept(one, theirs, each=(Unreserve(R1),), session=5)
    assert "only that one or an operator" in errors(one)[0]
    assert operate(one, Unreserve(R1)) == ""
    assert one.facts[-1] == f.ReservationEnded(A1, R1)
    assert one.cluster.agents[A1].reservations == {}


def test_what_a_limit_does_not_leave_is_not_launched_out_of_a_reservation_that_is_ended() -> None:
    one = world("eng/web")
    one.do(ev.SetRoles(3, (RoleConfig("eng/web", limit={"cpus": 1_000}),), force=True))
    assert operate(one, Reserve(R1, resources(cpus=2_000), "eng"), "f-team") == ""
    two = task("t1", resources(cpus=2_000)), task("t2", resources(cpus=1_000))
    one.do(ev.Accept(FRAMEWORK, tuple(one.cluster.offers), two, Filters(), (), (Unreserve(R1),)))
    assert errors(one) == []
    [run] = one.sent(msg.Run)
    assert [each.task_id for each in run.tasks] == ["t2"]
    assert one.cluster.allocator.consumption("eng/web")["cpus"] == 1_000


def _all_offers(one: World, session: int) -> list[Offer]:
    one.wait(5_001)
    framework = one.cluster.frameworks[one.cluster.sessions[session]]
    return [opened.offer for opened in framework.offers.values()]


def test_static_reservations_come_and_go_with_the_agents_start() -> None:
    one = world(info=machine(eng="cpus=1"))
    static = ReservationId("static-eng")
    [offer] = one.offers()
    assert offer.reserved == {static: resources(cpus=1_000)}
    assert "at the agent's start" in operate(one, Unreserve(static))
    one.register(machine(ops="cpus=2"))
    assert list(one.cluster.agents[A1].reservations) == ["static-ops"]
    [offer] = one.offers()
    assert (offer.resources.scalars["cpus"], offer.reserved) == (2_000, {})
    assert not [each for each in one.facts if isinstance(each, f.ReservationMade)]


def test_a_limit_holds_for_reservations_too() -> None:
    one = world()
    limit = RoleConfig("eng", limit={"cpus": 1_500})
    one.do(ev.SetRoles(3, (limit,), force=True))
    assert "limited to cpus 1.5" in operate(one, Reserve(R1, PART, "eng/web"))
    assert operate(one, Reserve(R2, PART, "ops")) == ""


def test_offers_to_a_role_at_its_limit_make_way_for_what_an_operator_reserves_for_it() -> None:
    one = World()
    one.do(ev.SetRoles(3, (RoleConfig("eng", limit={"cpus": 2_500}),), force=True))
    subscribe(one)
    one.register(machine())
    [offer] = one.offers()
    assert offer.resources.scalars["cpus"] == 2_500
    accept(one, offer, task("t1", resources(cpus=500)))
    [offer] = _all_offers(one, FRAMEWORK)
    assert offer.resources.scalars["cpus"] == 2_000
    assert "cpus 2.5: 0.5 taken and 2.1 more" in operate(one, Reserve(R1, resources(cpus=2_100), "eng/web"))
    assert operate(one, Reserve(R1, resources(cpus=1_500), "eng/web")) == ""
    assert [each.offer_ids for each in one.sent(msg.Rescind)] == [(offer.offer_id,)]
    assert one.cluster.allocator.consumption("eng")["cpus"] <= 2_500


def test_a_volume_takes_disk_of_its_reservation_and_serves_one_task_at_a_time() -> None:
    one = world()
    [offer] = one.offers()
    make = (Reserve(R1, PART), CreateVolume(V1, R1, 4 * GIB))
    accept(one, offer, with_volume("t1"), with_volume("t2"), each=make)
    assert f.VolumeMade(PersistentVolume(V1, R1, A1, 4 * GIB, "f-team")) in one.facts
    [refused] = one.statuses()
    assert (refused.task_id, refused.reason) == ("t2", Reason.VOLUME_UNUSABLE)
    assert one.cluster.agents[A1].division.reserved[0][1].scalars["disk"] == 6 * GIB
    assert [(each.state, each.task_id) for each in volumes(one.cluster)] == [("used", "t1")]
    assert "7GiB needed, 6GiB" in operate(one, CreateVolume(VolumeId("v2"), R1, 7 * GIB))
    assert "task t1 uses it" in operate(one, DestroyVolume(V1))
    one.update(FrameworkId("abc123-1-0001"), status("t1", TaskState.FINISHED, 1))
    offers = _all_offers(one, FRAMEWORK)
    assert [each.volumes for each in offers] == [(V1,)]


def test_a_volume_is_for_the_roles_of_its_reservation() -> None:
    one = world("ops")
    assert operate(one, Reserve(R1, parse_resources("disk=1GiB"), "eng")) == ""
    assert operate(one, CreateVolume(V1, R1, GIB)) == ""
    [offer] = _all_offers(one, FRAMEWORK)
    accept(one, offer, with_volume("t1"), each=(DestroyVolume(V1),))
    assert "for role eng" in errors(one)[0]
    assert one.statuses()[0].reason is Reason.VOLUME_UNUSABLE


def test_a_destroyed_volume_is_condemned_until_the_agent_has_deleted_it() -> None:
    one = world()
    operate(one, Reserve(R1, PART, "eng"))
    operate(one, CreateVolume(V1, R1, GIB))
    one.do(ev.AgentVolumes(AGENT, A1, (V1,)))
    assert operate(one, DestroyVolume(V1)) == ""
    assert [each.volume_id for each in one.sent(msg.DestroyVolume)] == [V1]
    assert one.facts[-1] == f.VolumeCondemned(A1, V1)
    assert "still deleting" in operate(one, CreateVolume(V1, R1, GIB))
    over = started(*one.facts)
    over.register(machine(), volumes=(V1,))
    assert [each.volume_id for each in over.sent(msg.DestroyVolume)] == [V1]
    over.do(ev.AgentVolumes(AGENT, A1, ()))
    assert over.facts[-1] == f.VolumeEnded(A1, V1)
    assert over.cluster.agents[A1].condemned == {}


def test_data_of_no_known_volume_is_kept_shown_and_deleted_by_operators_only() -> None:
    one = world()
    one.register(machine(), volumes=(V1,))
    assert [(each.volume.volume_id, each.state) for each in volumes(one.cluster)] == [(V1, "leftover")]
    assert not one.sent(msg.DestroyVolume)
    [offer] = _all_offers(one, FRAMEWORK)
    accept(one, offer, each=(Reserve(R1, PART), CreateVolume(V1, R1, GIB), DestroyVolume(V1)))
    assert len(errors(one)) == 2
    assert operate(one, DestroyVolume(V1)) == ""
    assert [each.volume_id for each in one.sent(msg.DestroyVolume)] == [V1]


def test_books_are_right_again_after_the_masters_restart() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, task("t1", resources(cpus=3_000, mem=GIB)), each=(Reserve(R1, PART),))
    [info] = one.sent(msg.Run)[0].tasks
    over = started(*one.facts)
    assert "not come back" in operate(over, Unreserve(R1))
    over.register(machine(), tasks=((FrameworkId("abc123x-1-0001"), info, status("t1", TaskState.RUNNING)),))
    [summary] = reservations(over.cluster)
    assert (summary.used, summary.free) == (
        resources(cpus=2_000, mem=GIB),
        parse_resources("disk=10GiB,ports=[31000-31004]"),
    )
    assert over.cluster.agents[A1].free.scalars["cpus"] == 1_000
    assert "tasks use it: t1" in operate(over, Unreserve(R1))


def test_of_an_agent_that_shrank_below_its_reservations_nothing_is_offered_that_is_not_there() -> None:
    one = world()
    operate(one, Reserve(R1, PART, "eng"))
    one.register(machine(parse_resources("cpus=1,mem=4GiB")))
    [offer] = one.offers()
    assert offer.resources == parse_resources("cpus=1,mem=4GiB")
    assert offer.reserved == {R1: parse_resources("cpus=1,mem=1GiB")}
    assert list(one.cluster.agents[A1].reservations) == [R1]


def test_a_task_names_its_reservation_where_there_are_several() -> None:
    one = world()
    operate(one, Reserve(R1, resources(cpus=1_500), "eng"))
    operate(one, Reserve(R2, resources(cpus=1_500), "eng"))
    [offer] = _all_offers(one, FRAMEWORK)
    need = resources(cpus=1_200)
    unnamed, named = task("t1", need), replace(task("t2", need), reservation_id=R2)
    wrong = replace(task("t3", need), reservation_id=ReservationId("r9"))
    accept(one, offer, unnamed, named, wrong)
    [run] = one.sent(msg.Run)
    assert [(each.task_id, each.reserved) for each in run.tasks] == [("t2", {R2: need})]
    said = {each.task_id: each.message for each in one.statuses()}
    assert "name one as reservation_id" in said[TaskId("t1")]
    assert "nothing of reservation r9" in said[TaskId("t3")]


def test_what_is_reserved_for_a_role_below_is_not_for_the_tasks_of_that_accept() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, task("t1", resources(cpus=2_000)), task("t2", SMALL), each=(Reserve(R1, PART, "eng/web"),))
    [run] = one.sent(msg.Run)
    assert [(each.task_id, each.reserved) for each in run.tasks] == [("t1", {})]
    assert [each.task_id for each in one.statuses()] == ["t2"]


def test_what_could_not_be_ended_is_still_there_for_the_launches() -> None:
    one = world()
    [offer] = one.offers()
    accept(one, offer, each=(Reserve(R1, PART), CreateVolume(V1, R1, GIB)))
    [again] = one.offers()
    accept(one, again, replace(with_volume("t1"), reservation_id=R1), each=(Unreserve(R1),))
    assert "destroy them first" in errors(one)[0]
    [run] = one.sent(msg.Run)
    assert [(each.task_id, each.reserved) for each in run.tasks] == [("t1", {R1: SMALL})]
