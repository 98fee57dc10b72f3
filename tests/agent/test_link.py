"""The agent's sessions with masters: who is tried and when, what is warned of, and what an old link can still do."""

from hypothesis import given
from hypothesis import strategies as st

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.machine import Agent
from barter.core.ids import TaskId
from barter.core.machine import Tick
from barter.core.turns import LONGEST_DELAY_MS
from tests.agent.agent_kit import F, agent, dialled, heard, kinds, opened, ready, run, task


def warned(actions: list[act.Action]) -> list[str]:
    return [action.message for action in actions if isinstance(action, act.Note) and action.problem]


def due(machine: Agent) -> int:
    at = machine.next_wakeup()
    assert at is not None
    return at


def lose(machine: Agent, link: int, now: int, leader: str = "") -> list[act.Action]:
    return machine.step(ev.MasterGone(link, "nobody answers there", leader, 999), now)


def test_the_first_connect_comes_of_the_first_tick() -> None:
    machine = agent()
    assert machine.next_wakeup() == 0
    assert machine.step(Tick(), 0) == [act.ConnectMaster(1, "m1:5050")]
    assert machine.next_wakeup() is None
    assert machine.step(Tick(), 60_000) == []


def test_masters_are_tried_in_turn_and_warned_of_once() -> None:
    machine, now = agent(), 0
    addresses, warnings, delays = [], [], []
    for link in range(1, 9):
        addresses.append(dialled(machine, now).address)
        warnings += warned(lose(machine, link, now))
        delays.append(due(machine) - now)
        now = due(machine)
    assert addresses == ["m1:5050", "m2:5050"] * 4
    assert warnings == ["no session with master m1:5050 (nobody answers there), trying again until there is"]
    assert delays == sorted(delays)
    assert LONGEST_DELAY_MS * 0.9 < delays[-1] <= LONGEST_DELAY_MS


def test_a_loss_is_warned_of_again_once_there_was_a_session() -> None:
    machine = ready(agent())
    assert len(warned(lose(machine, 1, 10))) == 1
    dialled(machine, due(machine))
    assert warned(lose(machine, 2, 1_000)) == []
    now = due(machine)
    opened(machine, now)
    [said] = [each for each in machine.step(ev.Registered(1, "c1", 1000), now) if isinstance(each, act.Note)]
    assert said.message == "registered with cluster c1, epoch 1"
    assert len(warned(lose(machine, 3, now))) == 1


def test_a_named_leader_is_followed_without_a_warning() -> None:
    machine = agent()
    dialled(machine, 0)
    assert lose(machine, 1, 0, leader="m9:5050") == []
    assert dialled(machine, due(machine)).address == "m9:5050"


def test_a_leader_that_is_none_is_warned_of() -> None:
    """Else an agent sent in circles would look well."""
    machine = agent()
    dialled(machine, 0)
    lose(machine, 1, 0, leader="m9:5050")
    dialled(machine, due(machine))
    assert len(warned(lose(machine, 2, 200, leader="m1:5050"))) == 1


def test_a_lost_master_is_tried_first_and_a_silent_one_last() -> None:
    machine = ready(agent())
    lose(machine, 1, 10)
    now = due(machine)
    assert dialled(machine, now).address == "m1:5050"
    machine.step(ev.MasterConnected(2), now)
    machine.step(ev.Registered(1, "c1", 1000), now)
    left: list[str] = []
    while "LeaveMaster" not in left:
        now = due(machine)
        left += kinds(machine.step(Tick(), now))
    lose(machine, 2, now)
    assert dialled(machine, due(machine)).address == "m2:5050"


def test_a_master_of_an_older_epoch_is_left_and_heard_no_more() -> None:
    machine = ready(agent())
    machine.step(ev.Registered(5, "c1", 1000), 10)
    lose(machine, 1, 20)
    opened(machine, due(machine))
    [leave] = machine.step(ev.Registered(4, "c1", 1000), 300)
    assert isinstance(leave, act.LeaveMaster)
    assert "its epoch 4 is over, 5 has spoken already" in leave.reason
    assert machine.step(run(task("t1"), epoch=6), 301) == []
    lose(machine, 2, 302)
    assert dialled(machine, due(machine)).address == "m2:5050"


def test_what_is_no_word_of_the_open_link_changes_nothing() -> None:
    machine = agent()
    orders: list[ev.Event] = [
        run(task("t1"), epoch=9),
        ev.Registered(9, "c1", 1000),
        ev.MasterHeartbeat(9),
        ev.KillTask(9, F, TaskId("t1")),
        ev.MasterError(9, "go away", True),
    ]
    never: list[ev.Event] = [ev.MasterConnected(1), ev.MasterGone(1, "x")]
    for event in [*orders, *never]:
        assert machine.step(event, 0) == []
    dialled(machine, 0)
    for event in [*orders, ev.MasterConnected(2), ev.MasterGone(0, "x"), ev.MasterGone(2, "x")]:
        assert machine.step(event, 0) == []
    assert machine.book.epoch == 0
    assert kinds(machine.step(ev.MasterConnected(1), 0)) == ["SendRegister"]
    assert machine.step(ev.MasterConnected(1), 0) == []


@given(st.integers(0, 999))
def test_a_link_ends_once(jitter: int) -> None:
    machine = ready(agent())
    lose(machine, 1, 10)
    at = due(machine)
    assert machine.step(ev.MasterGone(1, "again", "m9:5050", jitter), 11) == []
    assert due(machine) == at


def test_an_agent_whose_goodbye_was_heard_does_not_come_back() -> None:
    """A master that it registers with again would wait for it until the agent timeout."""
    machine = ready(agent())
    assert "SendUnregister" in kinds(machine.step(ev.Leave("SIGUSR1"), 10))
    assert heard(machine, 15) == []
    assert lose(machine, 1, 20) == []
    assert "ConnectMaster" not in kinds(machine.step(Tick(), 5_000))
    assert "Exit" in kinds(machine.step(ev.ExecutorDied("it ended"), 5_001))
    assert machine.next_wakeup() is None


def test_a_goodbye_that_was_not_heard_is_said_again() -> None:
    """A master that did not hear it would know the agent for ever, and wait for it at each start."""
    machine = ready(agent())
    machine.step(ev.Leave("SIGUSR1"), 10)
    machine.step(ev.ExecutorDied("it ended"), 15)
    lose(machine, 1, 20)
    at = due(machine)
    assert kinds(opened(machine, at))[-2:] == ["SendRegister", "SendUnregister"]
    machine.step(ev.MasterError(1, "register again", False), at + 1)
    assert heard(machine, at + 2) == [act.Exit(0, "left the cluster: SIGUSR1")]
    assert machine.next_wakeup() is None


def test_a_goodbye_to_a_master_of_the_past_is_said_again() -> None:
    machine = ready(agent())
    machine.step(ev.Leave("SIGUSR1"), 10)
    machine.step(ev.ExecutorDied("it ended"), 15)
    assert machine.step(ev.MasterError(0, "the agent left", True), 16) == []
    lose(machine, 1, 20)
    assert "SendUnregister" in kinds(opened(machine, due(machine)))


def test_an_agent_that_leaves_without_a_master_goes_on_trying_until_it_exits() -> None:
    machine = agent()
    machine.step(ev.ExecutorHello("e1"), 0)
    machine.step(ev.Leave("SIGUSR1"), 0)
    dialled(machine, 10)
    lose(machine, 1, 20)
    dialled(machine, due(machine))
    machine.step(ev.ExecutorDied("it ended"), 300)
    assert "Exit" not in kinds(machine.step(Tick(), 4_999))
    assert "Exit" in kinds(machine.step(Tick(), 5_000))
    assert lose(machine, 2, 5_001) == []
    assert machine.next_wakeup() is None
