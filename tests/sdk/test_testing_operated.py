"""Machines that operators give up, for a framework's author."""

from collections.abc import Sequence

import pytest

from barter import sdk
from barter.sdk.testing import Cluster
from tests.sdk.test_testing import NEED, Keeper


class Mover(sdk.Scheduler):
    """Four tasks; one on an agent that is to be given up is replaced, and released when its replacement runs."""

    def __init__(self) -> None:
        self.alive: dict[sdk.TaskId, sdk.TaskState] = {}
        self.going: dict[sdk.TaskId, None] = {}
        self.launched = 0

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            lacking = 4 + len(self.going) - len(self.alive)
            driver.launch(offer, [self.new_task() for _ in range(min(lacking, 1))])

    def new_task(self) -> sdk.TaskInfo:
        self.launched += 1
        task_id = sdk.TaskId(f"task-{self.launched}")
        self.alive[task_id] = sdk.TaskState.STAGING
        return sdk.TaskInfo(task_id, "task", NEED, sdk.Command("sleep infinity"))

    def inverse_offers(self, driver: sdk.Driver, inverse_offers: Sequence[sdk.InverseOffer]) -> None:
        self.going.update(dict.fromkeys(task for offer in inverse_offers for task in offer.tasks if task in self.alive))
        driver.revive()

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        if status.terminal:
            self.alive.pop(status.task_id, None)
            self.going.pop(status.task_id, None)
        else:
            self.alive[status.task_id] = status.state
        staying = [name for name, state in self.alive.items() if name not in self.going]
        if sum(self.alive[name] is sdk.TaskState.RUNNING for name in staying) == 4:
            driver.release(self.going)


class Stayer(Keeper):
    """Moves nothing, and keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.going: list[sdk.InverseOfferId] = []

    def inverse_offers(self, driver: sdk.Driver, inverse_offers: Sequence[sdk.InverseOffer]) -> None:
        self.going += [each.inverse_offer_id for each in inverse_offers]

    def inverse_offer_rescinded(self, driver: sdk.Driver, inverse_offer_id: sdk.InverseOfferId) -> None:
        self.going.remove(inverse_offer_id)


def moved() -> Cluster:
    cluster = Cluster(seed=3)
    cluster.agents(4, cpus=4, docker=False)
    cluster.framework(Mover)
    cluster.run_until(lambda: len(cluster.running()) == 4)
    return cluster


def test_a_framework_that_moves_its_tasks_never_has_fewer() -> None:
    cluster = moved()
    [first, *_] = cluster.running()
    cluster.drain(first.agent, grace_minutes=5)
    fewest = 4
    for _ in range(60):
        cluster.run_for(seconds=1)
        fewest = min(fewest, len(cluster.running()))
    assert fewest == 4
    assert not cluster.running(agent=first.agent)
    assert f"{first.task_id} TASK_KILLED" in cluster.story()
    assert "AGENT_DRAINING" in cluster.story()


def test_one_that_does_not_loses_them_after_the_grace() -> None:
    cluster = Cluster(seed=3)
    cluster.agents(2, cpus=4, docker=False)
    cluster.framework(Keeper)
    cluster.run_until(lambda: len(cluster.running()) == 4)
    cluster.drain("agent-0", grace_minutes=1, in_minutes=1)
    cluster.run_for(seconds=115)
    assert len(cluster.running(agent="agent-0")) == 2
    cluster.run_for(seconds=20)
    assert not cluster.running(agent="agent-0")


def test_activate_ends_it() -> None:
    cluster = Cluster(seed=3)
    cluster.agents(2, cpus=4, docker=False)
    stayer = cluster.framework(Stayer)
    cluster.run_until(lambda: len(cluster.running()) == 4)
    cluster.drain("agent-0", in_minutes=2)
    cluster.run_for(seconds=1)
    assert len(stayer.scheduler.going) == 1
    cluster.activate("agent-0")
    cluster.run_for(minutes=15)
    assert stayer.scheduler.going == []
    assert len(cluster.running(agent="agent-0")) == 2


def test_a_machine_is_drained_as_soon_as_the_master_knows_it() -> None:
    cluster = Cluster(seed=3)
    cluster.agents(2, cpus=4, docker=False)
    cluster.framework(Keeper)
    cluster.drain("agent-0", grace_minutes=0)
    cluster.run_for(minutes=2)
    assert not cluster.running(agent="agent-0")


def test_what_is_no_drain_is_refused() -> None:
    cluster = moved()
    with pytest.raises(ValueError, match=r"drain\('agent-0'\) or drain\(zone='b'\)"):
        cluster.drain()
    with pytest.raises(ValueError, match="neither can be negative"):
        cluster.drain("agent-0", grace_minutes=-1)
    with pytest.raises(LookupError, match="no agent 'agent-9'"):
        cluster.activate("agent-9")
