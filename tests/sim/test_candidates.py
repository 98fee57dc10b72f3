"""Three masters over the model of ZooKeeper: who leads, who is sent on or held, and what a leader may write."""

import pytest

from barter.agent.actions import SendRegister
from barter.core import candidacy
from barter.core.cluster import AgentInfo, FrameworkInfo
from barter.core.ids import AgentId, FrameworkId
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.core.znodes import Check
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import RoleSet
from barter.sdk import calls
from barter.tools.sim import wire
from barter.tools.sim.candidate import HOLD_US, LEADER, SimCandidate
from barter.tools.sim.checkers.leader_writes import LeaderWrites
from barter.tools.sim.checkers.offers_in_reach import OffersInReach
from barter.tools.sim.checkers.one_leader import SLACK_US, OneLeader
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing, usual_agents
from barter.tools.sim.ensemble import Ensemble
from barter.tools.sim.fenced import FencedRegistry
from barter.tools.sim.leading import LeadingMaster
from barter.tools.sim.network import End
from barter.tools.sim.observe import Violated
from barter.tools.sim.operators import Operators
from barter.tools.sim.world import World

SECOND = 1_000_000
SESSION_US = 10 * SECOND
INFO = AgentInfo(AgentId("a"), "a", "a", resources(cpus=1_000))
ROLE = RoleConfig("eng", weight_milli=2_000)


class Scene:
    def __init__(self, agents: int = 0) -> None:
        self.world = World(1)
        self.cluster = SimCluster(self.world, Timing(), masters=3)
        self.cluster.add_agents(usual_agents(agents))
        for checker in (OneLeader(), LeaderWrites()):
            self.world.seen.add(checker)
        self.cluster.start()
        self.go(1)
        assert self.cluster.ensemble is not None
        self.ensemble: Ensemble = self.cluster.ensemble

    def go(self, seconds: float) -> None:
        self.world.run_until(self.world.now_us + int(seconds * SECOND))

    @property
    def leader(self) -> SimCandidate:
        return self.cluster.candidates[self.cluster.master.name]

    @property
    def follower(self) -> SimCandidate:
        return next(each for each in self.cluster.candidates.values() if each is not self.leader)

    @property
    def acting(self) -> list[str]:
        return [name for name, candidate in self.cluster.candidates.items() if candidate.may_act()]


class Caller:
    """Registers an agent with one master, and notes what it hears."""

    def __init__(self, scene: Scene, address: str, unreachable: str = "") -> None:
        self.heard: list[object] = []
        self.ended_us: list[int] = []
        self._scene, self._unreachable = scene, unreachable
        scene.cluster.network.dial("caller", address, self._opened, self.heard.append)

    def _opened(self, end: End) -> None:
        end.hear = lambda message: self.heard.append(message.said if isinstance(message, wire.FromMaster) else message)
        end.ended = lambda _: self.ended_us.append(self._scene.world.now_us)
        end.send(wire.AgentCall(INFO, SendRegister((), ()), self._unreachable))


def test_one_of_three_leads_and_the_others_name_it() -> None:
    scene = Scene()
    assert scene.acting == [scene.leader.name]
    assert {each.leader for each in scene.cluster.candidates.values()} == {scene.leader.name}
    served, sent_on = Caller(scene, scene.leader.name), Caller(scene, scene.follower.name)
    scene.go(1)
    assert served.heard == [msg.Registered(Timing().heartbeat_ms)]
    assert sent_on.heard == [wire.NotLeader(scene.leader.name, f"{scene.leader.name} leads")]
    assert len(sent_on.ended_us) == 1


def test_who_says_that_the_leader_does_not_answer_is_held_and_then_refused() -> None:
    scene = Scene()
    caller = Caller(scene, scene.follower.name, scene.leader.name)
    scene.go(HOLD_US / SECOND - 1)
    assert caller.heard == []
    scene.go(2)
    assert caller.heard == [wire.NotLeader("", "no master leads")]


def test_who_is_held_is_served_or_sent_on_as_soon_as_another_leads() -> None:
    scene = Scene()
    old = scene.leader
    old.down_us = 60 * SECOND
    old.crash("kill -9")
    scene.go(SESSION_US / SECOND - 4)
    callers = [Caller(scene, name, old.name) for name in scene.cluster.candidates if name != old.name]
    scene.go(1)
    assert [caller.heard for caller in callers] == [[], []]
    scene.go(5)
    assert scene.leader is not old
    assert sorted(str(caller.heard) for caller in callers) == sorted(
        [
            str([msg.Registered(Timing().heartbeat_ms)]),
            str([wire.NotLeader(scene.leader.name, f"{scene.leader.name} leads")]),
        ]
    )


def test_a_leader_that_is_stopped_for_longer_than_its_session_ends_when_it_wakes() -> None:
    scene = Scene(agents=2)
    old = scene.leader
    sent: list[str] = []
    scene.world.seen.master_stepped.append(lambda master, events, actions: sent.append(master.name))
    old.pause(3 * SESSION_US)
    scene.go(2 * SESSION_US / SECOND)
    assert scene.leader is not old
    assert scene.acting == [scene.leader.name]
    assert all(agent.machine.link.registered for agent in scene.cluster.agents.values())
    sent.clear()
    scene.go(2 * SESSION_US / SECOND)
    assert old.name not in sent
    assert old.up
    assert not old.master.up


def test_a_leader_that_is_cut_off_stops_before_another_may_lead() -> None:
    for way in range(2):
        scene = Scene()
        old = scene.leader
        for server in scene.ensemble.servers:
            scene.cluster.network.cut(*((old.host, server), (server, old.host))[way])
        while old.name in scene.acting:
            scene.go(0.01)
        stopped_us = scene.world.now_us
        scene.go(SESSION_US / SECOND)
        assert scene.leader is not old
        assert scene.cluster.master.led_us > stopped_us + SECOND


@pytest.mark.parametrize("done", [True, False])
def test_a_write_of_which_nobody_knows_is_looked_up_and_done_once(done: bool) -> None:
    scene = Scene()
    leader, told = scene.leader, list[str]()
    scene.world.seen.operator_answered.append(lambda call, refusal: told.append(refusal))
    scene.ensemble.loses[leader.host] = done
    written: list[object] = []
    scene.world.seen.master_committed.append(lambda master, facts: written.extend(facts))
    Operators(scene.cluster).ask(ev.SetRoles(0, (ROLE,)))
    scene.go(3)
    assert told == [""]
    assert written == [RoleSet(ROLE)]
    assert scene.leader is leader
    leader.crash("kill -9")
    scene.go(2 * SESSION_US / SECOND)
    assert scene.cluster.master.machine.cluster.roles["eng"] == ROLE


def test_a_writer_without_the_lead_is_refused() -> None:
    scene = Scene()
    leader = scene.leader
    node = scene.ensemble.tree.get(LEADER)
    assert node is not None
    rows = leader.master.bodies.registry(Check(LEADER, node.version - 1))
    refused: list[str] = []
    registry = FencedRegistry(leader.client, rows, lambda: True, refused.append)
    recovered: list[object] = []
    found = dict(scene.ensemble.tree.under("registry"))
    registry.load(found, 1, "c", recovered.append)
    registry.commit([RoleSet(ROLE)], lambda: refused.append("it happened"), lambda: refused.append("it is known"))
    scene.go(1)
    assert len(recovered) == 1
    assert refused == [f"its write is refused: {LEADER}: it has version {node.version}, not {node.version - 1}"]


def test_a_leader_that_is_asked_to_end_names_the_next_one() -> None:
    scene = Scene()
    old, caller = scene.leader, Caller(scene, scene.leader.name)
    scene.go(1)
    asked_us = scene.world.now_us
    old.post(candidacy.Resign("it was asked to"))
    scene.go(1)
    assert scene.leader is not old
    assert caller.heard[-1] == wire.NotLeader(scene.leader.name, "it hands over")
    assert caller.ended_us[0] - asked_us < 300_000


def test_operators_are_led_to_the_leader_and_answered_once() -> None:
    scene = Scene()
    told: list[str] = []
    scene.world.seen.operator_answered.append(lambda call, refusal: told.append(refusal))
    operators = Operators(scene.cluster)
    for _ in range(2):
        operators.ask(ev.SetRoles(0, (ROLE,)))
        scene.go(20)
        scene.leader.crash("kill -9")
    assert told == ["", ""]


# What their checkers say no to.


def test_two_that_may_act_are_seen() -> None:
    scene = Scene()
    checker = OneLeader()
    checker.begin(scene.cluster)
    lead = candidacy.Lead(2, 2, "it took the lead")
    with pytest.raises(Violated, match=f"{scene.leader.name} may act with epoch 1 as {scene.follower.name} takes"):
        checker.candidate_stepped(scene.follower, [], [lead])
    checker.candidate_stepped(scene.leader, [], [lead])


def test_a_long_time_without_a_leader_is_seen_once_all_is_well() -> None:
    scene = Scene()
    checker = OneLeader()
    checker.begin(scene.cluster)
    old = scene.leader
    old.down_us = 600 * SECOND
    old.crash("kill -9")
    checker.process_ended(old.master, "kill -9")
    scene.world.now_us += 2 * SESSION_US
    checker.at_end(scene.cluster)
    checker.calmed(scene.cluster)
    scene.world.now_us += SESSION_US + SESSION_US // 10 + SLACK_US
    checker.at_end(scene.cluster)
    scene.world.now_us += 1
    with pytest.raises(Violated, match="nobody leads from 1"):
        checker.at_end(scene.cluster)


def test_writes_and_steps_of_who_was_followed_are_seen() -> None:
    scene = Scene()
    checker = LeaderWrites()
    master = scene.cluster.master
    assert isinstance(master, LeadingMaster)
    checker.candidate_stepped(scene.leader, [], [candidacy.Lead(1, 1, "")])
    checker.process_started(master)
    checker.master_committed(master, [RoleSet(ROLE)])
    checker.master_stepped(master, [], [])
    with pytest.raises(Violated, match="leads with epoch 1, 1 was there before"):
        checker.candidate_stepped(scene.follower, [], [candidacy.Lead(1, 1, "")])
    checker.candidate_stepped(scene.follower, [], [candidacy.Lead(2, 2, "")])
    with pytest.raises(Violated, match="of epoch 1 goes on, and epoch 2 leads"):
        checker.master_stepped(master, [], [])
    with pytest.raises(Violated, match="has written 1 facts"):
        checker.master_committed(master, [RoleSet(ROLE)])
    with pytest.raises(Violated, match="starts with epoch 1, and 2 was taken last"):
        checker.process_started(master)


def test_an_offer_of_an_agent_that_has_not_registered_with_this_master_is_seen() -> None:
    scene = Scene(agents=1)
    checker = OffersInReach()
    checker.begin(scene.cluster)
    master = scene.cluster.master
    seen: list[tuple[list[ev.Event], list[object]]] = []
    scene.world.seen.master_stepped.append(lambda _, events, actions: seen.append((events, actions)))
    end = _subscribed(scene)
    scene.go(1)
    assert end
    offering = next(actions for events, actions in seen if any("Offers" in str(action) for action in actions))
    with pytest.raises(Violated, match=r"agent-0.1 is offered, and has not registered"):
        checker.master_stepped(master, [], offering)  # type: ignore[arg-type]


def _subscribed(scene: Scene) -> list[End]:
    ends: list[End] = []

    def opened(end: End) -> None:
        ends.append(end)
        end.send(wire.FrameworkCall(FrameworkId(""), calls.Subscribe(FrameworkInfo("f"), False)))

    scene.cluster.network.dial("framework", scene.leader.name, opened, lambda reason: None)
    scene.go(1)
    return ends
