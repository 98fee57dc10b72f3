"""The driver over a real stream: what it sends, what it survives, how it ends."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from barter.core.cluster import FrameworkInfo, Offer
from barter.core.ids import AgentId, FrameworkId, OfferId, TaskId
from barter.core.resources import NOTHING, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus
from barter.proto import codec
from barter.proto.v1 import scheduler_pb2 as pb
from barter.sdk import Driver, MasterDriver, MemoryStore, Scheduler

INFO = FrameworkInfo("test")
OFFER = Offer(OfferId("O1"), AgentId("a1"), FrameworkId("f"), "*", resources(cpus=1000), "host", "10.0.0.1")
Stub = Any


class Recorder(Scheduler):
    """Writes down every callback; `react` is called with the driver and the name of each."""

    def __init__(self, react: Callable[[Driver, str], None] = lambda driver, name: None) -> None:
        self.heard: list[str] = []
        self.errors: list[str] = []
        self.statuses: list[TaskStatus] = []
        self._react = react

    def _note(self, driver: Driver, name: str) -> None:
        self.heard.append(name)
        self._react(driver, name)

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        self._note(driver, "registered")

    def reregistered(self, driver: Driver) -> None:
        self._note(driver, "reregistered")

    def disconnected(self, driver: Driver) -> None:
        self._note(driver, "disconnected")

    def resource_offers(self, driver: Driver, offers: object) -> None:
        self._note(driver, "offers")

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        self.statuses.append(status)
        self._note(driver, f"{status.task_id} {status.state}")

    def error(self, driver: Driver, message: str) -> None:
        self.errors.append(message)


def status(name: str, state: TaskState, number: int) -> TaskStatus:
    return TaskStatus(TaskId(name), state, Source.EXECUTOR, 0, uuid=f"{name}:{number}")


def task(number: int) -> TaskInfo:
    return TaskInfo(TaskId(f"t{number}"), "t", NOTHING)


def offers() -> pb.SchedulerEvent:
    return pb.SchedulerEvent(offers={"offers": [codec.offer_to_wire(OFFER)]})


async def run_all(stub: Stub, call: pb.SchedulerCall) -> None:
    """Offer once; every launched task runs and ends, each state in one message."""
    if call.HasField("subscribe"):
        await stub.send(offers())
    if call.HasField("accept"):
        names = [item.task_id for item in call.accept.launch]
        await stub.update(*(status(name, TaskState.RUNNING, 1) for name in names))
        await stub.update(*(status(name, TaskState.FINISHED, 2) for name in names))


def serve(driver: MasterDriver, seconds: float = 20) -> int:
    async def bounded() -> int:
        return await asyncio.wait_for(driver.serve(), seconds)

    return asyncio.run(bounded())


def test_five_thousand_tasks_in_one_launch(stub_master: Stub) -> None:
    count = 5_000
    ended: set[str] = set()

    class Burst(Scheduler):
        def resource_offers(self, driver: Driver, offers: object) -> None:
            driver.launch(OFFER, [task(n) for n in range(count)])

        def status_update(self, driver: Driver, status: TaskStatus) -> None:
            if status.terminal:
                ended.add(status.task_id)
                if len(ended) == count:
                    driver.stop()

    async def main() -> None:
        stub = stub_master(run_all)
        await stub.start()
        driver = MasterDriver(Burst(), INFO, stub.address)
        assert await asyncio.wait_for(driver.serve(), 60) == 0
        kinds = stub.kinds()
        assert kinds.count("accept") == 1
        assert kinds.count("acknowledge") <= 2 * count / 100
        acked = {ack.uuid for call in stub.calls for ack in call.acknowledge.acks}
        assert acked == {f"t{n}:{number}" for n in range(count) for number in (1, 2)}
        assert kinds[-1] == "teardown"
        await stub.stop()

    asyncio.run(main())


def test_an_exception_is_reported_and_the_session_goes_on(stub_master: Stub, caplog: pytest.LogCaptureFixture) -> None:
    def react(driver: Driver, name: str) -> None:
        if name == "offers":
            driver.launch(OFFER, [task(1)])
        if name.endswith("RUNNING"):
            raise ZeroDivisionError("my bug")
        if name.endswith("FINISHED"):
            driver.stop()

    async def main() -> None:
        stub = stub_master(run_all)
        await stub.start()
        recorder = Recorder(react)
        assert await asyncio.wait_for(MasterDriver(recorder, INFO, stub.address).serve(), 20) == 0
        assert recorder.errors == ["your callback for status_update raised ZeroDivisionError: my bug"]
        assert {ack.uuid for call in stub.calls for ack in call.acknowledge.acks} == {"t1:1", "t1:2"}
        await stub.stop()

    asyncio.run(main())
    assert sum("my bug" in (record.exc_text or "") for record in caplog.records) == 1


def test_timers_run_in_time_and_one_that_raises_is_borne(stub_master: Stub, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        stub = stub_master()
        await stub.start()
        ran: list[tuple[str, int]] = []

        def fail() -> None:
            ran.append(("fail", driver.now()))
            raise ZeroDivisionError("my bug")

        def end() -> None:
            ran.append(("end", driver.now()))
            driver.kill(TaskId("t1"))
            driver.call_later(0, lambda: ran.append(("never", 0)))
            driver.stop(failover=True)

        def react(driver: Driver, name: str) -> None:
            driver.call_later(50, end)
            driver.call_later(20, fail)

        recorder = Recorder(react)
        driver = MasterDriver(recorder, INFO, stub.address)
        before = driver.now()
        driver.call_later(-1, lambda: ran.append(("at once", driver.now())))
        assert await asyncio.wait_for(driver.serve(), 20) == 0
        await stub.stop()
        assert [name for name, _ in ran] == ["at once", "fail", "end"]
        assert ran[0][1] >= before
        assert ran[1][1] >= before + 20
        assert ran[2][1] >= before + 50
        assert recorder.errors == ["your callback for call_later raised ZeroDivisionError: my bug"]

    asyncio.run(main())
    assert sum("my bug" in (record.exc_text or "") for record in caplog.records) == 1


def test_no_timer_runs_after_stop(stub_master: Stub) -> None:
    async def main() -> None:
        stub = stub_master()
        await stub.start()
        ran: list[str] = []

        def react(driver: Driver, name: str) -> None:
            driver.call_later(10, lambda: ran.append("too late"))
            driver.stop(failover=True)

        assert await asyncio.wait_for(MasterDriver(Recorder(react), INFO, stub.address).serve(), 20) == 0
        later = asyncio.Event()
        asyncio.get_running_loop().call_later(0.02, later.set)
        await later.wait()
        assert ran == []
        await stub.stop()

    asyncio.run(main())


def test_it_comes_back_after_a_lost_session_and_follows_the_leader(stub_master: Stub) -> None:
    async def main() -> None:
        first, second = stub_master(), stub_master()
        await first.start()
        await second.start()
        first.leader = second.address

        def react(driver: Driver, name: str) -> None:
            if name == "registered":
                second.hang_up()
            if name == "disconnected":
                driver.kill(TaskId("t7"))
                driver.launch(OFFER, [task(1)])
                driver.decline(OFFER)
            if name == "reregistered":
                driver.stop(failover=True)

        recorder = Recorder(react)
        assert await asyncio.wait_for(MasterDriver(recorder, INFO, first.address).serve(), 20) == 0
        assert recorder.heard == ["registered", "disconnected", "t1 TASK_DROPPED", "reregistered"]
        assert second.kinds() == ["subscribe", "subscribe", "reconcile", "kill"]
        assert second.calls[1].subscribe.framework.framework_id == "abc-1-0001"
        await first.stop()
        await second.stop()

    asyncio.run(main())


def test_a_fatal_error_ends_with_code_1_and_a_clear_line(stub_master: Stub, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async def refuse(stub: Stub, call: pb.SchedulerCall) -> None:
            await stub.send(pb.SchedulerEvent(error={"message": "framework was removed", "fatal": True}))

        stub = stub_master(refuse)
        await stub.start()
        recorder = Recorder()
        assert await asyncio.wait_for(MasterDriver(recorder, INFO, stub.address).serve(), 20) == 1
        assert recorder.errors == ["framework was removed"]
        await stub.stop()

    asyncio.run(main())
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR and "was removed" in r.getMessage()]


def test_a_master_that_is_not_there_is_one_line_and_then_it_is(
    stub_master: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        probe = stub_master()
        await probe.start()
        address = probe.address
        await probe.stop()
        driver = MasterDriver(Recorder(remove), INFO, address)
        serving = asyncio.create_task(driver.serve())
        while not caplog.records:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        stub = stub_master()
        await stub.start(address)
        assert await asyncio.wait_for(serving, 20) == 0
        await stub.stop()

    asyncio.run(main())
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 2
    assert "cannot reach master" in lines[0]
    assert "registered with master" in lines[1]


def leave(driver: Driver, name: str) -> None:
    driver.stop(failover=True)


def remove(driver: Driver, name: str) -> None:
    driver.stop()


def test_the_framework_id_is_kept_and_forgotten(stub_master: Stub) -> None:
    async def main() -> None:
        stub = stub_master()
        await stub.start()
        store = MemoryStore()
        for failover in (True, False):
            recorder = Recorder(leave if failover else remove)
            driver = MasterDriver(recorder, INFO, stub.address, store=store)
            assert await asyncio.wait_for(driver.serve(), 20) == 0
            assert store.get("barter.framework_id") == (b"abc-1-0001" if failover else None)
        ids = [call.subscribe.framework.framework_id for call in stub.calls if call.HasField("subscribe")]
        assert ids == ["", "abc-1-0001"]
        await stub.stop()

    asyncio.run(main())


def test_once_the_framework_is_anothers_it_acts_no_more(stub_master: Stub) -> None:
    class Shared(MemoryStore):
        lost = False

        def held(self) -> bool:
            return not self.lost

    async def main() -> None:
        async def offer_twice(stub: Stub, call: pb.SchedulerCall) -> None:
            if call.HasField("subscribe"):
                await stub.send(offers())
                await stub.send(offers())

        def react(driver: Driver, name: str) -> None:
            if name == "offers":
                driver.call_later(0, lambda: recorder.errors.append("called later"))
                driver.launch(OFFER, [task(1)])
                store.lost = True

        store, recorder = Shared(), Recorder(react)
        stub = stub_master(offer_twice)
        await stub.start()
        assert await asyncio.wait_for(MasterDriver(recorder, INFO, stub.address, store=store).serve(), 20) == 1
        assert (recorder.heard, recorder.errors) == (["registered", "offers"], [])
        assert "accept" not in stub.kinds()
        await stub.stop()

    asyncio.run(main())


def test_what_fits_no_wire_is_refused_to_its_author(stub_master: Stub) -> None:
    def react(driver: Driver, name: str) -> None:
        if name == "registered":
            huge = TaskInfo(TaskId("huge"), "t", resources(cpus=1 << 80))
            driver.launch(OFFER, [huge])
        if name == "huge TASK_ERROR":
            driver.stop()

    async def main() -> None:
        stub = stub_master()
        await stub.start()
        recorder = Recorder(react)
        assert await asyncio.wait_for(MasterDriver(recorder, INFO, stub.address).serve(), 20) == 0
        assert "accept" not in stub.kinds()
        assert len(recorder.errors) == 1
        await stub.stop()

    asyncio.run(main())


def test_garbage_from_a_master_is_an_error_and_no_end(stub_master: Stub) -> None:
    async def main() -> None:
        async def garbage(stub: Stub, call: pb.SchedulerCall) -> None:
            if call.HasField("subscribe"):
                await stub.send(pb.SchedulerEvent(update={"statuses": [{"task_id": "a", "state": "TASK_DANCING"}]}))
                await stub.update(status("a", TaskState.FINISHED, 1))

        stub = stub_master(garbage)
        await stub.start()

        recorder = Recorder(lambda driver, name: driver.stop() if name.startswith("a ") else None)
        assert await asyncio.wait_for(MasterDriver(recorder, INFO, stub.address).serve(), 20) == 0
        assert len(recorder.errors) == 1
        assert "TASK_DANCING" in recorder.errors[0]
        await stub.stop()

    asyncio.run(main())


def test_calls_from_another_thread_are_refused(stub_master: Stub) -> None:
    async def main() -> None:
        driver = MasterDriver(Recorder(), INFO, "127.0.0.1:1")
        with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
            await asyncio.to_thread(driver.revive)

    asyncio.run(main())


@pytest.mark.parametrize("masters", ["", " , ", "nowhere", "host:port"])
def test_addresses_are_checked_at_once(masters: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        MasterDriver(Recorder(), INFO, masters)


def test_it_serves_once() -> None:
    def make() -> MasterDriver:
        driver = MasterDriver(Recorder(), INFO, "127.0.0.1:1")
        driver.stop()
        return driver

    driver = make()
    assert serve(driver) == 0
    with pytest.raises(RuntimeError, match="once"):
        serve(driver)
