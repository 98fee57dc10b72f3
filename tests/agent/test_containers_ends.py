"""How a container's start and end are known, whatever the engine forgets, says late, or cannot do."""

from dataclasses import replace

import pytest

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.book import RETRY_MS
from barter.agent.containers.ends import BACK_MS, LOOK_MS, LOOK_SOON_MS, VANISHED_MS
from barter.agent.containers.events import Seen, Standing, Trouble
from barter.agent.executor.events import Ended, Held, Started
from barter.core.tasks import Container, Network, Reason
from tests.agent.containers_kit import IMAGE, START, T1, Told, not_started, seen


@pytest.mark.parametrize("lost", [True, False])
def test_what_was_asked_for_before_the_news_is_asked_again(lost: bool) -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    assert told.on(ev.Created(T1.key, "c1")) == [START]
    if lost:
        assert told.on(ev.StartFailed(T1.key, Trouble.LOST, "reset")) == [act.Inspect(T1.key, "c1")]
    told.on(ev.EngineLost("reset"))
    assert act.List(2) in told.on(ev.EngineConnected())
    # Its end fell between the answer, read late, and the news.
    late = ev.Inspected(T1.key, seen(Standing.RUNNING)) if lost else ev.StartDone(T1.key)
    assert told.on(late) == [act.Report(Started(T1.key)), act.Inspect(T1.key, "c1")]
    assert told.on(ev.Listed(2, (seen(Standing.EXITED),))) == []
    told.on(ev.Inspected(T1.key, seen(Standing.EXITED, 4)))
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, 4))]


def test_an_inspection_that_is_older_than_the_news_is_made_again() -> None:
    told = Told().running()
    assert told.at(LOOK_MS) == [act.CopyLogs(T1, "c1", True), act.Inspect(T1.key, "c1")]
    told.on(ev.EngineLost("reset"))
    told.on(ev.EngineConnected())
    assert told.on(ev.Listed(2, (seen(Standing.EXITED),))) == []
    assert told.on(ev.Inspected(T1.key, seen(Standing.RUNNING))) == [act.Inspect(T1.key, "c1")]


def test_an_end_that_the_engine_did_not_tell_is_found_by_looking_now_and_then() -> None:
    told = Told().running()
    assert act.Inspect(T1.key, "c1") in told.at(LOOK_MS)
    assert told.on(ev.Inspected(T1.key, seen(Standing.RUNNING))) == []
    assert told.at(2 * LOOK_MS) == [act.Inspect(T1.key, "c1")]
    told.on(ev.Inspected(T1.key, Seen("c1", Standing.EXITED, T1, 4, ended_ms=99)))
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, 4, ended_ms=99))]


def test_after_an_engine_came_back_it_is_looked_at_sooner_for_a_while() -> None:
    told = Told().running()
    told.now = 1_000
    told.on(ev.EngineLost("reset"))
    told.on(ev.EngineConnected())
    told.on(ev.Listed(2, (seen(Standing.RUNNING),)))
    looks = []
    for _ in range(20):
        wakeup = told.machine.next_wakeup()
        assert wakeup is not None
        if act.Inspect(T1.key, "c1") in told.at(wakeup):
            looks.append(wakeup - 1_000)
            told.on(ev.Inspected(T1.key, seen(Standing.RUNNING)))
    soon = list(range(LOOK_SOON_MS, BACK_MS + 1, LOOK_SOON_MS))
    assert looks[: len(soon) + 1] == [*soon, BACK_MS + LOOK_MS]


def test_a_container_whose_process_is_gone_runs_no_more_whatever_the_engine_says() -> None:
    told = Told().running()
    gone = ev.Inspected(T1.key, Seen("c1", Standing.RUNNING, T1, vanished=True))
    told.at(LOOK_MS)
    assert told.on(gone) == []
    for second in range(1, VANISHED_MS // RETRY_MS):
        assert told.at(LOOK_MS + second * RETRY_MS) == [act.Inspect(T1.key, "c1")]
        assert told.on(gone) == []
    assert told.at(LOOK_MS + VANISHED_MS) == [act.Inspect(T1.key, "c1")]
    assert told.on(gone) == []
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, None))]


def test_a_process_that_was_only_overlooked_goes_on() -> None:
    told = Told().running()
    told.at(LOOK_MS)
    told.on(ev.Inspected(T1.key, Seen("c1", Standing.RUNNING, T1, vanished=True)))
    told.at(LOOK_MS + RETRY_MS)
    assert told.on(ev.Inspected(T1.key, seen(Standing.RUNNING))) == []
    told.at(2 * LOOK_MS)
    assert told.on(ev.Inspected(T1.key, Seen("c1", Standing.RUNNING, T1, vanished=True))) == []
    assert told.machine.next_wakeup() == 2 * LOOK_MS + RETRY_MS


def test_one_with_an_address_of_its_own_has_started_when_that_is_known() -> None:
    told = Told()
    info = replace(T1.task, container=Container(IMAGE, Network.OWN, network_name="lan"))
    own = replace(T1, task=info)
    told.on(ev.Launch((own,)))
    told.on(ev.Created(T1.key, "c1"))
    assert told.on(ev.StartDone(T1.key)) == [act.Inspect(T1.key, "c1")]
    assert told.on(ev.InspectFailed(T1.key)) == []
    assert told.at(RETRY_MS) == [act.Inspect(T1.key, "c1")]
    there = Seen("c1", Standing.RUNNING, own, address="10.1.2.3")
    assert told.on(ev.Inspected(T1.key, there)) == [act.Report(Started(T1.key, "10.1.2.3"))]
    again = Told(there)
    assert again.first[0] == act.Recovered((Held(own, address="10.1.2.3"),))


def test_an_end_before_the_address_was_known_is_told_all_the_same() -> None:
    told = Told()
    info = replace(T1.task, container=Container(IMAGE, Network.OWN, network_name="lan"))
    told.on(ev.Launch((replace(T1, task=info),)))
    told.on(ev.Created(T1.key, "c1"))
    told.on(ev.StartDone(T1.key))
    assert told.on(ev.Died(T1.key, 3, 7)) == []
    said = told.on(ev.Inspected(T1.key, Seen("c1", Standing.EXITED, T1, 3, ended_ms=7)))
    assert said[0] == act.Report(Started(T1.key))
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, 3, ended_ms=7))]


def test_a_full_disk_is_told_as_such() -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    assert told.on(ev.CreateFailed(T1.key, Trouble.DISK_FULL, "full")) == [not_started("full", Reason.DISK_FULL)]
    told = Told()
    told.on(ev.Launch((T1,)))
    told.on(ev.Created(T1.key, "c1"))
    assert told.on(ev.StartFailed(T1.key, Trouble.DISK_FULL, "full")) == [act.Remove("c1", "full")]
    assert told.on(ev.Removed("c1")) == [not_started("full", Reason.DISK_FULL)]


def test_the_end_has_the_engines_time() -> None:
    told = Told().running()
    told.on(ev.Died(T1.key, 0, 77))
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, 0, ended_ms=77))]
