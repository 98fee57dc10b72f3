"""The agent's core against any order of events, with masters, executors and the agent itself dying at any time."""

from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.book import Book
from barter.agent.facts import LAZY, Admitted, Fact, Forgotten
from barter.agent.facts import TaskKey as Key
from barter.agent.machine import Agent
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.task_state import TRANSITIONS, TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus
from tests.agent.agent_kit import HAS, agent, task

S = TaskState
FRAMEWORKS = st.sampled_from([FrameworkId("f1"), FrameworkId("f2")])
NAMES = st.sampled_from([f"t{number}" for number in range(5)])
PORTS = st.lists(st.integers(31000, 31010), max_size=1)
TASKS = st.lists(
    st.builds(
        lambda name, cpus, ports, group: replace(task(name, cpus=cpus, ports=tuple(ports)), group_id=group),
        NAMES,
        st.integers(1, 1500),
        PORTS,
        st.sampled_from(["", "", "g"]),
    ),
    min_size=1,
    max_size=3,
)


class Executor:
    """Holds what it was told to launch; remembers all it ever started, to be caught starting something twice."""

    def __init__(self, name: str, found: dict[Key, TaskState]) -> None:
        self.name = name
        self.tasks = {key: TaskStatus(key[1], state, Source.EXECUTOR, 0) for key, state in found.items()}
        self.sequences = dict.fromkeys(found, 0)
        self.waiting: list[ev.Reported] = []
        self.count = 0

    def say(self, key: Key, state: TaskState) -> None:
        self.count += 1
        self.tasks[key] = TaskStatus(key[1], state, Source.EXECUTOR, self.count)
        self.sequences[key] = self.count
        self.waiting.append(ev.Reported(key[0], self.tasks[key], self.count))

    def recorded(self, sequence: int) -> None:
        for report in [each for each in self.waiting if each.sequence <= sequence]:
            self.waiting.remove(report)
            if report.status.terminal:
                del self.tasks[report.framework_id, report.status.task_id]

    def hello(self) -> ev.ExecutorHello:
        tasks = tuple(ev.Reported(key[0], status, self.sequences[key]) for key, status in self.tasks.items())
        return ev.ExecutorHello(self.name, tasks, tuple(self.waiting))


class AgentStory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.epoch = 1
        self.agent: Agent = agent()
        self.facts: list[Fact] = []
        self.unflushed = 0
        self.spent: dict[Key, int] = {}
        self.executors = 1
        self.executor = Executor("e1", {})
        self.connected = False
        self.link, self.links = 0, 0
        self.started: Counter[Key] = Counter()
        self.told: dict[tuple[FrameworkId, str], TaskStatus] = {}
        self.owed: set[tuple[FrameworkId, str]] = set()
        self.acked: list[tuple[FrameworkId, TaskId, str]] = []
        self.removed: set[FrameworkId] = set()
        self.groups: dict[FrameworkId, set[TaskId]] = {}

    def step(self, event: ev.Event, lose: bool = False) -> list[act.Action]:
        """Apply an event; `lose` has the agent die when the facts are recorded and nothing is sent."""
        self.now += 1
        actions = self.agent.step(event, self.now)
        self.record([fact for each in actions if isinstance(each, act.Record) for fact in each.facts])
        if lose:
            self.restart()
        else:
            for action in actions:
                self.perform(action)
        return actions

    def record(self, facts: list[Fact]) -> None:
        self.facts += facts
        if any(not isinstance(fact, LAZY) for fact in facts):
            self.unflushed = 0
        else:
            self.unflushed += len(facts)
        admitted = [each for each in facts if isinstance(each, Admitted) and not each.status.terminal]
        for framework in {each.framework_id for each in admitted if each.task.group_id}:
            self.groups[framework] = {
                each.task.task_id for each in admitted if each.task.group_id and each.framework_id == framework
            }
        for fact in facts:
            if isinstance(fact, Admitted):
                self.spent[fact.framework_id, fact.task.task_id] = fact.updates
            elif isinstance(fact, Forgotten):
                self.spent[fact.framework_id, fact.task_id] = fact.updates

    def perform(self, action: act.Action) -> None:
        match action:
            case act.SendUpdates() | act.SendRegister():
                for framework_id, status in action.updates:
                    self.hear(framework_id, status)
            case act.ConnectMaster():
                assert (self.link, action.link) == (0, self.links + 1), "two links at a time"
                self.link = self.links = action.link
            case act.LeaveMaster():
                assert self.link, "nothing to leave"
            case act.LaunchTasks() if self.connected:
                for framework_id, info in action.tasks:
                    self.launch((framework_id, info.task_id))
            case act.SendRecorded() if self.connected:
                self.executor.recorded(action.sequence)

    def hear(self, framework_id: FrameworkId, status: TaskStatus) -> None:
        if not status.uuid:
            return
        key = (framework_id, status.uuid)
        assert self.told.setdefault(key, status) == status, "one uuid, two stories"
        self.owed.add(key)

    def launch(self, key: Key) -> None:
        if key not in self.executor.tasks:
            self.started[key] += 1
            self.executor.tasks[key] = TaskStatus(key[1], S.STAGING, Source.EXECUTOR, 0)
            self.executor.sequences[key] = 0

    def restart(self) -> None:
        """Kill -9 and a new start, having lost the facts that were not yet committed."""
        kept = len(self.facts) - self.unflushed
        self.facts, self.unflushed = self.facts[:kept], 0
        book = Book()
        for fact in self.facts:
            book.apply(fact)
        self.agent = agent(book)
        self.connected = False
        self.link = self.links = 0

    @rule(framework=FRAMEWORKS, tasks=TASKS, lose=st.booleans())
    def run_tasks(self, framework: FrameworkId, tasks: list[TaskInfo], lose: bool) -> None:
        spent = {
            each.task_id: count for each in tasks if (count := self.spent.get((framework, each.task_id))) is not None
        }
        self.step(ev.RunTasks(self.epoch, framework, tuple(tasks), {}, spent), lose)

    @rule(framework=FRAMEWORKS, name=NAMES, lose=st.booleans())
    def kill_task(self, framework: FrameworkId, name: str, lose: bool) -> None:
        actions = self.step(ev.KillTask(self.epoch, framework, TaskId(name)), lose)
        for action in actions:
            if isinstance(action, act.KillAtExecutor) and self.connected and not lose:
                key = (action.framework_id, action.task_id)
                if key in self.executor.tasks and not self.executor.tasks[key].terminal:
                    self.executor.say(key, S.KILLED)

    @rule(framework=FRAMEWORKS)
    def kill_framework(self, framework: FrameworkId) -> None:
        self.step(ev.KillFramework(self.epoch, framework))
        self.owed = {key for key in self.owed if key[0] != framework}

    @rule(data=st.data(), lose=st.booleans())
    def acknowledge(self, data: st.DataObject, lose: bool) -> None:
        if not self.owed:
            return
        framework_id, uuid = data.draw(st.sampled_from(sorted(self.owed)))
        self.owed.discard((framework_id, uuid))
        task_id = TaskId(uuid.rpartition(":")[0])
        self.step(ev.Acknowledged(self.epoch, ((framework_id, task_id, uuid),)), lose)

    @initialize()
    def at_first(self) -> None:
        self.all_is_well()

    @rule()
    def all_is_well(self) -> None:
        self.new_master()
        self.executor_connects()

    @rule()
    def all_ends(self) -> None:
        for key, status in self.executor.tasks.items():
            if not status.terminal:
                self.executor.say(key, S.FINISHED)
        self.executor_reports(False)

    @rule()
    def all_is_acknowledged(self) -> None:
        self.executor_reports(False)
        owed, self.owed = sorted(self.owed), set()
        acks = tuple((framework_id, TaskId(uuid.rpartition(":")[0]), uuid) for framework_id, uuid in owed)
        self.step(ev.Acknowledged(self.epoch, acks))

    @rule(framework=FRAMEWORKS, tasks=TASKS)
    def stale_orders(self, framework: FrameworkId, tasks: list[TaskInfo]) -> None:
        known = self.agent.book.epoch
        before = [(entry.key, entry.status, set(entry.pending)) for entry in self.agent.book.entries()]
        uuids = [(f, status.task_id, status.uuid) for f, status in self.agent.book.unacknowledged()]
        stale = (
            ev.RunTasks(known - 1, framework, tuple(tasks)),
            ev.KillTask(known - 1, framework, tasks[0].task_id),
            ev.KillFramework(known - 1, framework),
            ev.Acknowledged(known - 1, tuple(uuids)),
        )
        connected = self.agent.link.connected
        assert [type(action) for event in stale for action in self.step(event)] == [act.LeaveMaster] * connected
        if connected:
            self.link_ends("", 999)
        assert before == [(entry.key, entry.status, set(entry.pending)) for entry in self.agent.book.entries()]

    @rule(data=st.data())
    def calamity(self, data: st.DataObject) -> None:
        """One rule of several, so that most of what happens is work."""
        match data.draw(st.sampled_from(["master", "stream", "executor", "agent"])):
            case "master":
                self.new_master()
            case "stream":
                self.connected = False
                self.step(ev.ExecutorDisconnected(self.executor.name))
            case "executor":
                self.executor_dies(data)
            case "agent":
                self.restart()

    def new_master(self) -> None:
        self.epoch += 1
        self.link_ends("", 999)
        while not self.link:
            wakeup = self.agent.next_wakeup()
            assert wakeup is not None
            self.now = max(self.now, wakeup)
            self.step(Tick())
        self.master_answers()
        assert self.agent.link.registered

    @rule(leader=st.sampled_from(["", "m2:5050", "m9:5050"]), jitter=st.integers(0, 999))
    def link_ends(self, leader: str, jitter: int) -> None:
        if self.link:
            link, self.link = self.link, 0
            self.step(ev.MasterGone(link, "it died", leader, jitter))
            assert not self.agent.link.connected

    @rule()
    def master_answers(self) -> None:
        """Nothing happens where the link was already answered, or has just been left."""
        if self.link:
            self.step(ev.MasterConnected(self.link))
            self.step(ev.Registered(self.epoch, "c", 1000))

    @rule(behind=st.integers(1, 2))
    def old_link(self, behind: int) -> None:
        """What an earlier link still has to say changes nothing, nor do a master's words while no link is open."""
        wakeup = self.agent.next_wakeup()
        late: list[ev.Event] = [ev.MasterGone(self.links - behind, "late"), ev.MasterConnected(self.links - behind)]
        if not self.agent.link.connected:
            late += [
                ev.RunTasks(self.epoch + 1, FrameworkId("f1"), (task("late"),)),
                ev.KillFramework(self.epoch + 1, FrameworkId("f1")),
                ev.Registered(self.epoch + 1, "c", 1000),
                ev.MasterError(self.epoch + 1, "go away", True),
            ]
        for event in late:
            assert self.step(event) == []
        assert self.agent.next_wakeup() == wakeup

    def executor_connects(self) -> None:
        self.connected = True
        self.step(self.executor.hello())

    def executor_dies(self, data: st.DataObject) -> None:
        """Its successor finds some of what ran."""
        running = [key for key, status in self.executor.tasks.items() if not status.terminal]
        found = data.draw(st.sets(st.sampled_from(running))) if running else set()
        self.executors += 1
        self.executor = Executor(f"e{self.executors}", dict.fromkeys(sorted(found), S.RUNNING))
        self.connected = False
        self.step(ev.ExecutorDied("killed"))

    @rule(data=st.data(), state=st.sampled_from([S.STARTING, S.RUNNING, S.FINISHED, S.FAILED]))
    def task_moves(self, data: st.DataObject, state: TaskState) -> None:
        able = [key for key, status in self.executor.tasks.items() if state in TRANSITIONS[status.state]]
        if able:
            self.executor.say(data.draw(st.sampled_from(sorted(able))), state)

    @rule(lose=st.booleans())
    def executor_reports(self, lose: bool) -> None:
        if self.connected and self.executor.waiting:
            self.step(ev.ExecutorReports(self.executor.name, tuple(self.executor.waiting)), lose)

    @rule(later=st.integers(1, 5000))
    def time_passes(self, later: int) -> None:
        self.now += later
        wakeup = self.agent.next_wakeup()
        if wakeup is not None and wakeup <= self.now:
            self.step(Tick())
            after = self.agent.next_wakeup()
            assert after is None or after > self.now

    @invariant()
    def never_more_than_the_machine_has(self) -> None:
        live = [entry.task.resources for entry in self.agent.book.entries() if entry.live]
        total = HAS
        for held in live:
            total = total - held
        assert len(live) == self.agent.book.live_count
        assert self.agent.book.usage.snapshot() == HAS.without(total)

    @invariant()
    def a_group_is_whole_or_ends(self) -> None:
        for framework, members in self.groups.items():
            live = [each for name in members if (each := self.agent.book.find(framework, name)) and each.live]
            assert len(live) == len(members) or all(each.status.state is S.KILLING for each in live)

    @invariant()
    def a_task_starts_at_most_once(self) -> None:
        assert not {key: count for key, count in self.started.items() if count > 1}

    @invariant()
    def one_end_per_task(self) -> None:
        ends = Counter((framework, status.task_id) for (framework, _), status in self.told.items() if status.terminal)
        refused_again = {
            (framework, status.task_id)
            for (framework, _), status in self.told.items()
            if status.state is S.DROPPED and status.reason == "DUPLICATE_TASK_ID"
        }
        assert not {key: count for key, count in ends.items() if count > 1 and key not in refused_again}

    @invariant()
    def what_is_owed_is_kept(self) -> None:
        kept = {(framework, status.uuid) for framework, status in self.agent.book.unacknowledged()}
        assert self.owed <= kept

    def teardown(self) -> None:
        """Once all is well again, every task ends, is acknowledged and is forgotten."""
        self.all_is_well()
        self.all_ends()
        self.one_end_per_task()
        self.all_is_acknowledged()
        assert list(self.agent.book.entries()) == []
        assert self.agent.book.pending_count == 0


AgentStory.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestAgentStory = AgentStory.TestCase
