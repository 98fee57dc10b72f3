"""A framework's process: its scheduler, unchanged, on the production session, over a store on disk."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from traceback import extract_tb
from typing import Protocol

from barter.core.cluster import Filters, FrameworkInfo
from barter.core.machine import Machine
from barter.core.operations import Operation
from barter.core.tasks import TaskInfo
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.driver import USUAL_FILTERS, Offers
from barter.sdk.scheduler import Scheduler
from barter.sdk.session_driver import SessionDriver, delay_from, in_steps
from barter.sdk.store import StateStore
from barter.tools.sim import wire
from barter.tools.sim.back import Back
from barter.tools.sim.disk import SimStore
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.observe import Violated
from barter.tools.sim.process import Process
from barter.tools.sim.world import World

MOST_AT_ONCE = 100_000
PATIENCE_US = 20_000_000
"""How long gRPC tries to connect, where nobody gives it up before."""


class Program(Protocol):
    """What runs in a framework's process: started anew with each process, on what is in its store."""

    @property
    def framework(self) -> FrameworkInfo: ...

    @property
    def demands_only(self) -> bool: ...

    def start(self, store: StateStore, rng: Random) -> Scheduler: ...


class SimDriver(SessionDriver):
    """Lives as long as one life of its process. `suppressed_us`: since when it wants no offers, by role."""

    def __init__(self, process: "SimFramework", scheduler: Scheduler) -> None:
        program = process.program
        super().__init__(
            scheduler,
            program.framework,
            process.masters,
            process.raised,
            demands_only=program.demands_only,
            store=process.store,
        )
        self.session, self.invoker = self._session, self._invoker
        self.suppressed_us: dict[str, int] = {}
        self._process = process
        self._asked_us, self._at_once = 0, 0

    def now(self) -> int:
        return self._process.clock.now()

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> None:
        process = self._process
        due = process.clock.when(process.clock.now() + delay_from(delay_ms))
        self._count_at_once(due)
        process.world.at(due, process.within_life(partial(self._invoker.run, call)))

    def _count_at_once(self, due_us: int) -> None:
        """Raises RuntimeError where a scheduler that asks to be called at once, again and again, stops time."""
        now_us = self._process.world.now_us
        if due_us > now_us:
            return
        self._at_once = self._at_once + 1 if self._asked_us == now_us else 1
        self._asked_us = now_us
        if self._at_once > MOST_AT_ONCE:
            raise RuntimeError(
                f"{MOST_AT_ONCE} calls of call_later without any time between them: real time goes on meanwhile, "
                f"simulated time does not; wait for a millisecond or longer"
            )

    def launch(
        self,
        offers: Offers,
        tasks: Sequence[TaskInfo],
        filters: Filters = USUAL_FILTERS,
        operations: Sequence[Operation] = (),
    ) -> None:
        """Raises NotImplementedError on a task for an executor of the framework's own: none is simulated."""
        if own := next((task.task_id for task in tasks if task.executor is not None), ""):
            raise NotImplementedError(f"task {own} names an executor: the simulator runs none but the agents' own")
        super().launch(offers, tasks, filters, operations)

    def revive(self, roles: Sequence[str] = ()) -> None:
        for role in roles or self.session.framework.roles:
            self.suppressed_us.pop(role, None)
        super().revive(roles)

    def suppress(self, roles: Sequence[str] = ()) -> None:
        for role in roles or self.session.framework.roles:
            self.suppressed_us.setdefault(role, self._process.world.now_us)
        super().suppress(roles)

    def stop(self, failover: bool = False) -> None:
        self._process.stopped_for_failover = failover
        super().stop(failover)

    def keep_id(self, action: msg.KeepId) -> None:
        self._keep_id(action.framework_id)

    def _post(self, event: msg.Event) -> None:
        self._process.post(event)


class SimFramework(Process[msg.Event, msg.Action]):
    """`code` is the exit code once its driver has finished; one that stopped for a failover starts again.

    While it `loses_revives` its stream breaks with each revive on its way.
    """

    def __init__(self, world: World, network: Network, name: str, program: Program, masters: Sequence[str]) -> None:
        super().__init__(world, name, name)
        self.program = program
        self.masters = tuple(masters)
        self.store = SimStore(self.disk)
        self.code: int | None = None
        self.stopped_for_failover = False
        self.removed = False
        self.loses_revives = False
        self.problems: list[str] = []
        self.error: Exception | None = None
        self.scheduler: Scheduler
        self.driver: SimDriver
        self._network = network
        self._end: End | None = None
        self._back: Back | None = None
        self._link = 0
        self._leader = ""

    def make(self) -> Machine[msg.Event, msg.Action]:
        self.code, self.stopped_for_failover, self.removed = None, False, False
        self._link = 0
        self.scheduler = self.program.start(self.store, self.world.random(f"{self.name} life {self.life}"))
        self.driver = SimDriver(self, self.scheduler)
        self.world.after(0, self.within_life(lambda: self.post(msg.Start())))
        return self.driver.session

    def raised(self, name: str, error: Exception) -> None:
        if isinstance(error, Violated):
            raise error
        self.error = error
        where = extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {error} ({where.filename}, line {where.lineno})"
        self.problems.append(f"its callback for {name} raised {told}")

    def stepped(self, events: Sequence[msg.Event], actions: Sequence[msg.Action]) -> None:
        """What matters is told as `called` and `asked`."""

    def perform(self, actions: list[msg.Action]) -> None:
        for step in in_steps(actions):
            if isinstance(step, list):
                self._send(step)
            else:
                self._act(step)

    def lost(self) -> None:
        self._look_back_no_more()
        if self._end is not None:
            self._network.drop(self._end, kept=self._rng.randrange(self._end.on_the_way + 1))
            self._end = None

    def _act(self, action: msg.Action) -> None:
        match action:
            case msg.Invoke():
                self._invoke(action)
            case msg.Connect():
                self._connect(action)
            case msg.Disconnect():
                self._drop()
            case msg.KeepId():
                self.driver.keep_id(action)
            case msg.Finish():
                self._finish(action)
            case _:
                pass

    def _invoke(self, action: msg.Invoke) -> None:
        watching = self.world.seen.called
        count = 0
        for callback in action.callbacks:
            called = self.driver.invoker.invoke((callback,))
            count += called
            if not called:
                break
            for see in watching:
                see(self, callback)
        self.post(msg.Invoked(count))

    def _send(self, coalesced: list[calls.Call]) -> None:
        for call in coalesced:
            if self._end is None:
                return
            for see in self.world.seen.asked:
                see(self, call)
            self._end.send(wire.FrameworkCall(self.driver.framework_id, call))
            self.disk.sent()
            if self.loses_revives and isinstance(call, calls.Revive):
                self._network.break_off(self._end, "the connection was reset")
            if isinstance(call, calls.Teardown):
                self._end.send(wire.NoMoreCalls())

    def _connect(self, action: msg.Connect) -> None:
        self._drop()
        self._link, self._leader = action.link, ""
        life = self.life
        if action.unreachable:
            found = self.within_life(partial(self._is_back, action))
            self._back = Back(self._network, self.host, action.unreachable, found)

        def opened(end: End) -> None:
            if life != self.life or self._link != action.link:
                self._network.drop(end)
                return
            self._end = end
            end.hear = partial(self._hear, action.link)
            end.ended = partial(self._parted, action.link)
            end.send(wire.FrameworkCall(self.driver.framework_id, action.subscribe, action.unreachable))

        self._network.dial(
            self.host,
            action.address,
            opened,
            self.within_life(partial(self._parted, action.link)),
            PATIENCE_US,
        )

    def _hear(self, link: int, message: Message) -> None:
        if isinstance(message, wire.FromMaster):
            self._look_back_no_more()
            self.post(msg.Heard(link, wire.to_framework(message)))
        elif isinstance(message, wire.NotLeader) and link == self._link:
            self._leader = message.leader
            if (end := self._end) is not None:
                self._network.drop(end)
            self._parted(link, message.reason)

    def _is_back(self, action: msg.Connect) -> None:
        """Who should lead answers, and the master that was called has not said a word."""
        if action.link == self._link and self._back is not None:
            self._leader = action.unreachable
            end, self._end = self._end, None
            if end is not None:
                self._network.drop(end)
            self._parted(action.link, f"{action.unreachable} answers again")
            self._link = 0

    def _look_back_no_more(self) -> None:
        if self._back is not None:
            self._back.cancel()
            self._back = None

    def _parted(self, link: int, reason: str) -> None:
        if link != self._link:
            return
        self._end = None
        self._look_back_no_more()
        leader, self._leader = self._leader, ""
        self.post(msg.LinkLost(link, reason, leader, self._rng.randrange(1000)))

    def _drop(self) -> None:
        """Give the present link up, whatever it has come to."""
        end, self._end, self._link = self._end, None, 0
        self._look_back_no_more()
        if end is not None:
            self._network.drop(end)

    def _finish(self, action: msg.Finish) -> None:
        if action.error:
            self.driver.invoker.error(action.error)
        self.code = action.code
        self.removed = "was removed" in action.error
        self._drop()
        self.world.after(0, self.within_life(partial(self.crash, action.reason)))
