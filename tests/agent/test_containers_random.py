"""The core of the docker runtime against any order of answers, with the engine and executors dying at any time."""

from collections.abc import Iterator
from itertools import groupby
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from barter.agent.containers import actions as act
from barter.agent.containers import ends
from barter.agent.containers import events as ev
from barter.agent.containers.answers import failed
from barter.agent.containers.events import Trouble
from barter.agent.containers.machine import Containers
from barter.agent.executor.events import Ended, NotStarted, Pulling, Started, TaskKey
from barter.core.machine import Tick
from tests.agent.containers_kit import Truth, key, order

NAMES = st.sampled_from([f"t{number}" for number in range(6)])
WHICH = st.integers(0, 40)
STORIES: list[list[type[ev.RuntimeEvent]]] = [
    [*first, *last] for first in ([], [Pulling]) for last in ([], [NotStarted], [Started], [Started, Ended])
]

NEVER_MS = 10**12


@pytest.fixture(scope="module", autouse=True)
def _no_looking() -> Iterator[None]:
    """Every end must be found without the looks that are for engines that forget to tell one."""
    with patch.multiple(ends, LOOK_MS=NEVER_MS, LOOK_SOON_MS=NEVER_MS):
        yield


class Story(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.truth = Truth()
        self.up = True
        self.launched: dict[TaskKey, int] = {}
        self.restarts = 0
        self._begin()

    def _begin(self) -> None:
        self.machine = Containers()
        self.calls: list[act.Call] = []
        self.mail: list[tuple[act.Call, ev.Event]] = []
        self.following: list[act.CopyLogs] = []
        self.watching = self.wants_watch = self.known = False
        self.pulls: dict[int, int] = {}
        self.pulled = 0
        self.told: dict[TaskKey, list[ev.RuntimeEvent]] = {}
        self.found: set[TaskKey] = set()
        self.step(Tick())

    def step(self, event: ev.Event | Tick) -> None:
        self.now += 1
        for action in self.machine.step(event, self.now):
            match action:
                case act.Watch():
                    self.wants_watch = True
                case act.Recovered():
                    assert not self.known
                    self.known = True
                    self.found = {held.order.key for held in action.held}
                case act.Report():
                    self.told.setdefault(action.event.key, []).append(action.event)
                case act.CancelPull() | act.Log() | act.Closed():
                    pass
                case _:
                    self.calls.append(action)
                    self._ask(action)

    def _ask(self, call: act.Call) -> None:
        if isinstance(call, act.Pull):
            self.pulls[call.number] = self.now
        elif isinstance(call, act.Create) and call.order.task.container and call.order.task.container.force_pull:
            assert self.pulled >= self.launched[call.order.key], "what it gets is as new as its launch"

    def tell(self, event: ev.Event) -> None:
        """An answer."""
        if isinstance(event, ev.PullDone):
            self.pulled = max(self.pulled, self.pulls[event.number])
        self.step(event)

    def answer(self, call: act.Call) -> None:
        said = self.truth.do(call)
        if said is not None:
            self.tell(said)
        elif isinstance(call, act.CopyLogs):
            self.following.append(call)

    @rule(name=NAMES, force_pull=st.booleans())
    def launch(self, name: str, force_pull: bool) -> None:
        if self.known and key(name) not in self.launched:
            self.launched[key(name)] = self.now + 1
            self.step(ev.Launch((order(name, force_pull=force_pull),)))

    @rule(name=NAMES, force=st.booleans())
    def end(self, name: str, force: bool) -> None:
        self.step(ev.End(key(name), force))

    @rule(name=NAMES)
    def release(self, name: str) -> None:
        """Once its end is recorded, as the executor does; before it that means nothing."""
        self.step(ev.Release((key(name),)))

    @precondition(lambda self: self.calls)
    @rule(which=WHICH)
    def answered(self, which: int) -> None:
        call = self.calls.pop(which % len(self.calls))
        if self.up:
            self.answer(call)
        else:
            self.step(failed(call, Trouble.AWAY, "connection refused"))

    @precondition(lambda self: self.calls and self.up)
    @rule(which=WHICH)
    def done(self, which: int) -> None:
        """What the answer says may be past when it comes."""
        call = self.calls.pop(which % len(self.calls))
        if (said := self.truth.do(call)) is not None:
            self.mail.append((call, said))
        elif isinstance(call, act.CopyLogs):
            self.following.append(call)

    @precondition(lambda self: self.mail)
    @rule(which=WHICH)
    def comes(self, which: int) -> None:
        self.tell(self.mail.pop(which % len(self.mail))[1])

    @precondition(lambda self: self.pulls)
    @rule(which=WHICH, far=st.integers(0, 3))
    def a_pull_is_so_far(self, which: int, far: int) -> None:
        """Also when it is over, or was never begun."""
        self.step(ev.PullProgress(which % (len(self.pulls) + 1), f"{far} of 3"))

    @precondition(lambda self: self.calls)
    @rule(which=WHICH, effect=st.booleans())
    def not_answered(self, which: int, effect: bool) -> None:
        call = self.calls.pop(which % len(self.calls))
        if effect and self.up:
            self.truth.do(call)
        self.step(failed(call, Trouble.LOST, "read timed out"))

    @precondition(lambda self: self.calls)
    @rule(which=WHICH)
    def refused(self, which: int) -> None:
        self.step(failed(self.calls.pop(which % len(self.calls)), Trouble.REFUSED, "500"))

    @precondition(lambda self: self.wants_watch)
    @rule()
    def watch(self) -> None:
        self.wants_watch = False
        if self.up:
            self.watching = True
            self.truth.news.clear()
            self.step(ev.EngineConnected())
        else:
            self.step(ev.EngineLost("connection refused"))

    @precondition(lambda self: self.watching and self.truth.news)
    @rule()
    def hear(self) -> None:
        self.step(self.truth.news.pop(0))

    @precondition(lambda self: self.truth.running())
    @rule(which=WHICH, code=st.sampled_from([0, 1, 137]))
    def ends_by_itself(self, which: int, code: int) -> None:
        running = self.truth.running()
        self.truth.end(running[which % len(running)], code)
        self._end_follows()

    def _end_follows(self) -> None:
        still = [call for call in self.following if call.container in self.truth.running()]
        over = [call for call in self.following if call not in still]
        self.following = still
        for call in over:
            self.step(ev.LogsCopied(call.container, whole=self.up))

    @precondition(lambda self: self.up)
    @rule(kills=st.booleans(), slow=st.booleans())
    def engine_dies(self, kills: bool, slow: bool) -> None:
        """With `slow`, answers that are here already are read late, even after the engine is back."""
        self.up = False
        if kills:
            for container in self.truth.running():
                self.truth.end(container, 137)
        self._lose_engine(slow)

    def _lose_engine(self, slow: bool) -> None:
        lost, self.following = self.following, []
        for copy in lost:
            self.step(ev.LogsCopied(copy.container, whole=False))
        unheard: list[tuple[act.Call, ev.Event]] = []
        if not slow:
            unheard, self.mail = self.mail, []
        for call, _ in unheard:
            self.step(failed(call, Trouble.LOST, "connection reset"))
        if self.watching:
            self.watching = False
            self.step(ev.EngineLost("connection reset"))

    @rule()
    def engine_boots(self) -> None:
        self.up = True

    @rule()
    def image_goes(self) -> None:
        self.truth.image = False

    @rule(ms=st.sampled_from([1, 300, 2_000, 70_000]))
    def time_passes(self, ms: int) -> None:
        self.now += ms
        self.step(Tick())

    @rule()
    def executor_dies(self) -> None:
        """What it asked last may still be done by the engine, heard by nobody."""
        for call in self.calls[:1]:
            self.truth.do(call)
        self.restarts += 1
        self._begin()

    @invariant()
    def stories_are_whole(self) -> None:
        for task, events in self.told.items():
            kinds: list[type[ev.RuntimeEvent]] = [kind for kind, _ in groupby(events, type)]
            assert kinds in ([[], [NotStarted], [Ended]] if task in self.found else STORIES), events

    @invariant()
    def nothing_runs_twice(self) -> None:
        assert max(self.truth.runs.values(), default=0) <= 1

    @invariant()
    def a_start_is_true(self) -> None:
        for task, events in self.told.items():
            if any(isinstance(event, Started) for event in events):
                assert self.truth.runs[task] == 1
            if isinstance(events[-1], NotStarted):
                assert not any(self.truth.orders[each].key == task for each in self.truth.running())
                assert task in self.found or task not in self.truth.runs

    def teardown(self) -> None:
        """In peace, everything comes to its end: all is told, nothing is left."""
        self.up = True
        for _ in range(4_000):
            if self.wants_watch:
                self.watch()
            elif self.mail:
                self.comes(0)
            elif self.calls:
                self.answer(self.calls.pop(0))
            elif self.watching and self.truth.news:
                self.hear()
            elif self._due():
                self.step(Tick())
            elif self.truth.running():
                self.truth.end(self.truth.running()[0], 0)
            elif ended := [task for task, events in self.told.items() if isinstance(events[-1], NotStarted | Ended)]:
                for task in ended:
                    del self.told[task]
                self.step(ev.Release(tuple(ended)))
            else:
                break
            self._end_follows()
        assert self.known
        assert self.told == {}
        assert self.truth.orders == {}

    def _due(self) -> bool:
        """Let the time come at which the machine wants something."""
        wakeup = self.machine.next_wakeup()
        if wakeup is None or wakeup >= NEVER_MS:
            return False
        self.now = max(self.now, wakeup)
        return True


Story.TestCase.settings = settings(max_examples=300, stateful_step_count=80, deadline=None)
TestStory = Story.TestCase
