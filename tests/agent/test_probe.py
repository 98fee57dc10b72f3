"""Check commands of process tasks, and keepers that die, cannot start them or are not there."""

import asyncio
from collections.abc import Callable

import pytest

from barter.agent.runtime.keeper.wire import Message
from barter.agent.runtime.probe import Probes
from barter.agent.runtime.ran import Ran


class Keeping:
    """What is sent to a keeper that does `then`, and is `ready` or away."""

    def __init__(self, ready: bool = True) -> None:
        self.ready = ready
        self.sent: list[Message] = []
        self.then: Callable[[], None] = lambda: None

    def send(self, *parts: bytes) -> None:
        self.sent.append(list(parts))
        self.then()


def result(keeping: Keeping, then: Callable[[Probes], None] = lambda _: None) -> Ran:
    async def story() -> Ran:
        probes = Probes(keeping)  # type: ignore[arg-type]
        keeping.then = lambda: then(probes)
        return await probes.run((b"what",), 20)

    return asyncio.run(story())


@pytest.mark.parametrize(("code", "ok"), [(b"0", True), (b"3", False)])
def test_how_it_exited_is_the_result(code: bytes, ok: bool) -> None:
    assert result(Keeping(), lambda probes: probes.checked([b"checked", b"0", code]))[0] is ok


def test_a_command_that_takes_too_long_has_failed_and_is_dropped() -> None:
    keeping = Keeping()
    assert result(keeping) == Ran(False, "no result within 20 ms")
    assert keeping.sent[-1] == [b"drop", b"0"]


def test_a_command_that_could_not_be_started_says_nothing_of_the_task() -> None:
    assert result(Keeping(), lambda probes: probes.checked([b"checked", b"0", b"", b"exec"]))[0] is None


def test_nor_does_one_without_a_keeper() -> None:
    away = Keeping(ready=False)
    assert result(away)[0] is None
    assert away.sent == []


def test_nor_one_whose_keeper_is_gone_by_the_end_of_its_time() -> None:
    keeping = Keeping()

    def die(_: Probes) -> None:
        keeping.ready = False

    assert result(keeping, die)[0] is None
    assert result(Keeping(), lambda probes: probes.lost())[0] is None
