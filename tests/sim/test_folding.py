"""What repeats in a story is told a few times and then counted."""

from collections.abc import Sequence
from functools import partial

import pytest

from barter.core.cluster import Offer
from barter.core.ids import OfferId, TaskId
from barter.sdk import calls
from barter.sdk.callbacks import Offered
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.testing import Broken, Cluster
from barter.tools.sim.folding import MOST, Folding
from barter.tools.sim.story import Story
from barter.tools.sim.world import SECOND_US

SAID = calls.Decline((OfferId("o1"),))


def told(*things: tuple[int, str, str]) -> list[tuple[int, str, str]]:
    """Of things done at a time, by somebody, of a kind."""
    lines: list[tuple[int, str, str]] = []
    folding = Folding(lambda at_us, who, say: lines.append((at_us, who, say())))
    for at_us, who, kind in things:
        folding.tell(at_us, who, kind, partial(str, f"did {kind}"))
    folding.close()
    return lines


def test_up_to_three_within_a_second_are_told_each_and_the_others_counted() -> None:
    few = [(at_us, "f", "x") for at_us in range(MOST)]
    assert told(*few) == [(at_us, "f", "did x") for at_us in range(MOST)]
    many = [(at_us, "f", "x") for at_us in range(10)]
    assert told(*many) == [*told(*few), (9, "f", "x, 7 times more within this second")]


def test_a_second_later_they_are_told_again_and_the_count_stands_in_its_place() -> None:
    many = [(at_us, "f", "x") for at_us in range(10)]
    lines = told(*many, (SECOND_US - 1, "g", ""), (SECOND_US, "f", "x"))
    assert lines[MOST:] == [
        (SECOND_US - 1, "g", "did "),
        (SECOND_US, "f", "x, 7 times more within this second"),
        (SECOND_US, "f", "did x"),
    ]


def test_others_and_other_kinds_are_not_counted_with_them() -> None:
    mixed = [(0, who, kind) for who in "fg" for kind in ("x", "y", "") for _ in range(MOST)]
    assert told(*mixed) == [(0, who, f"did {kind}") for _, who, kind in mixed]


def test_offers_fold_only_while_the_answers_to_them_do() -> None:
    folding = Folding(lambda at_us, who, say: None)
    for number in range(MOST + 1):
        assert folding.kind_of("f", Offered(())) == ""
        folding.tell(number, "f", folding.kind_of("f", SAID), str)
    assert folding.kind_of("f", Offered(())) == "is told of offers"
    assert folding.kind_of("g", Offered(())) == ""
    assert folding.kind_of("f", calls.Kill(TaskId("t"), None)) == ""


class Spins(Scheduler):
    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        for offer in offers:
            driver.decline(offer)
        driver.revive()


def test_the_stories_of_a_framework_that_spins_are_short() -> None:
    cluster = Cluster()
    lines: list[str] = []
    story = Story(lines.append)
    cluster._sim.world.seen.add(story)  # pyright: ignore[reportPrivateUsage]
    cluster.agents(2, docker=False)
    cluster.framework(Spins)
    with pytest.raises(Broken, match=r"busy_loop: spins \(.*revive when you want more, not after each decline"):
        cluster.run_for(seconds=5)
    story.close()
    for text in ("\n".join(lines), cluster.story()):
        assert "says revive, " in text
        assert "is told of offers, " in text
        assert "times more within this second" in text
        assert len(text.splitlines()) < 60
    times = [float(line.split()[0]) for line in lines]
    assert times == sorted(times)
