"""Orders with an image, and an engine whose answers come when a test says so, truthful or lost."""

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.answers import failed
from barter.agent.containers.events import Seen, Standing, Trouble
from barter.agent.containers.machine import Containers
from barter.agent.executor.events import NotStarted, Order, Started, TaskKey
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.tasks import Container, Reason, TaskInfo

IMAGE = "img:1"


def order(name: str, *, force_pull: bool = False) -> Order:
    info = TaskInfo(TaskId(name), name, resources(cpus=100), container=Container(IMAGE, force_pull=force_pull))
    return Order(FrameworkId("f"), info, f"/sandbox/{name}", f"barter.a.f.{name}")


def key(name: str) -> TaskKey:
    return TaskKey(FrameworkId("f"), TaskId(name))


class Truth:
    """What an engine really has. `runs` counts the starts of each task, `news` are ends nobody heard yet."""

    def __init__(self) -> None:
        self.image = True
        self.orders: dict[str, Order] = {}
        self.standing: dict[str, Standing] = {}
        self.codes: dict[str, int] = {}
        self.runs: dict[TaskKey, int] = {}
        self.news: list[ev.Died] = []
        self._count = 0

    def do(self, call: act.Call) -> ev.Event | None:
        """The call's effect and its answer; None while there is none yet."""
        match call:
            case act.Create():
                return self._create(call.order)
            case act.Start():
                return self._start(call)
            case act.Pull():
                self.image = True
                return ev.PullDone(call.number)
            case act.Inspect():
                found = self._named(call.container)
                return ev.Inspected(call.key, None if found is None else self._seen(found))
            case act.List():
                return ev.Listed(call.number, [self._seen(each) for each in self.orders])
            case act.Kill():
                self.end(call.container, 137 if call.signal == "SIGKILL" else 143)
                return None
            case act.Remove():
                self.end(call.container, 137)
                self.orders.pop(call.container, None)
                return ev.Removed(call.container)
            case act.CopyLogs():
                if call.follow and self.standing.get(call.container) is Standing.RUNNING:
                    return None
                return ev.LogsCopied(call.container, whole=True)

    def end(self, container: str, code: int) -> None:
        if container in self.orders and self.standing[container] is Standing.RUNNING:
            self.standing[container], self.codes[container] = Standing.EXITED, code
            self.news.append(ev.Died(self.orders[container].key, code))

    def running(self) -> list[str]:
        return [each for each in self.orders if self.standing[each] is Standing.RUNNING]

    def _create(self, order: Order) -> ev.Event:
        if not self.image:
            return ev.CreateFailed(order.key, Trouble.IMAGE_MISSING, "no such image")
        if self._named(order.container_name) is not None:
            return ev.CreateFailed(order.key, Trouble.NAME_TAKEN, "the name is in use")
        self._count += 1
        container = f"c{self._count}"
        self.orders[container], self.standing[container] = order, Standing.CREATED
        return ev.Created(order.key, container)

    def _start(self, call: act.Start) -> ev.Event:
        if call.container not in self.orders:
            return failed(call, Trouble.REFUSED, "no such container")
        if self.standing[call.container] is not Standing.RUNNING:
            self.standing[call.container] = Standing.RUNNING
            self.runs[call.key] = self.runs.get(call.key, 0) + 1
        return ev.StartDone(call.key)

    def _named(self, name: str) -> str | None:
        return next((each for each, one in self.orders.items() if name in (each, one.container_name)), None)

    def _seen(self, container: str) -> Seen:
        return Seen(container, self.standing[container], self.orders[container], self.codes.get(container))


T1, T2 = order("t1"), order("t2")
START = act.Start(T1.key, "c1")


class Told:
    """A machine that has read its first list, at time 0."""

    def __init__(self, *found: Seen) -> None:
        self.machine = Containers()
        self.now = 0
        assert self.on(Tick()) == [act.Watch()]
        assert self.on(ev.EngineConnected()) == [act.List(1)]
        self.first = self.on(ev.Listed(1, found))

    def on(self, event: ev.Event | Tick) -> list[act.Action]:
        return self.machine.step(event, self.now)

    def at(self, now: int) -> list[act.Action]:
        self.now = now
        return self.on(Tick())

    def running(self) -> "Told":
        self.on(ev.Launch((T1,)))
        self.on(ev.Created(T1.key, "c1"))
        assert self.on(ev.StartDone(T1.key)) == [act.Report(Started(T1.key))]
        return self


def not_started(message: str, reason: Reason = Reason.LAUNCH_FAILED) -> act.Report:
    return act.Report(NotStarted(T1.key, reason, message))


def seen(standing: Standing, code: int | None = None, *, short: bool = False) -> Seen:
    return Seen("c1", standing, T1, code, short)
