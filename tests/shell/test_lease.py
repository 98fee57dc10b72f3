"""A lease whose thread goes on while the loop is busy, in sessions that the loop may not know of yet."""

from barter.core.candidacy import (
    Candidate,
    Enlisted,
    Leader,
    Leave,
    Looked,
    Renewed,
    SessionEvent,
    SessionLost,
    SessionOpened,
    Taken,
)
from barter.core.election import Election, Phase
from barter.core.machine import Tick
from barter.shell.clock import LeaseClock
from barter.shell.zookeeper.lease import Lease

TIMEOUT_MS = 1_000


class StoppedClock(LeaseClock):
    def __init__(self) -> None:
        self.ms = 0

    def now(self) -> int:
        return self.ms


class Leading:
    """Since 0, its lease until 700. `thread` hears at once, `loop` when it gets to it."""

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.election = Election("a")
        self.lease = Lease(self.election, self.clock)
        self.both(SessionOpened(TIMEOUT_MS, 0))
        self.lease.step(Enlisted(1), 0)
        own = Candidate("c-a.1-0000000001", "a.1")
        self.lease.step(Looked((own,), Leader(0, "", 0), 2), 0)
        self.lease.step(Taken(1, 1, 3), 0)

    def both(self, event: SessionEvent) -> None:
        self.lease.hear(event)
        self.lease.step(event, self.clock.now())


def test_a_busy_loop_loses_nothing_that_its_thread_has_heard() -> None:
    leading = Leading()
    leading.clock.ms = 5_000
    leading.lease.hear(Renewed(4_900))
    assert leading.lease.may_act()
    leading = Leading()
    leading.clock.ms = 5_000
    leading.lease.hear(Renewed(4_900))
    assert not any(isinstance(each, Leave) for each in leading.lease.step(Tick(), 5_000))
    assert leading.election.phase is Phase.LEADING


def test_a_lease_ends_with_time() -> None:
    leading = Leading()
    leading.clock.ms = 699
    assert leading.lease.may_act()
    leading.clock.ms = 700
    assert not leading.lease.may_act()


def test_who_was_told_no_once_leads_no_more_although_an_answer_comes_just_after() -> None:
    leading = Leading()
    leading.clock.ms = 700
    assert not leading.lease.may_act()
    leading.both(Renewed(699))
    assert not leading.lease.may_act()
    [leave] = leading.lease.step(Tick(), 700)
    assert isinstance(leave, Leave)
    assert leave.code == 1


def test_what_the_thread_hears_of_a_later_session_lengthens_no_lease() -> None:
    leading = Leading()
    leading.clock.ms = 600
    leading.lease.hear(SessionLost("ZooKeeper has ended it"))
    assert not leading.lease.may_act()
    leading.lease.hear(SessionOpened(TIMEOUT_MS, 600))
    leading.lease.hear(Renewed(600))
    assert not leading.lease.may_act()
    [leave] = leading.lease.step(SessionLost("ZooKeeper has ended it"), 600)
    assert isinstance(leave, Leave)
    assert not leading.lease.may_act()


def test_who_ends_it_acts_no_more_at_once() -> None:
    leading = Leading()
    leading.lease.end()
    assert not leading.lease.may_act()
