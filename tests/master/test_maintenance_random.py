"""The random world, with operators who give agents up: who is told what, and which task ends when."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from barter.core.ids import AgentId, InverseOfferId, TaskId
from barter.core.machine import Tick
from barter.core.maintenance import Mode
from barter.core.tasks import Reason
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import MaintenanceSet
from barter.master.state import TaskKey
from tests.master.fakes import FakeAgent
from tests.master.test_machine_random import PICK, RandomWorld
from tests.master.world import World, agent

GRACES = st.sampled_from([0, 2_000, 20_000, 200_000])
STARTS = st.sampled_from([0, 0, 5_000, 50_000])


class DrainedWorld(RandomWorld):
    """`told` is what each framework's session holds of inverse offers, by the agent."""

    def __init__(self) -> None:
        super().__init__()
        self.world: WatchedWorld = WatchedWorld(self)
        self.told: dict[tuple[int, AgentId], set[TaskId]] = {}
        self.names: dict[InverseOfferId, AgentId] = {}
        self.released: set[TaskKey] = set()
        self.ids = len(self.peers.agents)

    def judge(self, actions: list[act.Action]) -> None:
        for action in actions:
            match action:
                case act.SendToFramework(session=session, message=msg.InverseOffers(inverse_offers)):
                    for each in inverse_offers:
                        self.told[session, each.agent_id] = set(each.tasks)
                        self.names[each.inverse_offer_id] = each.agent_id
                case act.SendToFramework(session=session, message=msg.RescindInverse(ids)):
                    for name in ids:
                        self.judge_rescind(session, name)
                case act.SendToAgent(agent_id=agent_id, message=msg.Kill(cause=Reason.AGENT_DRAINING) as kill):
                    self.judge_kill(agent_id, kill)
                case _:
                    pass

    def judge_rescind(self, session: int, name: InverseOfferId) -> None:
        """Who was not told of it has tasks there that were being killed when it began, and no others."""
        agent_id = self.names.get(name, AgentId(name.rpartition("-I")[0]))
        if self.told.pop((session, agent_id), None) is None:
            framework_id = self.world.cluster.sessions[session]
            tasks = self.world.cluster.agents[agent_id].tasks.values()
            assert all(task.ending for task in tasks if task.framework_id == framework_id)

    def judge_kill(self, agent_id: AgentId, kill: msg.Kill) -> None:
        maintenance = self.world.cluster.agents[agent_id].maintenance
        if maintenance is not None and 0 < maintenance.deadline_ms <= self.world.now:
            self.released.add((kill.framework_id, kill.task_id))
        assert (kill.framework_id, kill.task_id) in self.released, "killed before it was released"

    @rule(pick=PICK, start_in=STARTS, grace_ms=GRACES)
    def drain(self, pick: int, start_in: int, grace_ms: int) -> None:
        start_ms = self.world.now + start_in if start_in else 0
        self.do(ev.Drain(1, self.agent(pick).info.agent_id, start_ms, grace_ms, "new disks"))

    @rule(pick=PICK, wish=st.sampled_from([ev.Activate, ev.Activate, ev.Deactivate]))
    def change(self, pick: int, wish: type[ev.Activate | ev.Deactivate]) -> None:
        self.do(wish(1, self.agent(pick).info.agent_id))

    @rule(pick=PICK)
    def gone(self, pick: int) -> None:
        """One that is told so is another agent from then on."""
        if pick % 4:
            return
        one = self.agent(pick)
        was_active = one.info.agent_id in self.world.cluster.agents and (
            self.world.cluster.agents[one.info.agent_id].active
        )
        self.do(ev.MarkGone(1, one.info.agent_id))
        assert (one.info.agent_id in self.world.cluster.agents) == was_active

    @rule(pick=PICK, count=st.integers(1, 4))
    def release(self, pick: int, count: int) -> None:
        one = self.framework(pick)
        named = [task for (session, _), tasks in self.told.items() if session == one.session for task in sorted(tasks)]
        if one.session and named:
            self.released |= {(one.framework_id, task_id) for task_id in named[:count]}
            self.do(ev.Release(one.session, tuple(named[:count])))

    @rule(pick=PICK, which=PICK)
    def release_something(self, pick: int, which: int) -> None:
        """Of an agent that stays, nothing comes of it."""
        one = self.framework(pick)
        if not one.launched or not one.session:
            return
        task_id = one.launched[which % len(one.launched)]
        task = self.world.cluster.frameworks[one.framework_id].tasks.get(task_id)
        if task is not None and self.world.cluster.agents[task.agent_id].unavailable_from_ms:
            self.released.add((one.framework_id, task_id))
        self.do(ev.Release(one.session, (task_id,)))

    @invariant()
    def who_was_marked_gone_becomes_another(self) -> None:
        for index, one in enumerate(self.peers.agents):
            if one.info.agent_id in self.world.cluster.gone and not one.session and index in self.world.sent_away:
                self.world.sent_away.discard(index)
                self.ids += 1
                self.peers.agents[index] = FakeAgent(agent(AgentId(f"a{self.ids}"), cpus=1_000))

    @invariant()
    def nobody_is_offered_what_goes(self) -> None:
        for one in self.world.cluster.agents.values():
            assert not one.offers or one.mode is Mode.ACTIVE
            assert all(each.offer.unavailable_from_ms == one.unavailable_from_ms for each in one.offers.values())

    @invariant()
    def who_has_tasks_there_is_told(self) -> None:
        for one in self.world.cluster.agents.values():
            if one.unavailable_from_ms:
                for (framework_id, task_id), task in one.tasks.items():
                    framework = self.world.cluster.frameworks[framework_id]
                    if framework.connected and not task.ending:
                        assert task_id in self.told.get((framework.session, one.info.agent_id), ())

    @invariant()
    def what_is_due_is_done(self) -> None:
        """Once the batch is over."""
        for one in self.world.cluster.agents.values():
            if one.maintenance is not None and one.maintenance.start_ms and one.maintenance.start_ms <= self.world.now:
                assert one.mode is (Mode.DRAINING if one.tasks else Mode.DRAINED)
                if one.maintenance.deadline_ms <= self.world.now:
                    causes = {task.kill.cause if task.kill else None for task in one.tasks.values()}
                    assert causes <= {Reason.AGENT_DRAINING, Reason.KILLED_BY_FRAMEWORK}

    @invariant()
    def what_is_durable_is_what_is_known(self) -> None:
        facts = [each.maintenance for each in self.world.facts if isinstance(each, MaintenanceSet)]
        kept = {each.agent_id: each for each in facts}
        for agent_id, one in self.world.cluster.agents.items():
            if one.maintenance is not None:
                assert kept[agent_id] == one.maintenance
            elif agent_id in kept:
                assert (kept[agent_id].mode, kept[agent_id].start_ms) == (Mode.ACTIVE, 0)


class WatchedWorld(World):
    def __init__(self, story: DrainedWorld) -> None:
        super().__init__()
        self._story = story
        self.sent_away: set[int] = set()

    def do(self, *events: ev.Event | Tick) -> list[act.Action]:
        return self._watched(super().do(*events))

    def wait(self, ms: int) -> list[act.Action]:
        """The facts of what comes by time alone are kept, too."""
        done = self._watched(super().wait(ms))
        self.facts += [action.fact for action in done if isinstance(action, act.Persist)]
        return done

    def _watched(self, actions: list[act.Action]) -> list[act.Action]:
        for action in actions:
            if isinstance(action, act.SendToAgent) and isinstance(action.message, msg.Shutdown):
                agents = self._story.peers.agents
                self.sent_away |= {index for index, one in enumerate(agents) if one.session == action.session}
        self._story.judge(actions)
        return actions


TestDrainedWorld = DrainedWorld.TestCase
TestDrainedWorld.settings = settings(max_examples=40, stateful_step_count=80, deadline=None)
