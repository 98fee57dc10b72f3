"""The fixture `cluster` for an author's tests. Every pytest run loads it where Barter is installed: it imports nothing.

It is here and not beside `Cluster`, because importing anything of `barter.sdk` loads gRPC.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from barter.sdk.testing import Cluster

_CLUSTER = pytest.StashKey["Cluster"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("barter")
    group.addoption("--barter-seed", type=int, default=1, help="what simulated clusters begin with (1)")


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> "Cluster":
    """An empty simulated cluster: add agents and a framework, let time pass, look."""
    from barter.sdk.testing import Cluster

    seed = request.config.getoption("--barter-seed")
    assert isinstance(seed, int)
    made = request.node.stash[_CLUSTER] = Cluster(seed)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test tells its seed and how its story ended."""
    report = yield
    made = item.stash.get(_CLUSTER, None)
    if report.failed and made is not None:
        from barter.sdk.testing import Broken

        told_already = call.excinfo is not None and call.excinfo.errisinstance(Broken)
        story = "" if told_already else made.story(last=40)
        report.sections.append(("simulated cluster", f"{story}\nonce more: --barter-seed {made.seed}".strip()))
    return report
