"""The model of the process runtime keeps what `agent/runtime/base.py` promises, as the real one does."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.executor.events import Ended, Held, NotStarted, Order, Pulling, Started, TaskKey
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import Command, TaskInfo
from barter.tools.sim.behaviour import by_command
from barter.tools.sim.disk import Doom
from barter.tools.sim.host import SIGKILL_CODE, SIGTERM_CODE, Host
from barter.tools.sim.processes import SLICE, SimProcesses
from barter.tools.sim.world import START_MS, World

SECOND = 1_000_000
Event = Pulling | Started | NotStarted | Ended


def order(name: str, shell: str = "sleep infinity") -> Order:
    task = TaskInfo(TaskId(name), name, resources(cpus=100), command=Command(shell=shell))
    return Order(FrameworkId("f"), task, f"/sandbox/{name}", f"barter.a.f.{name}")


def told(events: list[Event]) -> list[Event]:
    """Without the moments."""
    return [replace(event, ended_ms=None) if isinstance(event, Ended) else event for event in events]


class Machine:
    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed)
        self.host = Host(self.world, "h", by_command)
        self.told: list[Event] = []
        self.runtime = self._runtime()

    def _runtime(self) -> SimProcesses:
        alive = True
        told: list[Event] = []

        def later(us: int, call: Callable[[], None]) -> None:
            self.world.after(us, lambda: call() if alive else None)

        def end() -> None:
            nonlocal alive
            alive = False

        self.told, self._end = told, end
        return SimProcesses(self.world, self.host, Random(1), later, told.append)

    def restart(self) -> list[Held]:
        """kill -9 of the executor, and the next one."""
        self._end()
        self.runtime.stop()
        self.runtime = self._runtime()
        return self.runtime.start()

    def go_on(self, us: int = SECOND) -> None:
        self.world.run_until(self.world.now_us + us)

    def of(self, name: str) -> list[Event]:
        return [event for event in self.told if event.key == order(name).key]


def test_a_task_is_started_and_ends_with_its_exit_code() -> None:
    machine = Machine()
    task = order("t", "sleep 3; exit 7")
    machine.runtime.launch([task])
    machine.go_on()
    assert machine.told == [Started(task.key)]
    machine.go_on(3 * SECOND)
    assert told(machine.told) == [Started(task.key), Ended(task.key, 7)]
    machine.runtime.release([task.key])
    machine.go_on()
    assert machine.restart() == []


def test_a_kill_comes_by_signal_or_before_the_start() -> None:
    machine = Machine()
    machine.runtime.launch([order("soft"), order("hard"), order("never")])
    machine.runtime.end(order("never").key, force=False)
    machine.go_on()
    for name, force in (("soft", False), ("hard", True), ("unknown", True)):
        machine.runtime.end(order(name).key, force=force)
    machine.go_on()
    assert told(machine.of("soft"))[1:] == [Ended(order("soft").key, SIGTERM_CODE, "SIGTERM")]
    assert told(machine.of("hard"))[1:] == [Ended(order("hard").key, SIGKILL_CODE, "SIGKILL")]
    assert [type(event) for event in machine.of("never")] == [NotStarted]
    assert machine.host.tasks == {}


def test_tasks_outlive_their_executor_and_so_do_their_exit_codes() -> None:
    machine = Machine()
    tasks = [order("stays"), order("ends", "sleep 5; exit 3"), order("ended", "sleep 0.5; exit 3")]
    machine.runtime.launch(tasks)
    machine.go_on()
    held = machine.restart()
    assert held == [Held(task, False) for task in tasks]
    machine.go_on(10 * SECOND)
    assert told(machine.told) == [Ended(order("ended").key, 3), Ended(order("ends").key, 3)]
    ended_ms = [event.ended_ms for event in machine.told if isinstance(event, Ended)]
    assert [round((ms or 0) - START_MS, -2) for ms in ended_ms] == [500, 5_000]
    assert [held.order.task.task_id for held in machine.restart()] == ["stays", "ends", "ended"]


def test_what_ends_after_its_keeper_died_may_have_no_exit_code() -> None:
    codes: set[int | None] = set()
    for seed in range(20):
        machine = Machine(seed)
        machine.runtime.launch([order("t", "sleep 5; exit 3")])
        machine.go_on()
        machine.host.keeper.crash()
        machine.go_on(10 * SECOND)
        assert [type(event) for event in machine.told] == [Started, Ended]
        codes |= {event.exit_code for event in machine.told if isinstance(event, Ended)}
    assert codes == {3, None}


def test_a_keeper_that_dies_between_its_notes_and_the_start_starts_nothing_twice() -> None:
    machine = Machine()
    machine.host.keeper.boot()
    machine.runtime.start()
    machine.host.keeper.disk.arm(Doom.AFTER_SYNC)
    machine.runtime.launch([order("t")])
    machine.go_on()
    assert told(machine.told) == [Started(order("t").key), Ended(order("t").key, None)]
    assert machine.host.tasks == {}


def test_a_kill_is_remembered_by_the_next_executor() -> None:
    machine = Machine()
    machine.runtime.launch([order("t")])
    machine.go_on()
    machine.runtime.end(order("t").key, force=False)
    machine.go_on(2_000)
    assert machine.restart() == [Held(order("t"), True)]


def test_what_waited_for_its_start_is_unknown_to_the_next_executor() -> None:
    """What was handed to the keeper is started all the same."""
    machine = Machine()
    machine.runtime.launch([order(f"t{number}") for number in range(3 * SLICE)])
    machine.go_on(250)
    held = {each.order.key for each in machine.restart()}
    assert len(held) == SLICE
    machine.go_on()
    assert {TaskKey(*key) for key in machine.host.tasks} >= held


@given(st.integers(0, 50))
def test_lost_power_ends_all_and_takes_at_most_the_last_lines_of_the_journal(seed: int) -> None:
    machine = Machine(seed)
    machine.runtime.launch([order(f"t{number}") for number in range(5)])
    machine.go_on()
    machine.runtime.release([order("t0").key])
    machine.go_on(1_000)
    machine.host.crash()
    assert machine.host.tasks == {}
    machine.host.boot()
    held = {each.order.key for each in machine.restart()}
    machine.go_on()
    assert {order("t1").key, order("t2").key} <= held
    assert {event.key for event in machine.told} == held
    assert all(isinstance(event, Ended) and event.exit_code is None for event in machine.told)


DEED = st.tuples(st.sampled_from(("launch", "end", "force", "wait", "restart", "dies", "keeper")), st.integers(0, 11))


@given(st.lists(DEED, max_size=25), st.integers(0, 20))
def test_each_task_starts_at_most_once_and_ends_at_most_once(deeds: list[tuple[str, int]], seed: int) -> None:
    machine = Machine(seed)
    runs: list[str] = []
    machine.world.seen.task_started.append(lambda host, key, task: runs.append(task.task_id))
    launched: dict[str, Order] = {}
    for what, number in deeds:
        name = f"t{number}"
        key = order(name).key
        match what:
            case "launch" if name not in launched:
                launched[name] = order(name)
                machine.runtime.launch([launched[name]])
            case "end" | "force":
                machine.runtime.end(key, force=what == "force")
            case "dies":
                machine.host.end((key.framework_id, key.task_id), 1)
            case "wait":
                machine.go_on(number * 1_000)
            case "keeper":
                machine.host.keeper.crash()
            case "restart":
                _check(machine)
                machine.restart()
            case _:
                pass
    machine.go_on()
    _check(machine)
    assert len(runs) == len(set(runs))


def _check(machine: Machine) -> None:
    """Of one executor's life: a start at most once, an end at most once and last."""
    for key in dict.fromkeys(event.key for event in machine.told):
        kinds = [type(event) for event in machine.told if event.key == key]
        assert kinds in ([Started], [Started, Ended], [Ended], [NotStarted]), kinds
