"""The scheduler between a driver and a store: what it makes one batch of, in which order it acts, when it gives up."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.operations import Operation
from barter.frameworks.service.actions import Answer
from barter.frameworks.service.app import App
from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.events import Change, Put
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.frameworks.service.wakeups import Wakeups
from barter.sdk import (
    GIB,
    AgentId,
    Demand,
    Driver,
    ExecutorId,
    Filters,
    FrameworkId,
    MemoryStore,
    Offer,
    OfferId,
    ReservationId,
    Service,
    Source,
    TaskId,
    TaskInfo,
    TaskState,
    TaskStatus,
    resources,
)
from barter.sdk.driver import USUAL_FILTERS, Offers

HELD = resources(cpus=4000, mem=4 * GIB, ports=((31000, 31009),))


class Pad(Driver):
    """Writes down what it is asked; `turn` runs the timers that are due."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.launched: list[TaskInfo] = []
        self.time = 1_000_000
        self.stopped = False
        self.timers: list[tuple[int, Callable[[], None]]] = []

    @property
    def framework_id(self) -> FrameworkId:
        return FrameworkId("f-1")

    def launch(
        self,
        offers: Offer | Sequence[Offer],
        tasks: Sequence[TaskInfo],
        filters: Filters = Filters(),  # noqa: B008
        operations: Sequence[Operation] = (),
    ) -> None:
        self.log.append("launch")
        self.launched += tasks

    def decline(self, offers: Offers, filters: Filters = USUAL_FILTERS) -> None:
        self.log.append("decline")

    def revive(self, roles: Sequence[str] = ()) -> None:
        self.log.append("revive")

    def suppress(self, roles: Sequence[str] = ()) -> None:
        self.log.append("suppress")

    def kill(self, task_id: TaskId, grace_ms: int | None = None) -> None:
        self.log.append("kill")

    def release(self, task_ids: Iterable[TaskId]) -> None:
        raise AssertionError("no inverse offer was made")

    def keep(self, task_ids: Iterable[TaskId]) -> None:
        raise AssertionError("nothing here returns late")

    def reconcile(self, task_ids: Iterable[TaskId] = ()) -> None:
        self.log.append("reconcile")

    def reconcile_reservations(self, endings: Iterable[tuple[AgentId, ReservationId]] = ()) -> None:
        self.log.append("reconcile_reservations")

    def set_demands(self, demands: Sequence[Demand]) -> None:
        self.log.append(f"demands {[demand.count for demand in demands]}")

    def set_services(self, services: Sequence[Service]) -> None:
        self.log.append("services")

    def send_framework_message(self, agent_id: AgentId, executor_id: ExecutorId, data: bytes) -> None: ...

    def now(self) -> int:
        return self.time

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> None:
        self.timers.append((self.time + delay_ms, call))

    def stop(self, failover: bool = False) -> None:
        self.stopped = True
        self.log.append(f"stop failover={failover}")

    def turn(self, passed_ms: int = 0) -> None:
        self.time += passed_ms
        due = [timer for timer in self.timers if timer[0] <= self.time]
        self.timers = [timer for timer in self.timers if timer[0] > self.time]
        for _, call in due:
            call()


class LoudStore(MemoryStore):
    """Writes down its writes beside what the driver is asked; with `full` it takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self.full = False

    def update(self, values: Mapping[str, bytes | None]) -> None:
        if self.full:
            raise OSError("no space is left")
        self.log.append(", ".join(f"{'delete' if value is None else 'set'} {key}" for key, value in values.items()))
        super().update(values)


def started(store: LoudStore) -> tuple[ServiceScheduler, Pad]:
    scheduler, driver = ServiceScheduler(store), Pad(store.log)
    scheduler.attach(driver)
    driver.turn()
    store.log.clear()
    return scheduler, driver


def put(scheduler: ServiceScheduler, name: str, answers: list[Answer], instances: int = 1) -> None:
    app = App(f"/{name}", cmd="serve", instances=instances)
    scheduler.ask(Change(scheduler.next_request(), f"d-{name}", (Put(app, 0),)), answers.append)


def offer(number: int, app: str) -> Offer:
    return Offer(OfferId(f"O{number}"), AgentId("a1"), FrameworkId("f-1"), "*", HELD, "h", "h", demand_id=app)  # type: ignore[arg-type]


def end(task: TaskInfo, state: TaskState = TaskState.FAILED) -> TaskStatus:
    return TaskStatus(task.task_id, state, Source.AGENT, 0)


def test_all_of_a_turn_is_one_batch_and_what_is_durable_comes_first() -> None:
    store = LoudStore()
    scheduler, driver = started(store)
    answers: list[Answer] = []
    put(scheduler, "a", answers, instances=2)
    put(scheduler, "b", answers)
    assert store.log == []
    driver.turn()
    saved = "set service/app/a, set service/deployment/d-a, set service/app/b, set service/deployment/d-b"
    assert store.log == [saved, "services", "demands [2, 1]"]
    assert [answer.status for answer in answers] == [200, 200]
    store.log.clear()
    scheduler.resource_offers(driver, [offer(1, "a")])
    scheduler.resource_offers(driver, [offer(2, "b")])
    driver.turn()
    assert store.log == ["set service/launch/1-1, set service/launch/1-3", "launch", "launch", "demands []"]
    store.log.clear()
    for task in driver.launched[1:]:
        scheduler.status_update(driver, end(task))
    scheduler.status_update(driver, end(driver.launched[0], TaskState.KILLED))
    driver.turn()
    assert store.log == ["demands [2, 1]", "delete service/launch/1-3, delete service/launch/1-1"]


def test_what_comes_before_the_driver_waits_for_it() -> None:
    store = LoudStore()
    scheduler, driver = ServiceScheduler(store), Pad(store.log)
    answers: list[Answer] = []
    put(scheduler, "a", answers)
    assert answers == []
    scheduler.registered(driver, FrameworkId("f-1"))
    driver.turn()
    assert [answer.status for answer in answers] == [200]
    assert driver.log[-1] == "demands [1]"


def test_a_store_that_fails_ends_it_before_the_master_or_the_operator_hears_anything() -> None:
    store = LoudStore()
    scheduler, driver = started(store)
    answers: list[Answer] = []
    put(scheduler, "a", answers)
    store.full = True
    with pytest.raises(OSError, match="no space"):
        driver.turn()
    assert store.log == ["stop failover=True"]
    assert isinstance(scheduler.failure, OSError)
    store.full = False
    put(scheduler, "b", answers)
    driver.turn(60_000)
    assert (store.log, answers) == (["stop failover=True"], [])


def test_it_wakes_up_by_itself_when_a_wait_is_over() -> None:
    store = LoudStore()
    scheduler, driver = started(store)
    put(scheduler, "a", [])
    for _ in range(2):
        driver.turn()
        scheduler.resource_offers(driver, [offer(len(driver.launched), "a")])
        driver.turn()
        scheduler.status_update(driver, end(driver.launched[-1]))
    driver.turn()
    assert (len(driver.launched), store.log[-1]) == (2, "delete service/launch/1-2")
    store.log.clear()
    driver.turn(999)
    assert store.log == []
    driver.turn(1)
    assert store.log == ["demands [1]"]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 50)), max_size=60))
def test_every_wakeup_comes_and_timers_stay_few(steps: list[tuple[int, int]]) -> None:
    """Against the plain rule: whatever was asked for is woken for once its time has come."""
    driver = Pad([])
    asked: list[int] = []

    def wake() -> None:
        asked[:] = [due for due in asked if due > driver.time]
        if asked:
            wakeups.at(min(asked))

    wakeups = Wakeups(driver, wake)
    for passes, amount in steps:
        if passes:
            driver.turn(amount)
        else:
            asked.append(driver.time + amount)
            wakeups.at(driver.time + amount)
        while any(due <= driver.time for due, _ in driver.timers):
            driver.turn()
        assert all(due > driver.time for due in asked)
        times = [due for due, _ in driver.timers]
        assert len(times) == len(set(times))
        assert min(times, default=0) <= min(asked, default=driver.time + 50)


@pytest.mark.parametrize("value", [b'{"a": 1}', b"no JSON", b"[1]", b""])
@pytest.mark.parametrize("key", ["service/app/web", "service/launch/1-1"])
def test_a_store_of_something_else_is_refused_by_name(key: str, value: bytes) -> None:
    store = MemoryStore()
    store.set(key, value)
    with pytest.raises(DefinitionError, match=key):
        ServiceScheduler(store)
