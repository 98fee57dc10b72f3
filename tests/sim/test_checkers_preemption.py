"""What tasks are preempted for is not passed over: the checker finds who gives it away, or preempts again meanwhile."""

from dataclasses import replace

import pytest

from barter.core.cluster import Demand, FrameworkInfo
from barter.core.ids import DemandId, FrameworkId
from barter.core.resources import NOTHING, Resources, resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master import placement
from barter.master.state import Agent
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.passed_over import PassedOver
from barter.tools.sim.checkers.set_roles import SetRoles
from tests.master.world import A1, A2, AGENT, FRAMEWORK, agent, status
from tests.master.world import task as small_task
from tests.sim.stage import Stage, violates

OPS, WEB, OTHER, SECOND_AGENT = FRAMEWORK, 5, 9, 21
HALF, WHOLE = resources(cpus=500, mem=32 * MIB), resources(cpus=1_000, mem=32 * MIB)


def crowded(stage: Stage) -> FrameworkId:
    """Two tasks of `ops` have an agent's cpus, and are preempted for a demand of all of them."""
    stage.master(ev.AgentRegister(AGENT, agent(cpus=1_000)))
    stage.master(ev.Subscribe(OPS, FrameworkInfo("ops", roles=("ops",)), True))
    stage.master(ev.SetDemands(OPS, (Demand(DemandId("o"), HALF, 2, role="ops"),)))
    [offer] = stage.masters.offers(OPS)
    stage.master(ev.Accept(OPS, (offer.offer_id,), (small_task("t1", HALF), small_task("t2", HALF))))
    stage.master(ev.Subscribe(WEB, FrameworkInfo("web", roles=("eng",)), True))
    stage.master(ev.SetDemands(WEB, (Demand(DemandId("d"), WHOLE, 1, role="eng"),)))
    stage.master(ev.SetRoles(1, (RoleConfig("eng", guarantee={"mem": 32 * MIB}),), force=True))
    assert sorted(kill.task_id for kill in stage.masters.sent(msg.Kill)) == ["t1", "t2"]
    stage.master(ev.Subscribe(OTHER, FrameworkInfo("other", roles=("other",)), True))
    stage.master(ev.SetDemands(OTHER, (Demand(DemandId("o"), HALF, 2, role="other"),)))
    return offer.framework_id


def ends(stage: Stage, framework_id: FrameworkId, name: str) -> None:
    stage.master(ev.AgentUpdates(AGENT, A1, ((framework_id, status(name, TaskState.KILLED, 1)),)))


def nothing_is_kept(agent: Agent, free: Resources) -> Resources:
    return NOTHING


def test_what_is_gathered_for_who_waits_is_well() -> None:
    stage = Stage(PassedOver(Books(), SetRoles()))
    ops = crowded(stage)
    ends(stage, ops, "t2")
    assert not stage.masters.offers(OTHER)
    ends(stage, ops, "t1")
    assert [offer.demand_id for offer in stage.masters.offers(WEB)] == ["d"]


def test_who_is_offered_what_others_end_for_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "kept_of", nothing_is_kept)
    stage = Stage(PassedOver(Books(), SetRoles()))
    ops = crowded(stage)
    violates("for other is of what tasks on a1 end for", lambda: ends(stage, ops, "t2"))


def test_after_the_grace_and_a_little_it_may_go_to_others() -> None:
    stage = Stage(PassedOver(Books(), SetRoles()))
    ops = crowded(stage)
    ends(stage, ops, "t2")
    stage.masters.wait(20_000)
    stage.cluster.world.run_until(20_000_000)
    stage.see([], [])
    assert stage.masters.offers(OTHER)


def test_who_preempts_for_the_same_again_is_found() -> None:
    stage = Stage(PassedOver(Books(), SetRoles()))
    ops = crowded(stage)
    there = replace(small_task("t3", WHOLE), role="ops")
    told = status("t3", TaskState.RUNNING, agent_id=A2)
    stage.master(ev.AgentRegister(SECOND_AGENT, agent(A2, cpus=1_000), ((ops, there, told),)))
    reason = "preempted for demand d of web in role eng: role eng is under its guarantee by mem=32MiB; and so on"
    again = act.SendToAgent(SECOND_AGENT, A2, msg.Kill(ops, there.task_id, -1, reason, Reason.PREEMPTED), reason)
    violates("t3 on a2 are preempted for demand d, which wants 1 tasks", lambda: stage.see([], [again]))


def test_of_several_tasks_as_many_are_promised_as_the_guarantee_holds_for() -> None:
    """The whole agent ends for one; where it could hold more the rest is anybody's."""
    stage = Stage(PassedOver(Books(), SetRoles()))
    stage.master(ev.AgentRegister(AGENT, agent(cpus=1_000)))
    stage.master(ev.Subscribe(OPS, FrameworkInfo("ops", roles=("ops",)), True))
    stage.master(ev.SetDemands(OPS, (Demand(DemandId("o"), WHOLE, 1, role="ops"),)))
    [offer] = stage.masters.offers(OPS)
    stage.master(ev.Accept(OPS, (offer.offer_id,), (small_task("t1", WHOLE),)))
    stage.master(ev.Subscribe(WEB, FrameworkInfo("web", roles=("eng",)), True))
    stage.master(ev.SetDemands(WEB, (Demand(DemandId("d"), HALF, 2, role="eng"),)))
    stage.master(ev.SetRoles(1, (RoleConfig("eng", guarantee={"cpus": 500}),), force=True))
    assert [kill.task_id for kill in stage.masters.sent(msg.Kill)] == ["t1"]
    stage.master(ev.Subscribe(OTHER, FrameworkInfo("other", roles=("other",)), True))
    stage.master(ev.SetDemands(OTHER, (Demand(DemandId("o"), HALF, 2, role="other"),)))
    ends(stage, offer.framework_id, "t1")
    assert len(stage.masters.offers(WEB)) == 1
    assert len(stage.masters.offers(OTHER)) == 1
