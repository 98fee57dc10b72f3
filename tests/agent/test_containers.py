"""Single turns of the docker runtime's core that a random story meets seldom."""

import pytest

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.ends import LEFT, MEMORY_NEWS_MS
from barter.agent.containers.events import Seen, Standing, Trouble
from barter.agent.containers.launches import KILLED, LAUNCHES_AT_ONCE
from barter.agent.containers.machine import Containers
from barter.agent.containers.removals import PAUSES_MS
from barter.agent.executor.events import Ended, Held, NotStarted, Pulling, Started
from barter.core.machine import Tick
from barter.core.tasks import Reason
from tests.agent.containers_kit import IMAGE, START, T1, T2, Told, key, not_started, order, seen


def test_launches_wait_for_the_first_list_and_for_a_place() -> None:
    machine = Containers()
    orders = tuple(order(f"t{number}") for number in range(LAUNCHES_AT_ONCE + 2))
    assert machine.step(ev.Launch(orders), 0) == []
    machine.step(Tick(), 0)
    machine.step(ev.EngineConnected(), 0)
    begun = machine.step(ev.Listed(1, ()), 0)
    assert begun == [act.Recovered(()), *(act.Create(each) for each in orders[:LAUNCHES_AT_ONCE])]
    refused = machine.step(ev.CreateFailed(orders[0].key, Trouble.REFUSED, "no"), 0)
    assert refused[-1] == act.Create(orders[LAUNCHES_AT_ONCE])


def test_a_launched_task_that_the_first_list_shows_is_launched_not_held() -> None:
    machine = Containers()
    machine.step(ev.Launch((T1,)), 0)
    machine.step(Tick(), 0)
    machine.step(ev.EngineConnected(), 0)
    assert machine.step(ev.Listed(1, (seen(Standing.RUNNING),)), 0) == [act.Recovered(()), act.Create(T1)]
    asked = machine.step(ev.CreateFailed(T1.key, Trouble.NAME_TAKEN, "in use"), 0)
    assert asked == [act.Inspect(T1.key, T1.container_name)]
    assert machine.step(ev.Inspected(T1.key, seen(Standing.RUNNING)), 0) == [act.Report(Started(T1.key))]


def test_one_pull_serves_all_and_the_last_kill_ends_it() -> None:
    told = Told()
    told.on(ev.Launch((T1, T2)))
    missing = [ev.CreateFailed(each.key, Trouble.IMAGE_MISSING, "no such image") for each in (T1, T2)]
    assert told.on(missing[0]) == [act.Report(Pulling(T1.key, IMAGE)), act.Pull(1, IMAGE)]
    assert told.on(missing[1]) == [act.Report(Pulling(T2.key, IMAGE))]
    assert told.on(ev.End(T1.key, force=False)) == [not_started(KILLED)]
    assert told.on(ev.End(T2.key, force=False))[0] == act.CancelPull(1)
    assert told.on(ev.PullDone(1)) == []


def test_who_must_have_it_anew_gets_a_pull_begun_since() -> None:
    told, anew = Told(), [order(f"anew{number}", force_pull=True) for number in (1, 2)]
    told.on(ev.Launch((T1,)))
    assert told.on(ev.CreateFailed(T1.key, Trouble.IMAGE_MISSING, "no such image"))[1] == act.Pull(1, IMAGE)
    told.now += 1
    assert told.on(ev.Launch(tuple(anew))) == [act.Report(Pulling(each.key, IMAGE)) for each in anew]
    done = told.on(ev.PullDone(1))
    assert done == [act.Pull(2, IMAGE), act.Create(T1)]
    assert told.on(ev.PullDone(2)) == [act.Create(each) for each in anew]


def test_a_pull_of_others_that_ends_badly_or_early_costs_those_nothing_who_must_have_it_anew() -> None:
    for end in (ev.PullFailed(1, "away", Reason.IMAGE_UNREACHABLE), ev.End(T1.key, force=False)):
        told, anew = Told(), order("anew", force_pull=True)
        told.on(ev.Launch((T1,)))
        told.on(ev.CreateFailed(T1.key, Trouble.IMAGE_MISSING, "no such image"))
        told.now += 1
        told.on(ev.Launch((anew,)))
        assert act.Pull(2, IMAGE) in told.on(end)
        assert told.on(ev.PullDone(2)) == [act.Create(anew)]


def test_one_that_waits_for_the_next_pull_may_be_killed() -> None:
    told, anew = Told(), order("anew", force_pull=True)
    told.on(ev.Launch((order("first", force_pull=True),)))
    told.now += 1
    told.on(ev.Launch((anew,)))
    assert [type(each) for each in told.on(ev.End(anew.key, force=False))] == [act.Report]
    assert act.Pull(2, IMAGE) not in told.on(ev.PullDone(1))


def test_what_is_launched_together_is_pulled_once() -> None:
    told = Told()
    several = tuple(order(f"t{number}", force_pull=True) for number in range(3))
    actions = told.on(ev.Launch(several))
    assert [each for each in actions if isinstance(each, act.Pull)] == [act.Pull(1, IMAGE)]


def test_progress_is_told_to_all_who_wait_seldom_and_when_it_is_new() -> None:
    told = Told()
    told.on(ev.Launch((T1, T2)))
    for each in (T1, T2):
        told.on(ev.CreateFailed(each.key, Trouble.IMAGE_MISSING, "no such image"))
    assert told.on(ev.PullProgress(1, "1MiB of 9MiB")) == []
    told.now += 2_000
    both = [act.Report(Pulling(each.key, IMAGE, "2MiB of 9MiB")) for each in (T1, T2)]
    assert told.on(ev.PullProgress(1, "2MiB of 9MiB")) == both
    told.now += 1_999
    assert told.on(ev.PullProgress(1, "3MiB of 9MiB")) == []
    told.now += 1
    assert told.on(ev.PullProgress(1, "2MiB of 9MiB")) == []
    assert len(told.on(ev.PullProgress(1, "4MiB of 9MiB"))) == 2
    told.on(ev.PullDone(1))
    assert told.on(ev.PullProgress(1, "9MiB of 9MiB")) == []


def test_why_a_pull_failed_is_told_to_all_who_waited() -> None:
    told = Told()
    told.on(ev.Launch((order("t1", force_pull=True), order("t2", force_pull=True))))
    actions = told.on(ev.PullFailed(1, "no such image", Reason.IMAGE_NOT_FOUND))
    why = Reason.IMAGE_NOT_FOUND, "no such image"
    assert actions == [act.Report(NotStarted(key(name), *why)) for name in ("t1", "t2")]


def test_an_image_missing_after_its_pull_is_not_pulled_again() -> None:
    told = Told()
    assert told.on(ev.Launch((order("t1", force_pull=True),)))[1] == act.Pull(1, IMAGE)
    told.on(ev.PullDone(1))
    assert told.on(ev.CreateFailed(T1.key, Trouble.IMAGE_MISSING, "gone")) == [not_started("gone")]


def test_one_that_is_killed_while_it_is_created_is_never_started() -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    assert told.on(ev.End(T1.key, force=False)) == []
    assert told.on(ev.Created(T1.key, "c1")) == [act.Remove("c1", KILLED)]
    assert told.on(ev.Removed("c1")) == [not_started(KILLED)]


def test_a_name_taken_by_another_is_left_alone() -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    told.on(ev.CreateFailed(T1.key, Trouble.NAME_TAKEN, "in use"))
    (said,) = told.on(ev.Inspected(T1.key, Seen("x", Standing.RUNNING, None)))
    assert isinstance(said, act.Report)
    assert isinstance(said.event, NotStarted)
    assert "is not this task's" in said.event.message


def test_after_a_lost_creation_the_container_is_looked_for_until_the_engine_answers() -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    assert told.on(ev.CreateFailed(T1.key, Trouble.LOST, "?")) == [act.Inspect(T1.key, T1.container_name)]
    assert told.on(ev.InspectFailed(T1.key)) == []
    assert told.at(1_000) == [act.Inspect(T1.key, T1.container_name)]
    assert told.on(ev.Inspected(T1.key, seen(Standing.CREATED))) == [START]


def test_a_container_that_ended_before_its_start_was_asked_for_is_not_started() -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    told.on(ev.CreateFailed(T1.key, Trouble.NAME_TAKEN, "in use"))
    told.on(ev.Died(T1.key, 3))
    actions = told.on(ev.Inspected(T1.key, seen(Standing.CREATED)))
    assert actions == [act.Report(Started(T1.key)), act.CopyLogs(T1, "c1", follow=False)]
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, 3))]


@pytest.mark.parametrize("trouble", [Trouble.LOST, Trouble.REFUSED])
def test_a_start_is_never_repeated(trouble: Trouble) -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    told.on(ev.Created(T1.key, "c1"))
    actions = told.on(ev.StartFailed(T1.key, trouble, "?"))
    assert actions == [act.Inspect(T1.key, "c1")]
    actions = told.on(ev.Inspected(T1.key, seen(Standing.CREATED)))
    assert actions == [act.Remove("c1", "?")]
    assert told.on(ev.RemoveFailed("c1")) == []
    assert told.at(PAUSES_MS[0]) == [act.Remove("c1", "it could not be removed before")]
    assert told.on(ev.Removed("c1")) == [not_started("?")]


def test_a_start_that_reached_nobody_is_told_at_once_and_cleaned_up_later() -> None:
    told = Told()
    told.on(ev.Launch((T1,)))
    told.on(ev.Created(T1.key, "c1"))
    actions = told.on(ev.StartFailed(T1.key, Trouble.AWAY, "is it running?"))
    assert actions == [not_started("is it running?"), act.Remove("c1", "it was not started")]
    assert told.on(ev.Release((T1.key,))) == []
    told.on(ev.RemoveFailed("c1"))
    assert act.Remove("c1", "it could not be removed before") in told.on(ev.EngineConnected())


def test_an_end_heard_before_the_start_is_answered_counts() -> None:
    for answer in (ev.StartDone(T1.key), ev.StartFailed(T1.key, Trouble.LOST, "?")):
        told = Told()
        told.on(ev.Launch((T1,)))
        told.on(ev.Created(T1.key, "c1"))
        assert told.on(ev.Died(T1.key, 4)) == []
        assert told.on(answer) == [act.Report(Started(T1.key)), act.CopyLogs(T1, "c1", follow=False)]


def test_an_end_is_told_once_and_waits_only_a_moment_for_output() -> None:
    told = Told().running()
    assert told.on(ev.Died(T1.key, 0)) == [act.CopyLogs(T1, "c1", follow=False)]
    assert told.on(ev.Died(T1.key, 9)) == []
    assert told.at(250) == [act.Report(Ended(T1.key, 0))]
    assert told.on(ev.LogsCopied("c1", whole=True)) == []


COPY = act.CopyLogs(T1, "c1", follow=False)


def killed_by_somebody() -> Told:
    told = Told().running()
    assert told.on(ev.Died(T1.key, 137)) == [act.Inspect(T1.key, "c1")]
    return told


def ended_for_memory(told: Told, *, short: bool) -> bool:
    return told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, 137, out_of_memory=short))]


def test_sigkill_from_outside_asks_whether_memory_was_short() -> None:
    told = killed_by_somebody()
    assert told.on(ev.Inspected(T1.key, seen(Standing.EXITED, 137, short=True))) == [COPY]
    assert ended_for_memory(told, short=True)


def test_an_engine_that_says_no_more_of_memory_means_that_it_was_not_short() -> None:
    told = killed_by_somebody()
    assert told.on(ev.Inspected(T1.key, seen(Standing.EXITED, 137))) == []
    assert told.at(MEMORY_NEWS_MS) == [COPY]
    assert ended_for_memory(told, short=False)


def test_the_news_of_memory_may_come_before_or_after_that_of_the_end() -> None:
    before = Told().running()
    assert before.on(ev.OutOfMemory(T1.key)) == []
    assert before.on(ev.Died(T1.key, 137)) == [COPY]
    assert ended_for_memory(before, short=True)
    after = killed_by_somebody()
    assert after.on(ev.Inspected(T1.key, seen(Standing.EXITED, 137))) == []
    assert after.on(ev.OutOfMemory(T1.key)) == [COPY]
    assert ended_for_memory(after, short=True)


def test_one_of_its_processes_that_memory_ended_is_not_its_own_end() -> None:
    told = Told().running()
    told.on(ev.OutOfMemory(T1.key))
    assert told.on(ev.Died(T1.key, 1)) == [COPY]
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, 1))]


def test_an_old_lists_answer_says_nothing() -> None:
    told = Told().running()
    assert told.on(ev.EngineLost("reset"))[0] == act.Log("warning", "lost the Docker Engine, trying on", "reset")
    assert told.on(ev.EngineConnected())[1:] == [act.List(2)]
    told.on(ev.EngineLost("reset"))
    assert told.on(ev.EngineConnected())[1:] == [act.List(3)]
    assert told.on(ev.Listed(2, ())) == []
    assert told.on(ev.Listed(3, ())) == [act.Inspect(T1.key, "c1")]
    assert told.on(ev.Inspected(T1.key, None)) == [act.CopyLogs(T1, "c1", follow=False)]
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, None))]


def test_a_container_made_after_its_launch_was_given_up_is_swept() -> None:
    told = Told()
    told.on(ev.Launch((T1, T2)))
    told.on(ev.CreateFailed(T1.key, Trouble.LOST, "?"))
    assert told.on(ev.Inspected(T1.key, None)) == [not_started("?")]
    told.on(ev.Release((T1.key,)))
    told.on(ev.EngineConnected())
    both = (seen(Standing.CREATED), Seen("c2", Standing.CREATED, T2))
    assert told.on(ev.Listed(2, both)) == [act.Remove("c1", "nobody waits for its start")]


def test_what_an_earlier_executor_left_is_held_and_its_ends_found() -> None:
    exited = Seen("c2", Standing.EXITED, T2)
    told = Told(seen(Standing.CREATED), exited)
    assert told.first[0] == act.Recovered((Held(T1), Held(T2)))
    assert [type(action) for action in told.first[1:]] == [act.Remove, act.Inspect]
    (said,) = told.on(ev.Removed("c1"))
    assert isinstance(said, act.Report)
    assert isinstance(said.event, NotStarted)


def test_what_was_being_removed_unstarted_when_its_engine_died_never_began() -> None:
    told = Told(seen(Standing.EXITED))
    never = ev.Inspected(T1.key, seen(Standing.CREATED, 0))
    assert told.on(never) == [act.Report(NotStarted(T1.key, Reason.LAUNCH_FAILED, LEFT))]
    assert [type(each) for each in told.on(ev.Release((T1.key,)))] == [act.Remove]


def test_an_engine_that_forgets_a_start_it_answered_knows_no_exit_code() -> None:
    told = Told().running()
    told.on(ev.EngineLost("killed"))
    told.on(ev.EngineConnected())
    told.on(ev.Listed(2, (seen(Standing.CREATED),)))
    told.on(ev.Inspected(T1.key, seen(Standing.CREATED, 0)))
    assert told.on(ev.LogsCopied("c1", whole=True)) == [act.Report(Ended(T1.key, None))]


def test_a_signal_that_did_not_get_through_is_sent_again() -> None:
    told = Told().running()
    (kill,) = told.on(ev.End(T1.key, force=False))
    assert isinstance(kill, act.Kill)
    assert kill.signal == "SIGTERM"
    told.on(ev.KillFailed(T1.key, "SIGTERM"))
    again = [each for each in told.on(ev.EngineConnected()) if isinstance(each, act.Kill)]
    assert [each.signal for each in again] == ["SIGTERM"]
    assert not any(isinstance(each, act.Kill) for each in told.on(ev.EngineConnected()))


def test_a_removal_goes_on_for_ever_and_asks_for_help_once() -> None:
    told = Told().running()
    told.on(ev.Died(T1.key, 0))
    told.on(ev.LogsCopied("c1", whole=True))
    assert [type(action) for action in told.on(ev.Release((T1.key,)))] == [act.Remove]
    said: list[act.Action] = []
    for _ in range(len(PAUSES_MS) + 5):
        said += told.on(ev.RemoveFailed("c1"))
        assert any(isinstance(action, act.Remove) for action in told.at(told.now + PAUSES_MS[-1]))
    assert [type(action) for action in said] == [act.Log]


def test_removal_waits_for_output_and_for_launches_but_not_for_ever() -> None:
    told = Told().running()
    told.on(ev.Died(T1.key, 0))
    told.at(250)
    assert told.on(ev.Release((T1.key,))) == []
    told.on(ev.Launch((T2,)))
    assert told.at(5_250) == []
    assert [type(action) for action in told.at(15_250)] == [act.Remove]


def test_closing_begins_nothing_and_says_when_all_is_gone() -> None:
    told = Told().running()
    told.on(ev.Died(T1.key, 0))
    told.on(ev.LogsCopied("c1", whole=True))
    told.on(ev.Launch((T2,)))
    told.on(ev.Release((T1.key,)))
    assert [type(action) for action in told.on(ev.Close())] == [act.Remove]
    assert told.on(ev.Launch((order("t3"),))) == []
    assert told.on(ev.Removed("c1")) == [act.Closed()]


def test_the_news_are_asked_for_again_and_again_and_only_said_once() -> None:
    machine = Containers()
    assert (machine.next_wakeup(), machine.step(Tick(), 0)) == (0, [act.Watch()])
    assert [type(action) for action in machine.step(ev.EngineLost("refused"), 0)] == [act.Log]
    waits = []
    now = 0
    for _ in range(7):
        wakeup = machine.next_wakeup()
        assert wakeup is not None
        waits.append(wakeup - now)
        now = wakeup
        assert machine.step(Tick(), now) == [act.Watch()]
        assert machine.step(ev.EngineLost("refused"), now) == []
    assert waits == [100, 200, 400, 800, 1600, 2000, 2000]


def test_nothing_that_runs_is_let_go_and_answers_nobody_asked_for_mean_nothing() -> None:
    told = Told().running()
    assert told.on(ev.Release((T1.key,))) == []
    assert told.on(ev.Inspected(T1.key, None)) == []
    for event in (ev.Created(key("x"), "c9"), ev.StartDone(T1.key), ev.Removed("c1"), ev.RemoveFailed("c1")):
        assert told.on(event) == []
    assert told.machine.container_of(T1.key) == "c1"
