"""Whatever masters did before, the one that leads is found: by an agent's link and by a framework's session alike."""

from collections.abc import Callable
from typing import Protocol

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.actions import ConnectMaster
from barter.agent.events import MasterGone
from barter.agent.link import MasterLink
from barter.core.cluster import FrameworkInfo
from barter.core.ids import FrameworkId
from barter.core.machine import Tick
from barter.core.route import MastersAre
from barter.core.turns import FOLLOWED_MOST, LONGEST_DELAY_MS
from barter.sdk import messages as msg
from barter.sdk.session import Session

MASTERS = ("a:1", "b:1", "c:1")
ELSEWHERE = "d:1"
TRIES_MOST = (FOLLOWED_MOST + 1) * (len(MASTERS) + 1)


class Seeker(Protocol):
    def wakeup(self) -> int | None: ...
    def dial(self, now: int) -> tuple[str, str] | None: ...
    def lost(self, leader: str, jitter: int, now: int) -> None: ...
    def arrived(self, now: int) -> None: ...
    def told(self, event: MastersAre, now: int) -> bool: ...


class AnAgent:
    def __init__(self, masters: tuple[str, ...] = MASTERS) -> None:
        self.link, self.number = MasterLink(masters), 0

    def wakeup(self) -> int | None:
        return self.link.wakeup()

    def dial(self, now: int) -> tuple[str, str] | None:
        action = self.link.due(now)
        if not isinstance(action, ConnectMaster):
            return None
        self.number = action.link
        return action.address, action.unreachable

    def lost(self, leader: str, jitter: int, now: int) -> None:
        self.link.gone(MasterGone(self.number, "lost", leader, jitter), now)

    def arrived(self, now: int) -> None:
        assert self.link.open(self.number, now)
        self.link.register(1_000, now)

    def told(self, event: MastersAre, now: int) -> bool:
        """Whether the present attempt or session is given up for it."""
        return self.link.told_masters(event, 1, now) is not None


class AFramework:
    def __init__(self, masters: tuple[str, ...] = MASTERS) -> None:
        self.session, self.number = Session(FrameworkInfo("f"), masters), 0
        self._connects = self._of(self.session.step(msg.Start(), 0))

    def _of(self, actions: list[msg.Action]) -> list[msg.Connect]:
        return [action for action in actions if isinstance(action, msg.Connect)]

    def wakeup(self) -> int | None:
        return 0 if self._connects else self.session.next_wakeup()

    def dial(self, now: int) -> tuple[str, str] | None:
        made = self._connects or self._of(self.session.step(Tick(), now))
        self._connects = []
        if not made:
            return None
        self.number = made[0].link
        return made[0].address, made[0].unreachable

    def lost(self, leader: str, jitter: int, now: int) -> None:
        self.session.step(msg.LinkLost(self.number, "lost", leader, jitter), now)

    def arrived(self, now: int) -> None:
        self.session.step(msg.Heard(self.number, msg.Subscribed(FrameworkId("abc-1-0001"), 1, 1_000)), now)
        assert self.session.connected

    def told(self, event: MastersAre, now: int) -> bool:
        return any(isinstance(action, msg.Disconnect) for action in self.session.step(event, now))


SEEKERS = st.sampled_from([AnAgent, AFramework])
JITTERS = st.integers(0, 999)
BEFORE = st.lists(st.tuples(st.sampled_from(["", "arrived", *MASTERS, ELSEWHERE]), JITTERS), max_size=25)


def next_try(seeker: Seeker, now: int) -> tuple[int, str, str]:
    """When, whom, and who is said not to answer: there is always a try to come."""
    for _ in range(9):
        wakeup = seeker.wakeup()
        assert wakeup is not None
        now = max(now, wakeup)
        if (dialled := seeker.dial(now)) is not None:
            return now, *dialled
    raise AssertionError("woken again and again, and nothing done")


def go_through(seeker: Seeker, before: list[tuple[str, int]]) -> int:
    """Each try answered as it is told: with a leader's name, with nothing, or with a session that is then lost."""
    now, tries = 0, list[int]()
    for answer, jitter in before:
        now, _, _ = next_try(seeker, now)
        tries.append(now)
        if answer == "arrived":
            seeker.arrived(now)
            answer = ""
        seeker.lost(answer, jitter, now)
    for begin, end in zip(tries, tries[FOLLOWED_MOST + 1 :], strict=False):
        assert end - begin >= 50, "a spin"
    return now


@given(SEEKERS, BEFORE, st.sampled_from([*MASTERS, ELSEWHERE]), st.booleans(), JITTERS)
def test_once_the_others_know_the_leader_it_is_reached(
    make: Callable[[], Seeker], before: list[tuple[str, int]], leader: str, others_live: bool, jitter: int
) -> None:
    seeker = make()
    began = now = go_through(seeker, before)
    for _ in range(TRIES_MOST):
        now, address, unreachable = next_try(seeker, now)
        assert address != unreachable
        if address == leader:
            seeker.arrived(now)
            break
        # One of the others at least is there to name it, where it is not among those that are known.
        seeker.lost(leader if others_live or leader == ELSEWHERE else "", jitter, now)
    else:
        raise AssertionError(f"{leader} was not tried")
    assert now - began <= TRIES_MOST * LONGEST_DELAY_MS


@given(SEEKERS, BEFORE.filter(bool), JITTERS)
def test_who_is_told_of_a_new_leader_goes_there_at_once(
    make: Callable[[], Seeker], before: list[tuple[str, int]], jitter: int
) -> None:
    seeker = make()
    now = go_through(seeker, before)
    assert not seeker.told(MastersAre(("e:1", *MASTERS), "e:1", 7, jitter), now)
    at, address, _ = next_try(seeker, now)
    assert (address, at - now < 50) == ("e:1", True)
    seeker.arrived(at)
    assert not seeker.told(MastersAre(("e:1", *MASTERS), "e:1", 7, jitter), at)
    assert not seeker.told(MastersAre(("a:1", "e:1"), "a:1", 1, jitter), at)
    assert seeker.told(MastersAre(("b:1", "e:1"), "b:1", 8, jitter), at)
    seeker.lost("", jitter, at)
    at, address, _ = next_try(seeker, at)
    assert address == "b:1"


@given(SEEKERS, JITTERS)
def test_who_knows_no_master_waits_until_told(make: Callable[[tuple[str, ...]], Seeker], jitter: int) -> None:
    seeker = make(())
    assert seeker.wakeup() is None
    seeker.told(MastersAre((), "", 0, jitter), 5)
    assert seeker.dial(6) is None
    seeker.told(MastersAre(("a:1",), "", 0, jitter), 10)
    assert next_try(seeker, 10)[1] == "a:1"


@given(SEEKERS)
def test_a_leader_that_does_not_answer_is_told_to_the_others(make: Callable[[], Seeker]) -> None:
    seeker = make()
    assert next_try(seeker, 0)[1:] == ("a:1", "")
    seeker.lost("b:1", 0, 0)
    now, *tried = next_try(seeker, 0)
    assert (now, tried) == (0, ["b:1", ""])
    seeker.lost("", 0, now)
    now, *tried = next_try(seeker, now)
    assert (now <= 100, tried) == (True, ["c:1", "b:1"])
