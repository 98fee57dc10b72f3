"""A framework that gets what it declines at once, again and again, is found; one that launches is not."""

from dataclasses import replace

from barter.core.cluster import FrameworkInfo
from barter.core.ids import OfferId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers
from barter.tools.sim.checkers.busy_loop import MOST, BusyLoop
from tests.master.world import AGENT, FRAMEWORK, agent
from tests.master.world import task as small_task
from tests.sim.stage import F, Stage, violates

SECOND_US = 1_000_000


def begun() -> tuple[Stage, act.Action]:
    """A framework that is subscribed, and the offer that a master makes it."""
    stage = Stage(BusyLoop())
    stage.master(ev.Subscribe(FRAMEWORK, FrameworkInfo("f")))
    stage.master(ev.AgentRegister(AGENT, agent()))
    offer = replace(stage.masters.offers()[0], offer_id=OfferId("again"))
    after(stage, 1)
    return stage, act.SendToFramework(FRAMEWORK, F, Offers((offer,)), "")


def after(stage: Stage, seconds: int) -> None:
    stage.cluster.world.now_us += seconds * SECOND_US


def offers(stage: Stage, offered: act.Action, times: int) -> None:
    for _ in range(times):
        stage.see([], [offered])


def test_the_same_agent_offered_too_often_within_a_second() -> None:
    stage, offered = begun()
    offers(stage, offered, MOST)
    violates("revive when you want more, not after each decline", lambda: stage.see([], [offered]))


def test_as_often_in_a_longer_time_or_before_a_launch_is_none() -> None:
    stage, offered = begun()
    offers(stage, offered, MOST)
    after(stage, 1)
    offers(stage, offered, MOST)
    stage.see([ev.Accept(FRAMEWORK, (OfferId("again"),), (small_task("t1"),))], [])
    offers(stage, offered, MOST)
    stage.see([ev.Accept(FRAMEWORK, (OfferId("again"),), ())], [])
    violates("more than 200 times", lambda: stage.see([], [offered]))
