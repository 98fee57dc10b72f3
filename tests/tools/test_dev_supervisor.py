"""What `barter dev` does when a daemon dies, and in which order it ends."""

from hypothesis import given
from hypothesis import strategies as st

from barter.core.machine import Tick
from barter.tools.dev.plan import Kind
from barter.tools.dev.supervisor import (
    Action,
    Begin,
    End,
    Event,
    Exited,
    Finish,
    FrameworksGone,
    Launch,
    Report,
    Stage,
    StopAsked,
    Supervisor,
    Sweep,
    Swept,
    TearDownFrameworks,
)

KINDS = {"master": Kind.MASTER, "agent-a": Kind.AGENT, "agent-p": Kind.AGENT, "service": Kind.SERVICE}


def begun(keeps: bool = False) -> Supervisor:
    machine = Supervisor(KINDS, keeps)
    assert [action.name for action in machine.step(Begin(), 0) if isinstance(action, Launch)] == list(KINDS)
    return machine


def ends(actions: list[Action]) -> list[tuple[str, bool]]:
    return [(action.name, action.force) for action in actions if isinstance(action, End)]


def test_a_daemon_that_dies_is_reported_and_started_again_later_each_time() -> None:
    machine = begun()
    now = 0
    for backoff in (500, 1000, 2000, 4000, 8000, 8000):
        (report,) = machine.step(Exited("agent-a", "was killed by SIGKILL"), now)
        assert report == Report("agent-a", f"agent-a was killed by SIGKILL; it starts again in {backoff / 1000:g} s")
        assert machine.next_wakeup() == now + backoff
        assert machine.step(Tick(), now + backoff - 1) == []
        now += backoff
        assert machine.step(Tick(), now) == [Launch("agent-a", "agent-a had died")]
    machine.step(Exited("agent-a", "ended"), now + 10_000)
    assert machine.next_wakeup() == now + 10_500


def test_it_ends_frameworks_then_agents_then_the_master() -> None:
    machine = begun()
    assert ends(machine.step(StopAsked(), 0)) == [("service", False)]
    (tear_down,) = machine.step(Exited("service", "ended"), 10)
    assert isinstance(tear_down, TearDownFrameworks)
    assert ends(machine.step(FrameworksGone(), 20)) == [("agent-a", False), ("agent-p", False)]
    assert machine.step(Exited("agent-p", "ended"), 30) == []
    assert ends(machine.step(Exited("agent-a", "ended"), 40)) == [("master", False)]
    (sweep,) = machine.step(Exited("master", "ended"), 50)
    assert isinstance(sweep, Sweep)
    assert isinstance(machine.step(Swept(), 60)[0], Finish)
    assert machine.next_wakeup() is None


def test_zookeeper_ends_when_no_master_needs_it_any_more() -> None:
    kinds = {"zookeeper": Kind.ZOOKEEPER, "master-1": Kind.MASTER, "master-2": Kind.MASTER, "service": Kind.SERVICE}
    machine = Supervisor(kinds, True)
    assert [action.name for action in machine.step(Begin(), 0) if isinstance(action, Launch)] == list(kinds)
    assert ends(machine.step(StopAsked(), 10)) == [("service", False)]
    assert ends(machine.step(Exited("service", "ended"), 20)) == [("master-1", False), ("master-2", False)]
    assert machine.step(Exited("master-2", "ended"), 30) == []
    assert ends(machine.step(Exited("master-1", "ended"), 40)) == [("zookeeper", False)]
    assert isinstance(machine.step(Exited("zookeeper", "ended"), 50)[0], Sweep)


def test_a_kept_cluster_keeps_its_frameworks() -> None:
    machine = begun(keeps=True)
    machine.step(StopAsked(), 0)
    assert ends(machine.step(Exited("service", "ended"), 10)) == [("agent-a", False), ("agent-p", False)]


def test_what_does_not_end_in_time_is_killed() -> None:
    machine = begun()
    machine.step(StopAsked(), 0)
    assert ends(machine.step(Tick(), machine.next_wakeup() or 0)) == [("service", True)]
    machine.step(Exited("service", "was killed"), 9_000)
    assert ends(machine.step(Tick(), machine.next_wakeup() or 0)) == [("agent-a", False), ("agent-p", False)]
    machine.step(Exited("agent-a", "ended"), 15_000)
    assert ends(machine.step(Tick(), machine.next_wakeup() or 0)) == [("agent-p", True)]


def test_the_second_ctrl_c_hurries() -> None:
    machine = begun()
    machine.step(StopAsked(), 0)
    assert ends(machine.step(StopAsked(), 10)) == [(name, True) for name in KINDS]
    for name in ("service", "agent-a", "agent-p"):
        assert machine.step(Exited(name, "was killed"), 20) == []
    assert isinstance(machine.step(Exited("master", "was killed"), 30)[0], Sweep)


def test_a_dead_master_is_not_asked_for_anything() -> None:
    machine = begun()
    machine.step(Exited("master", "was killed"), 0)
    machine.step(StopAsked(), 100)
    assert ends(machine.step(Exited("service", "ended"), 200)) == [("agent-a", False), ("agent-p", False)]
    machine.step(Exited("agent-a", "ended"), 300)
    assert isinstance(machine.step(Exited("agent-p", "ended"), 300)[0], Sweep)


EVENTS = st.one_of(
    st.builds(Exited, st.sampled_from(sorted(KINDS)), st.just("ended")),
    st.sampled_from([StopAsked(), FrameworksGone(), Swept(), Tick()]),
)


@given(events=st.lists(st.tuples(EVENTS, st.integers(0, 20_000)), max_size=40))
def test_whatever_happens_it_ends_once_all_have(events: list[tuple[Event | Tick, int]]) -> None:
    """Daemons end when told to; in the end everything is swept, and nothing starts while stopping."""
    machine, now, alive = begun(), 0, set(KINDS)

    def apply(event: Event | Tick) -> None:
        if isinstance(event, Exited):
            alive.discard(event.name)
        for action in machine.step(event, now):
            if isinstance(action, Launch):
                assert machine.stage is Stage.RUNNING
                alive.add(action.name)

    for event, later in events:
        now += later
        if not isinstance(event, Exited) or event.name in alive:
            apply(event)
    apply(StopAsked())
    for _ in range(8):
        for name in sorted(alive):
            apply(Exited(name, "ended"))
        apply(FrameworksGone())
        now += 20_000
        apply(Tick())
    apply(Swept())
    assert machine.stage is Stage.GONE
    assert not alive
