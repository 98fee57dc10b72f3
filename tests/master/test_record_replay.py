"""Replay: silent while today's code decides alike, and one difference, not a hundred, where it does not."""

from dataclasses import replace

import pytest

from barter.core.cluster import FrameworkInfo
from barter.core.tasks import Command
from barter.master import accept, agents, offers, validate
from barter.master import events as ev
from barter.master.actions import Action
from barter.master.cluster import Cluster
from barter.master.record_log import BatchRecord, Entry, Gap, Header
from barter.master.record_replay import RECORDED, SAME, TODAY, Difference, Replay
from barter.master.snapshot import take
from tests.master.world import A1, AGENT, FRAMEWORK, World, agent, task

HEADER = Header("1.2.3", "abc123", 1, 1_000)
SECRET = replace(task("t1"), command=Command("true", env={"PASSWORD": "hunter2"}))


class Recorder:
    """What happens in a world, with a snapshot wherever one is asked for."""

    def __init__(self) -> None:
        self.world = World()
        self.entries: list[Entry] = [HEADER]
        self.snapshot()

    def snapshot(self) -> None:
        self.entries.append(take(self.world.master, self.world.now))

    def do(self, *events: ev.Event) -> list[Action]:
        actions = self.world.do(*events)
        self.entries.append(BatchRecord(self.world.now, events, tuple(actions)))
        return actions


def session() -> Recorder:
    made = Recorder()
    made.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("f")))
    made.do(ev.AgentRegister(AGENT, agent()))
    made.do(ev.Accept(FRAMEWORK, tuple(made.world.cluster.offers), (SECRET,)))
    made.do(ev.AgentHeartbeat(AGENT, A1))
    made.snapshot()
    made.do(ev.Subscribe(9, FrameworkInfo("g")))
    return made


def replayed(entries: list[Entry]) -> tuple[Replay, list[Difference]]:
    course = Replay()
    return course, [found for entry in entries if (found := course.entry(entry)) is not None]


def test_the_same_code_decides_alike() -> None:
    course, found = replayed(session().entries)
    assert found == []
    assert (course.count.alike, course.count.events, course.count.snapshots) == (5, 5, 2)


def test_a_batch_without_events_is_replayed_too() -> None:
    made = session()
    made.world.now += 100_000
    done = made.do()
    assert done
    assert replayed(made.entries)[1] == []


def test_a_difference_is_shown_once_and_the_next_snapshot_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made = session()
    refuse = validate.refusal
    monkeypatch.setattr(accept, "refusal", lambda info, runtimes: refuse(info, ()))
    course, [found] = replayed(made.entries)
    assert found.decides
    assert [type(event) for event in found.events] == [ev.Accept]
    texts = {sign: [text for each, text in found.lines if each == sign] for sign in (SAME, RECORDED, TODAY)}
    assert any("to agent a1: Run" in text and "accepted by f" in text for text in texts[RECORDED])
    assert any("RUNTIME_MISSING" in text and "the agent has: none" in text for text in texts[TODAY])
    assert "hunter2" not in str(texts)
    assert "PASSWORD" in str(texts[RECORDED])
    assert any("RUNTIME_MISSING" in entry.reason for entry in found.history)
    assert (course.count.alike, course.count.different, course.count.passed_over) == (3, 1, 1)


def test_other_words_are_told_and_the_replay_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made = session()
    register = agents.register

    def reword(cluster: Cluster, event: ev.AgentRegister, now: int) -> None:
        register(cluster, event, now)
        cluster.out = [replace(action, reason=f"{action.reason}!") for action in cluster.out]

    monkeypatch.setattr(agents, "register", reword)
    course, [found] = replayed(made.entries)
    assert not found.decides
    assert (course.count.reworded, course.count.alike, course.count.passed_over) == (1, 4, 0)


def test_code_that_raises_is_a_difference_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = session()

    def fail(*_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(offers, "close", fail)
    course, [found] = replayed(made.entries)
    assert found.failure == "today's code raises RuntimeError: no such luck"
    assert course.count.different == 1


def test_after_a_gap_nothing_is_compared_up_to_the_next_snapshot() -> None:
    made = session()
    made.entries.insert(3, Gap("too long"))
    course, found = replayed(made.entries)
    assert found == []
    assert (course.count.alike, course.count.passed_over) == (2, 3)


def test_each_file_begins_with_its_own_snapshot() -> None:
    first, second = session(), session()
    course, found = replayed([*first.entries, *second.entries])
    assert found == []
    assert course.count.alike == 10
