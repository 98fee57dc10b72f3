"""One candidate, event by event: its lease, its sessions, late and lost answers, and whom it names."""

from barter.core.candidacy import (
    Candidate,
    Changed,
    Enlist,
    Enlisted,
    Failed,
    Follow,
    Lead,
    Leader,
    Leave,
    Look,
    Looked,
    Renewed,
    Resign,
    SessionLost,
    SessionOpened,
    Take,
    Taken,
)
from barter.core.election import FAILED_AGAIN_MS, Election
from barter.core.machine import Tick

TIMEOUT_MS = 1_000


def following(name: str = "a") -> Election:
    """In a session that began at 0, with its Enlist, number 1, under way."""
    election = Election(name)
    assert election.step(SessionOpened(TIMEOUT_MS, 0), 0) == [Enlist(f"{name}.1", "a session has begun", 1)]
    return election


def own(election: Election, place: int = 1) -> Candidate:
    return Candidate(f"c-{election.token}-{place:010d}", election.token)


def leading(at: int = 0) -> Election:
    """Since `at`, with epoch 1."""
    election = following()
    election.step(Enlisted(1), at)
    election.step(Looked((own(election),), Leader(0, "", 0), 2), at)
    assert election.step(Taken(1, 1, 3), at) == [Lead(1, 1, "it was the first in the queue")]
    return election


def test_a_lease_begins_when_its_question_left() -> None:
    election = following()
    election.step(Enlisted(1), 10)
    election.step(Looked((own(election),), Leader(0, "", 0), 2), 20)
    election.step(Taken(1, 1, 3), 600)
    assert election.lease_ms == 20 + 700
    assert election.may_act(719)
    assert not election.may_act(720)
    election.step(Renewed(500), 650)
    assert election.may_act(1_199)
    assert not election.may_act(1_200)
    [leave] = election.step(Tick(), 1_200)
    assert leave == Leave(1, "no answer of ZooKeeper for 700 ms; after 1000 ms another may lead")
    assert election.step(Renewed(1_200), 1_201) == []
    assert not election.may_act(1_201)


def test_an_answer_that_comes_late_answers_nothing() -> None:
    election = following()
    election.step(Enlisted(1), 0)
    first = own(election)
    election.step(SessionLost("gone"), 10)
    election.step(SessionOpened(TIMEOUT_MS, 20), 20)
    [look] = election.step(Enlisted(3), 30)
    assert look == Look("it has enlisted", 4)
    assert election.step(Looked((first,), Leader(0, "", 0), 2), 40) == []
    assert election.step(Taken(9, 9, 2), 40) == []
    [told, take] = election.step(Looked((own(election, 2),), Leader(0, "", 0), 4), 50)
    assert isinstance(told, Follow)
    assert isinstance(take, Take)
    assert take.number == 5


def test_the_node_of_an_earlier_session_is_anothers() -> None:
    """It goes when that session is over for ZooKeeper, which may be before the lease of this one ends."""
    election = following()
    election.step(Enlisted(1), 0)
    earlier = own(election)
    election.step(SessionLost("gone"), 10)
    election.step(SessionOpened(TIMEOUT_MS, 20), 20)
    election.step(Enlisted(3), 30)
    [told] = election.step(Looked((earlier, own(election, 2)), Leader(0, "", 0), 4), 40)
    assert told == Follow({}, 0, "the next leader has not taken the lead yet")


def test_a_take_whose_answer_was_lost_is_made_again() -> None:
    election = following()
    election.step(Enlisted(1), 0)
    election.step(Looked((own(election),), Leader(4, "z.1", 7), 2), 10)
    assert election.step(Failed("the connection was lost", 3), 20) == []
    assert election.next_wakeup() == 20 + FAILED_AGAIN_MS
    assert election.step(Tick(), 120) == [Look("it is time to", 4)]
    [_, take] = election.step(Looked((own(election),), Leader(5, election.token, 8), 4), 130)
    assert take == Take(own(election), 6, 8, "it is the first in the queue", 5)
    assert not election.may_act(130)


def test_nothing_is_taken_without_a_lease() -> None:
    election = following()
    election.step(Enlisted(1), 0)
    found = Looked((own(election),), Leader(0, "", 0), 2)
    assert election.step(found, 700) == []
    [told, look] = election.step(Tick(), 800)
    assert isinstance(look, Look)
    assert told == Follow({}, 0, "ZooKeeper does not answer")
    election.step(Renewed(790), 810)
    assert [type(each) for each in election.step(Looked(found.candidates, found.leader, look.number), 820)] == [
        Follow,
        Take,
    ]


def test_a_leader_is_named_for_as_long_as_its_node_is_there() -> None:
    election = following()
    election.step(Enlisted(1), 0)
    leader, addresses = Candidate("c-z.1-0000000001", "z.1"), {"grpc": "z:1"}
    said = Leader(3, "z.1", 5, addresses)
    assert election.step(Looked((leader, own(election, 2)), said, 2), 10) == [
        Follow(addresses, 3, "it leads with epoch 3")
    ]
    [look] = election.step(Changed(), 20)
    assert isinstance(look, Look)
    other = Candidate("c-y.1-0000000000", "y.1")
    told = election.step(Looked((other, own(election, 2)), said, look.number), 30)
    assert told == [Follow({}, 3, "the next leader has not taken the lead yet")]


def test_a_follower_that_hears_nothing_names_nobody() -> None:
    election = following()
    election.step(Enlisted(1), 0)
    leader = Candidate("c-z.1-0000000001", "z.1")
    found = (leader, own(election, 2)), Leader(3, "z.1", 5, {"grpc": "z:1"})
    election.step(Looked(*found, 2), 10)
    [look] = election.step(Tick(), 510)
    assert isinstance(look, Look)
    assert election.next_wakeup() == 700
    assert election.step(Tick(), 700) == [Follow({}, 0, "ZooKeeper does not answer")]
    election.step(Renewed(1_000), 1_010)
    [told] = election.step(Looked(*found, look.number), 1_020)
    assert isinstance(told, Follow)
    assert told.addresses == {"grpc": "z:1"}


def test_a_leader_whose_node_is_gone_or_who_is_replaced_leaves() -> None:
    for candidates, leader in [
        ((), Leader(1, "a.1", 1)),
        ((Candidate("c-a.1-0000000001", "a.1"),), Leader(2, "z.1", 2)),
    ]:
        election = leading()
        [look] = election.step(Changed(), 10)
        assert isinstance(look, Look)
        [leave] = election.step(Looked(candidates, leader, look.number), 20)
        assert isinstance(leave, Leave)
        assert leave.code == 1
        assert not election.may_act(20)


def test_a_change_while_a_question_is_under_way_is_looked_at() -> None:
    election = following()
    election.step(Enlisted(1), 0)
    assert election.step(Changed(), 5) == []
    other = Candidate("c-z.1-0000000001", "z.1")
    election.step(Looked((other, own(election, 2)), Leader(1, "z.1", 1), 2), 10)
    assert election.next_wakeup() == 10
    assert election.step(Tick(), 10) == [Look("it is time to", 3)]


def test_who_resigns_leads_no_more() -> None:
    election = leading()
    assert election.step(Resign("told to"), 10) == [Leave(0, "told to")]
    assert not election.may_act(10)
    assert election.step(SessionOpened(TIMEOUT_MS, 20), 20) == []
    assert election.next_wakeup() is None


def test_a_leader_without_its_session_leaves() -> None:
    for event in (SessionLost("ZooKeeper has ended it"), SessionOpened(TIMEOUT_MS, 10)):
        election = leading()
        [leave] = election.step(event, 10)
        assert isinstance(leave, Leave)
        assert leave.code == 1
        assert leave.reason.startswith("its session with ZooKeeper is over, so another may lead")
        assert not election.may_act(10)
