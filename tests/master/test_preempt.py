"""A demand of a role under its guarantee takes from roles over theirs: whom, when, how many, and who gets it."""

from dataclasses import replace

import pytest

from barter.core.cluster import Demand, FrameworkInfo
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId, FrameworkId, TaskId
from barter.core.resources import Resources, resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master import preempt
from barter.master.cluster import Timing
from barter.master.facts import Recovered
from barter.master.preempt import PAUSE_MS
from barter.master.snapshot import restore, take
from tests.master.world import A1, A2, AGENT, World, agent, status, task

ENG, BATCH, THIRD = 11, 12, 13
SECOND_AGENT = 21
_sessions = {A1: AGENT, A2: SECOND_AGENT}


def cpus(amount: int) -> Resources:
    return resources(cpus=amount * 1_000, mem=32 * MIB)


def guarantee(role: str, amount: int) -> RoleConfig:
    return RoleConfig(role, guarantee={"cpus": amount * 1_000})


class Cluster(World):
    """Four cpus an agent; frameworks are launched for by demands of as many cpus as asked for."""

    def __init__(self, *agents: AgentId, recovered: Recovered | None = None) -> None:
        super().__init__(*([recovered] if recovered else []))
        self.names: dict[int, FrameworkId] = {}
        for each in agents or (A1,):
            self.do(ev.AgentRegister(_sessions[each], agent(each)))

    def join(self, session: int, *roles: str) -> FrameworkId:
        self.do(ev.Subscribe(session, FrameworkInfo(f"f{session}", roles=roles), True))
        self.names[session] = self.sent(msg.Subscribed, session)[0].framework_id
        return self.names[session]

    def want(
        self,
        session: int,
        role: str,
        amount: int,
        count: int = 1,
        constraints: tuple[Constraint, ...] = (),
        *,
        revocable: bool = False,
    ) -> None:
        wanted = Demand(DemandId("d"), cpus(amount), count, role=role, constraints=constraints, revocable=revocable)
        self.do(ev.SetDemands(session, (wanted,)))

    def launch(
        self, session: int, role: str, amount: int, *names: str, on: AgentId = A1, revocable: bool = False
    ) -> None:
        """Running tasks, one after the other."""
        here = (Constraint("@hostname", Operator.IS, f"host-{on}"),)
        for name in names:
            self.want(session, role, amount, 1, here, revocable=revocable)
            [offer] = self.offers(session)
            self.accept(offer.offer_id, task(name, cpus(amount), demand="d"), session=session)
            told = status(name, TaskState.RUNNING, 1, agent_id=on)
            self.update(self.names[session], told, session=_sessions[on], agent_id=on)
        self.do(ev.SetDemands(session, ()))

    def end(self, session: int, name: str, *, on: AgentId = A1) -> None:
        told = status(name, TaskState.KILLED, 2, agent_id=on)
        self.update(self.names[session], told, session=_sessions[on], agent_id=on)

    def quota(self, *roles: RoleConfig) -> None:
        self.do(ev.SetRoles(1, roles, True))

    def killed(self) -> list[str]:
        return [each.task_id for each in self.sent(msg.Kill)]


def full(*roles: RoleConfig) -> Cluster:
    """All of one agent is in use by four tasks of `batch`, and `eng` has its guarantee only now."""
    world = Cluster()
    world.join(ENG, "eng", "eng/web")
    world.join(BATCH, "batch", "ops")
    world.launch(BATCH, "batch", 1, "b1", "b2", "b3", "b4")
    world.quota(*(roles or (guarantee("eng", 2),)))
    return world


def test_the_newest_task_of_a_role_over_its_guarantee_ends_with_its_own_grace_and_a_cause() -> None:
    world = full()
    world.want(ENG, "eng", 1)
    [kill] = world.sent(msg.Kill, AGENT)
    assert (kill.task_id, kill.grace_ms, kill.cause) == ("b4", -1, Reason.PREEMPTED)
    assert kill.reason == (
        "preempted for demand d of f11 in role eng: role eng is under its guarantee by cpus=2; "
        "role batch has no guarantee"
    )
    assert [each.reason for each in world.cluster.history.of("b4") if each.kind == "task_preempted"] == [kill.reason]
    told = [each.reason for each in world.cluster.history.of(world.names[ENG]) if each.kind == "preemption"]
    assert told == ["1 tasks on host-a1 are preempted for demand d of f11 in role eng"]


def test_what_is_freed_goes_to_who_waits_and_to_nobody_else() -> None:
    world = full()
    world.join(THIRD, "other")
    world.want(THIRD, "other", 1)
    world.want(BATCH, "batch", 1, 5)
    world.want(ENG, "eng", 1)
    assert world.killed() == ["b4"]
    world.end(BATCH, "b4")
    assert [each.demand_id for each in world.offers(ENG)] == [DemandId("d")]
    assert not world.offers(THIRD)
    assert not world.offers(BATCH)


def test_nobody_is_preempted_twice_for_the_same_nor_while_the_first_is_still_ending() -> None:
    world = full()
    world.want(ENG, "eng", 1)
    assert world.killed() == ["b4"]
    world.wait(10 * PAUSE_MS)
    assert world.killed() == []


def test_only_as_many_as_wait_and_only_up_to_the_guarantee() -> None:
    world = full()
    world.want(ENG, "eng", 1, 9)
    assert world.killed() == ["b4", "b3"]


def test_more_that_waits_later_is_served_after_a_pause() -> None:
    world = full()
    world.want(ENG, "eng", 1)
    world.want(ENG, "eng", 1, 2)
    assert world.killed() == []
    world.wait(PAUSE_MS)
    assert world.killed() == ["b3"]


def test_tasks_too_large_for_what_the_guarantee_lacks_are_not_made_room_for() -> None:
    world = full()
    world.want(ENG, "eng", 3)
    assert world.killed() == []


def test_a_role_without_a_guarantee_preempts_nobody() -> None:
    world = full(guarantee("nobody", 1))
    world.want(ENG, "eng", 1)
    assert world.killed() == []


def test_one_that_has_what_it_is_guaranteed_preempts_nobody() -> None:
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(ENG, "eng", 2, "e1")
    world.launch(BATCH, "batch", 2, "b1")
    world.quota(guarantee("eng", 2))
    world.want(ENG, "eng", 1)
    assert world.killed() == []


def test_what_another_role_is_guaranteed_is_not_taken() -> None:
    world = full(guarantee("eng", 1), guarantee("batch", 3))
    world.want(ENG, "eng", 1)
    [kill] = world.sent(msg.Kill)
    assert kill.task_id == "b4"
    assert kill.reason.endswith("role batch is over its by cpus=1")
    world = full(guarantee("eng", 1), guarantee("batch", 4))
    world.want(ENG, "eng", 1)
    assert world.killed() == []


def test_the_guarantee_of_a_parent_holds_for_what_is_below_it() -> None:
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch/night")
    world.launch(BATCH, "batch/night", 2, "b1", "b2")
    world.quota(guarantee("eng", 2), guarantee("batch", 4))
    world.want(ENG, "eng", 1)
    assert world.killed() == []
    world.quota(guarantee("batch", 2))
    world.wait(PAUSE_MS)
    assert world.killed() == ["b2"]


def test_roles_below_the_one_under_its_guarantee_are_not_taken_from_but_siblings_are() -> None:
    world = Cluster()
    world.join(ENG, "eng/web", "eng/db")
    world.launch(ENG, "eng/db", 1, "d1", "d2", "d3", "d4")
    world.quota(guarantee("eng", 6))
    world.want(ENG, "eng/web", 1)
    assert world.killed() == [], "eng gains nothing by it"
    world.want(ENG, "eng/web", 1, 2)
    world.quota(guarantee("eng", 6), guarantee("eng/web", 1))
    world.wait(PAUSE_MS)
    assert world.killed() == ["d4"]


def test_revocable_tasks_go_first_even_if_they_are_older() -> None:
    """Their memory is plain, and what is short."""
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.do(ev.AgentSlack(AGENT, A1, resources(cpus=1_000)))
    world.launch(BATCH, "batch", 1, "guest", revocable=True)
    world.launch(BATCH, "batch", 1, "b1")
    world.quota(RoleConfig("eng", guarantee={"mem": 4096 * MIB}))
    free = world.cluster.agents[A1].free.scalars["mem"]
    need = Demand(DemandId("d"), resources(mem=free + 32 * MIB), 1, role="eng")
    world.do(ev.SetDemands(ENG, (need,)))
    [kill] = world.sent(msg.Kill)
    assert kill.task_id == "guest"
    assert kill.reason.endswith("cpus=1 of it is revocable")


def test_revocable_cpus_are_no_cpus_to_a_demand_for_plain_ones() -> None:
    world = full()
    world.join(THIRD, "batch")
    world.do(ev.AgentSlack(AGENT, A1, resources(cpus=2_000)))
    world.launch(THIRD, "batch", 1, "guest", revocable=True)
    world.want(ENG, "eng", 1)
    assert world.killed() == ["b4"]


def test_a_revocable_demand_preempts_nobody() -> None:
    world = full()
    world.want(ENG, "eng", 1, revocable=True)
    assert world.killed() == []


def test_it_happens_where_it_costs_least() -> None:
    world = Cluster(A1, A2)
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 1, "s1", "s2", "s3", "s4")
    world.launch(BATCH, "batch", 2, "l1", "l2", on=A2)
    world.quota(guarantee("eng", 4))
    world.want(ENG, "eng", 2)
    assert world.killed() == ["l2"]


def test_of_two_that_cost_the_same_number_the_smaller_goes() -> None:
    world = Cluster(A1, A2)
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 4, "large")
    world.launch(BATCH, "batch", 2, "l1", "l2", on=A2)
    world.quota(guarantee("eng", 4))
    world.want(ENG, "eng", 1)
    assert world.killed() == ["l2"]


def test_a_victim_that_turns_out_not_to_be_needed_is_spared() -> None:
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 3, "large")
    world.launch(BATCH, "batch", 1, "small")
    world.quota(guarantee("eng", 4))
    world.want(ENG, "eng", 3)
    assert world.killed() == ["large"]


def test_one_large_victim_makes_room_for_many() -> None:
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 2, "l1", "l2")
    world.quota(guarantee("eng", 4))
    world.want(ENG, "eng", 1, 2)
    assert world.killed() == ["l2"]


@pytest.mark.parametrize(
    "constraint",
    [Constraint("@hostname", Operator.IS, "host-a9"), Constraint("zone", Operator.IS, "b")],
)
def test_nobody_ends_for_a_demand_that_would_not_fit_all_the_same(constraint: Constraint) -> None:
    world = full()
    world.want(ENG, "eng", 1, constraints=(constraint,))
    assert world.killed() == []


def test_nobody_ends_on_agents_that_would_not_be_offered() -> None:
    world = full()
    world.do(ev.Deactivate(2, A1, "testing"))
    world.want(ENG, "eng", 1)
    assert world.killed() == []


def test_nobody_ends_while_agents_are_awaited_after_the_masters_start() -> None:
    """What runs there counts for its role, once it is known."""
    roles = (guarantee("eng", 1),)
    known = Recovered(
        "abc123", 2, (agent(A1), agent(A2)), (FrameworkInfo("f11", FrameworkId("E"), roles=("eng",)),), roles
    )
    world = World(known)
    hog = replace(task("b1", cpus(4)), role="batch")
    mine = replace(task("e1", cpus(1)), role="eng")
    world.do(ev.Subscribe(BATCH, FrameworkInfo("f12", roles=("batch",)), True))
    batch = world.sent(msg.Subscribed, BATCH)[0].framework_id
    world.do(ev.Subscribe(ENG, FrameworkInfo("f11", FrameworkId("E"), roles=("eng",)), True))
    world.do(ev.AgentRegister(AGENT, agent(A1), ((batch, hog, status("b1", TaskState.RUNNING)),)))
    world.do(ev.SetDemands(ENG, (Demand(DemandId("d"), cpus(1), 1, role="eng"),)))
    assert world.sent(msg.Kill) == []
    told = status("e1", TaskState.RUNNING, agent_id=A2)
    world.do(ev.AgentRegister(SECOND_AGENT, agent(A2, cpus=1_000), ((FrameworkId("E"), mine, told),)))
    world.wait(2 * PAUSE_MS)
    assert world.sent(msg.Kill) == []
    assert not world.cluster.expected_agents


def test_once_all_are_back_it_happens() -> None:
    world = full()
    told = tuple(
        (world.names[BATCH], each.info, status(each.info.task_id, TaskState.RUNNING))
        for each in world.cluster.agents[A1].tasks.values()
    )
    infos = tuple(each.info for each in world.cluster.frameworks.values())
    later = World(Recovered("abc123", 2, (agent(A1),), infos, (guarantee("eng", 2),)))
    eng = next(each for each in infos if each.name == "f11")
    later.do(ev.Subscribe(ENG, eng, True))
    later.do(ev.SetDemands(ENG, (Demand(DemandId("d"), cpus(1), 1, role="eng"),)))
    assert later.sent(msg.Kill) == []
    later.do(ev.AgentRegister(AGENT, agent(A1), told))
    later.wait(2 * PAUSE_MS)
    assert [each.info.task_id for each in later.cluster.agents[A1].tasks.values() if each.kill] == [TaskId("b4")]


def test_the_operator_may_set_the_grace() -> None:
    world = full()
    world.cluster.timing = Timing(preemption_grace_ms=30_000)
    world.want(ENG, "eng", 1)
    assert [each.grace_ms for each in world.sent(msg.Kill)] == [30_000]


def test_a_framework_hears_of_the_end_of_its_task_why_it_was() -> None:
    world = full()
    world.want(ENG, "eng", 1)
    told = replace(status("b4", TaskState.KILLED, 2), reason=Reason.PREEMPTED)
    world.update(world.names[BATCH], told)
    assert [(each.task_id, each.reason) for each in world.statuses(BATCH)] == [("b4", Reason.PREEMPTED)]


def test_a_restored_master_pauses_as_the_first_did() -> None:
    world = full()
    world.want(ENG, "eng", 1)
    again = restore(take(world.master, world.now), world.cluster.timing, world.now)
    assert again.cluster.preempts_ms == world.cluster.preempts_ms > world.now


def test_without_who_waits_nothing_is_planned() -> None:
    world = full()
    world.want(ENG, "eng", 1)
    world.do(ev.SetDemands(ENG, ()))
    world.wait(5 * PAUSE_MS)
    assert world.cluster.preempts_ms < world.now


def test_a_new_master_counts_those_that_are_ending_already() -> None:
    world = full()
    infos = {each.info.task_id: each.info for each in world.cluster.agents[A1].tasks.values()}
    states = {name: TaskState.KILLING if name == "b4" else TaskState.RUNNING for name in infos}
    told = tuple((world.names[BATCH], info, status(name, states[name])) for name, info in infos.items())
    known = tuple(each.info for each in world.cluster.frameworks.values())
    later = World(Recovered("abc123", 2, (agent(A1),), known, (guarantee("eng", 2),)))
    later.do(ev.Subscribe(ENG, next(each for each in known if each.name == "f11"), True))
    later.do(ev.SetDemands(ENG, (Demand(DemandId("d"), cpus(1), 1, role="eng"),)))
    later.do(ev.AgentRegister(AGENT, agent(A1), told))
    later.wait(2 * PAUSE_MS)
    assert [name for (_, name), each in later.cluster.agents[A1].tasks.items() if each.kill] == []


def test_of_many_agents_a_part_is_looked_at_each_time_and_all_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preempt, "AGENTS_AT_ONCE", 1)
    world = Cluster(A1, A2)
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.join(THIRD, "kept")
    world.launch(THIRD, "kept", 4, "k1")
    world.launch(BATCH, "batch", 4, "b1", on=A2)
    world.quota(guarantee("eng", 1), guarantee("kept", 4))
    world.want(ENG, "eng", 1)
    world.wait(2 * PAUSE_MS)
    going = [each.info.task_id for one in world.cluster.agents.values() for each in one.tasks.values() if each.ending]
    assert going == ["b1"]
