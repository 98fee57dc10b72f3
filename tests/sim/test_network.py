"""Streams between simulated hosts."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from barter.tools.sim.network import DIAL_TIMEOUT_US, End, Network
from barter.tools.sim.world import World

SECOND = 1_000_000


@dataclass
class Side:
    """What one side of a stream heard, and how it ended."""

    heard: list[object] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    end: End | None = None

    def take(self, end: End) -> None:
        self.end, end.hear, end.ended = end, self.heard.append, self.reasons.append

    @property
    def its(self) -> End:
        assert self.end is not None
        return self.end


class Talk:
    """Between a client and a server; of two streams `accepted` has both."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed)
        self.network = Network(self.world)
        self.client = Side()
        self.accepted: list[Side] = []
        self.failed: list[str] = []
        self.idle_until_us = 0
        self.network.listen("server:1", "server", self.accept, lambda: self.idle_until_us)

    def accept(self, end: End) -> None:
        side = Side()
        side.take(end)
        self.accepted.append(side)

    @property
    def server(self) -> Side:
        return self.accepted[0]

    def dial(self, address: str = "server:1") -> None:
        self.network.dial("client", address, self.client.take, self.failed.append)

    def go_on(self, us: int = SECOND) -> None:
        self.world.run_until(self.world.now_us + us)

    def opened(self) -> "Talk":
        self.dial()
        self.go_on()
        return self


STEP = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 3)),
    st.tuples(st.just("wait"), st.integers(1, 5_000)),
    st.tuples(st.just("stall"), st.integers(1, 50_000)),
    st.tuples(st.just("cut"), st.integers(1, 50_000)),
    st.tuples(st.just("slow"), st.integers(1, 50)),
)


@given(st.lists(STEP, max_size=25), st.integers(0, 50))
def test_a_living_stream_loses_nothing_and_keeps_the_order(steps: list[tuple[str, int]], seed: int) -> None:
    talk = Talk(seed).opened()
    sent = 0
    for what, amount in steps:
        match what:
            case "send":
                for _ in range(amount):
                    talk.client.its.send(sent)
                    sent += 1
            case "wait":
                talk.go_on(amount)
            case "stall":
                talk.client.its.stall(amount)
            case "cut":
                talk.network.cut("client", "server")
                talk.world.after(amount, lambda: talk.network.mend("client", "server"))
            case _:
                talk.network.slowness["client"] = amount
    talk.network.drop(talk.client.its)
    talk.go_on(10 * SECOND)
    assert talk.server.heard == list(range(sent))
    assert len(talk.server.reasons) == 1
    assert talk.client.reasons == []
    assert not talk.network.ends


@given(st.integers(0, 50), st.integers(0, 4_000), st.booleans())
def test_after_a_break_nothing_passes(seed: int, us: int, half: bool) -> None:
    """No hole: what comes is what was sent first."""
    talk = Talk(seed).opened()
    for number in range(5):
        talk.client.its.send(number)
        talk.server.its.send(number)
    talk.go_on(us)
    before = list(talk.client.heard), list(talk.server.heard)
    talk.network.break_off(talk.client.its, "reset", far_side=not half)
    talk.client.its.send("late")
    talk.server.its.send("late")
    talk.go_on(10 * SECOND)
    talk.server.its.send("later")
    talk.go_on()
    assert (talk.client.heard, talk.server.heard) == before
    assert before[0] == list(range(len(before[0])))
    assert talk.client.reasons == ["reset"]
    assert talk.server.reasons == ([] if half else ["reset"])


def test_a_partition_holds_and_delivers_late() -> None:
    talk = Talk().opened()
    talk.network.cut("server", "client")
    talk.network.cut("server", "client")
    talk.server.its.send("late")
    talk.client.its.send("in time")
    talk.go_on(20 * SECOND)
    assert (talk.client.heard, talk.server.heard) == ([], ["in time"])
    talk.network.mend("server", "client")
    talk.go_on()
    assert talk.client.heard == []
    talk.network.mend("server", "client")
    talk.go_on()
    assert talk.client.heard == ["late"]


def test_what_dies_is_heard_up_to_what_it_had_sent() -> None:
    talk = Talk().opened()
    for number in range(4):
        talk.server.its.send(number)
        talk.client.its.send(number)
    talk.network.drop(talk.server.its, kept=2)
    talk.go_on()
    assert talk.client.heard == [0, 1]
    assert len(talk.client.reasons) == 1
    assert (talk.server.heard, talk.server.reasons) == ([], [])


def test_a_machine_without_power_says_nothing() -> None:
    talk = Talk().opened()
    talk.client.its.send("lost")
    talk.network.unplug("client")
    talk.go_on(60 * SECOND)
    assert (talk.server.heard, talk.server.reasons) == ([], [])


def refused(talk: Talk) -> None:
    talk.network.deafen("server:1")


def cut_there(talk: Talk) -> None:
    refused(talk)
    talk.network.cut("client", "server")


def cut_back(talk: Talk) -> None:
    talk.network.cut("server", "client")


def asleep(talk: Talk) -> None:
    talk.idle_until_us = 60 * SECOND


def test_dials_that_fail_say_so_once() -> None:
    ways: list[tuple[Callable[[Talk], None], str, int]] = [
        (refused, "connection refused", 0),
        (cut_there, "nobody answers there", DIAL_TIMEOUT_US),
        (cut_back, "nobody answers there", DIAL_TIMEOUT_US),
        (asleep, "nobody answers there", DIAL_TIMEOUT_US),
    ]
    for fault, reason, after_us in ways:
        talk = Talk()
        fault(talk)
        talk.dial()
        talk.go_on(max(after_us - 1, 0))
        assert talk.failed == []
        talk.go_on(60 * SECOND)
        assert (talk.failed, talk.accepted) == ([reason], [])


def test_a_dial_goes_through_once_the_listener_has_a_processor_again() -> None:
    talk = Talk()
    talk.idle_until_us = 2 * SECOND
    talk.dial()
    talk.go_on(2 * SECOND - 1)
    assert talk.accepted == []
    talk.go_on(SECOND)
    assert talk.client.its.open
    assert talk.failed == []


@given(st.integers(0, 100), st.integers(0, 4_000))
def test_who_hangs_up_at_once_is_heard_to_have_done_so(seed: int, us: int) -> None:
    """Either the dial fails, or the stream ends after what was said."""
    talk = Talk(seed)
    talk.dial()
    talk.go_on(us)
    while not talk.accepted:
        talk.go_on(1)
    talk.server.its.send("hello")
    talk.network.drop(talk.server.its)
    talk.go_on()
    assert talk.failed == []
    assert (talk.client.heard, len(talk.client.reasons)) == (["hello"], 1)


def test_a_dial_that_arrives_twice_brings_the_first_message_twice_and_no_more() -> None:
    talk = Talk()
    talk.network.dial_twice("client")
    talk.opened()
    talk.client.its.send("register")
    talk.client.its.send("more")
    talk.go_on()
    assert [side.heard for side in talk.accepted] == [["register", "more"], ["register"]]
    talk.dial()
    talk.go_on()
    assert len(talk.accepted) == 3


def test_within_a_machine_nothing_arrives_twice() -> None:
    """It struck the executor's stream to its agent, which is none of TCP: orders went to nobody."""
    talk = Talk()
    talk.network.listen("client/agent", "client", talk.accept, lambda: 0)
    talk.network.dial_twice("client")
    talk.dial("client/agent")
    talk.go_on()
    assert len(talk.accepted) == 1
    talk.dial()
    talk.go_on()
    assert len(talk.accepted) == 3
