"""The fetcher's core: shared downloads, the cache in the order of use, cancelling at any moment."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.agent.executor.events import TaskKey
from barter.agent.fetch import events as ev
from barter.agent.fetch.machine import DOWNLOADS, PLACINGS, Fetcher
from barter.agent.fetch.plans import Plan, plan
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import Artifact, Reason

LIMIT = 1000
PROBLEM = ev.Problem("broken")


def key(name: str) -> TaskKey:
    return TaskKey(FrameworkId("f"), TaskId(name))


def begin(name: str, *artifacts: Artifact, limit: int = LIMIT) -> ev.Begin:
    return ev.Begin(key(name), artifacts, limit)


def cached(name: str = "x", sha256: str = "") -> Artifact:
    return Artifact(f"http://h/{name}", sha256=sha256, cache=True)


def kinds(actions: list[ev.FetchAction]) -> list[str]:
    return [type(action).__name__ for action in actions]


def test_one_after_the_other_then_done() -> None:
    core = Fetcher()
    assert core.step(begin("a", Artifact("http://h/x"), Artifact("http://h/y"))) == [
        ev.Download(1, plan_of("x"), LIMIT)
    ]
    (put,) = core.step(ev.Downloaded(1, 10, "s1"))
    assert put == ev.PutInPlace(2, key("a"), plan_of("x"), 1, "s1", LIMIT)
    assert core.step(ev.Placed(2, 400)) == [
        ev.Discard(1, "nobody needs it any more"),
        ev.Download(3, plan_of("y"), LIMIT - 400),
    ]
    core.step(ev.Downloaded(3, 10, "s2"))
    assert core.step(ev.Placed(4, 10))[-1] == ev.Done(key("a"))
    assert not core.busy


def plan_of(name: str, *, cache: bool = False) -> Plan:
    return plan(Artifact(f"http://h/{name}", cache=cache))


def test_a_cached_file_is_downloaded_once_for_all_who_wait() -> None:
    core = Fetcher(cache_limit=100)
    assert kinds(core.step(begin("a", cached()))) == ["Download"]
    assert core.step(begin("b", cached())) == []
    assert kinds(core.step(begin("c", Artifact("http://h/x")))) == ["Download"]
    assert kinds(core.step(ev.Downloaded(1, 10, "s"))) == ["Keep", "Touch", "Touch", "PutInPlace", "PutInPlace"]
    assert kinds(core.step(begin("d", cached()))) == ["Touch", "PutInPlace"]
    assert kinds(core.step(begin("e", cached(sha256="0" * 64)))) == ["Download"]


def test_the_longest_unused_goes_first_and_never_one_in_use() -> None:
    found = tuple(ev.Kept(n, f"http://h/{n}", "", 40, "s") for n in (1, 2))
    core = Fetcher(100, found)
    core.step(begin("a", cached("1")))
    core.step(begin("b", cached("3")))
    assert core.step(ev.Sized(4, 40))[0] == ev.Discard(
        2, "the cache holds at most 100B, and this was not used for longest"
    )
    assert kinds(core.step(ev.Downloaded(4, 90, "s"))) == ["Keep", "Touch", "PutInPlace"]
    assert core.step(ev.Placed(3, 40)) == [
        ev.Discard(1, "the cache holds at most 100B, and this was not used for longest"),
        ev.Done(key("a")),
    ]
    assert kinds(core.step(ev.CacheLimit(0))) == []
    assert kinds(core.step(ev.Placed(5, 90))) == ["Discard", "Done"]


def test_what_does_not_fit_the_cache_is_shared_and_not_kept() -> None:
    core = Fetcher(cache_limit=5)
    core.step(begin("a", cached()))
    core.step(begin("b", cached()))
    assert core.step(ev.Sized(1, 10)) == []
    assert kinds(core.step(ev.Downloaded(1, 10, "s"))) == ["PutInPlace", "PutInPlace"]
    assert kinds(core.step(ev.Placed(2, 10))) == ["Done"]
    assert kinds(core.step(ev.Placed(3, 10))) == ["Discard", "Done"]


def test_a_spoilt_file_is_fetched_again_once() -> None:
    core = Fetcher(100, (ev.Kept(1, "http://h/x", "", 10, "s"),))
    core.step(begin("a", cached()))
    assert kinds(core.step(ev.NotPlaced(2, PROBLEM, corrupt=True))) == ["Discard", "Download"]
    core.step(ev.Downloaded(3, 10, "s"))
    assert core.step(ev.NotPlaced(4, PROBLEM, corrupt=True))[-1] == ev.Failed(key("a"), PROBLEM)


def test_who_may_have_more_tries_again_for_himself() -> None:
    core = Fetcher(100)
    core.step(begin("a", cached(), limit=10))
    core.step(begin("b", cached(), limit=50))
    core.step(begin("c", cached(), limit=10))
    assert core.step(ev.DownloadFailed(1, PROBLEM, too_large=True)) == [
        ev.Failed(key("a"), PROBLEM),
        ev.Failed(key("c"), PROBLEM),
        ev.Download(2, plan_of("x", cache=True), 50),
    ]
    assert core.step(ev.DownloadFailed(2, PROBLEM, too_large=True)) == [ev.Failed(key("b"), PROBLEM)]


def test_a_wrong_artifact_downloads_nothing() -> None:
    (failed,) = Fetcher().step(begin("a", Artifact("http://h/x"), Artifact("gopher://h/x")))
    assert isinstance(failed, ev.Failed)
    assert failed.problem.reason is Reason.FETCH_FAILED


@pytest.mark.parametrize("moment", ["queued", "downloading", "shared", "placing", "to place"])
def test_a_kill_cancels_at_once(moment: str) -> None:
    core = Fetcher(100)
    if moment == "queued":
        for number in range(DOWNLOADS):
            core.step(begin(f"before-{number}", Artifact(f"http://h/{number}")))
    if moment == "to place":
        for number in range(PLACINGS):
            core.step(begin(f"before-{number}", cached()))
    core.step(begin("a", cached()))
    if moment == "shared":
        core.step(begin("b", cached()))
    if moment in ("placing", "to place"):
        core.step(ev.Downloaded(1, 1, "s"))
    stops = {"downloading": ["StopDownload"], "placing": ["StopPlacing"]}.get(moment, [])
    actions = core.step(ev.Cancel(key("a")))
    assert kinds(actions) == [*stops, "Failed"]
    assert core.step(ev.Cancel(key("a"))) == []


class Shell:
    """Carries out what the core says as a real one would, ending things in any order."""

    def __init__(self, seed: int, cache: int) -> None:
        self.rng, self.core = random.Random(seed), Fetcher(cache)
        self.waiting, self.answered = set[TaskKey](), set[TaskKey]()
        self.downloads, self.placings = dict[int, ev.Download](), dict[int, ev.PutInPlace]()
        self.files, self.kept = dict[int, int](), set[int]()

    def step(self, event: ev.FetchEvent) -> None:
        for action in self.core.step(event):
            self.perform(action)
        assert len(self.downloads) <= DOWNLOADS
        assert len(self.placings) <= PLACINGS

    def perform(self, action: ev.FetchAction) -> None:
        match action:
            case ev.Download():
                self.downloads[action.number] = action
            case ev.StopDownload():
                del self.downloads[action.number]
            case ev.PutInPlace():
                assert action.file in self.files
                self.placings[action.number] = action
            case ev.StopPlacing():
                del self.placings[action.number]
            case ev.Keep():
                self.kept.add(action.file.number)
            case ev.Discard():
                assert all(each.file != action.number for each in self.placings.values())
                del self.files[action.number]
                self.kept.discard(action.number)
            case ev.Done() | ev.Failed():
                self.waiting.remove(action.key)
                assert action.key not in self.answered
                self.answered.add(action.key)

    def end_one(self) -> None:
        rng = self.rng
        if self.downloads and (not self.placings or rng.random() < 0.5):
            number = rng.choice(list(self.downloads))
            del self.downloads[number]
            if rng.random() < 0.3:
                self.step(ev.DownloadFailed(number, PROBLEM, too_large=rng.random() < 0.5))
                return
            self.files[number] = rng.randrange(50)
            self.step(ev.Downloaded(number, self.files[number], "s"))
        elif self.placings:
            number = rng.choice(list(self.placings))
            del self.placings[number]
            bad = rng.random() < 0.3
            corrupt = rng.random() < 0.5
            self.step(ev.NotPlaced(number, PROBLEM, corrupt) if bad else ev.Placed(number, rng.randrange(99)))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 120))
def test_whatever_happens_each_is_answered_once_and_the_cache_stays_small(seed: int, cache: int) -> None:
    shell = Shell(seed, cache)
    rng = shell.rng
    for number in range(rng.randrange(40)):
        count = rng.randrange(1, 4)
        wanted = [Artifact(f"http://h/{rng.randrange(4)}", cache=rng.random() < 0.7) for _ in range(count)]
        shell.waiting.add(key(f"t{number}"))
        shell.step(begin(f"t{number}", *wanted, limit=rng.randrange(100, 200)))
        for _ in range(rng.randrange(3)):
            shell.end_one()
        if shell.waiting and rng.random() < 0.2:
            shell.step(ev.Cancel(rng.choice(sorted(shell.waiting))))
    while shell.downloads or shell.placings:
        shell.end_one()
    assert not shell.waiting
    assert not shell.core.busy
    assert set(shell.files) == shell.kept
    assert sum(shell.files.values()) <= cache
