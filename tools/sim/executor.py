"""An executor: its production core, its session with the agent of its machine, and the runtimes below it."""

from collections.abc import Callable, Sequence
from functools import partial

from barter.agent.executor import actions as act
from barter.agent.executor import events as ev
from barter.agent.executor.machine import Executor
from barter.agent.executor.steps import ReleaseTasks, SendStatuses, StartTasks, steps
from barter.core.machine import Machine
from barter.tools.sim import wire
from barter.tools.sim.containers import SimContainers
from barter.tools.sim.fetches import SimFetches
from barter.tools.sim.host import Host
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.process import Process
from barter.tools.sim.processes import SimProcesses
from barter.tools.sim.world import World

CHECK_US = (1_000, 30_000)
MEASURE_US = (1_000, 20_000)
PATIENCE_US = 2_000_000


class SimExecutor(Process[ev.Event, act.Action]):
    """One process, started once, that works from `boot` on; `identity` names it and no other ever.

    Its tasks outlive it.
    """

    def __init__(
        self, world: World, network: Network, machine: Host, identity: str, exited: Callable[[str], None]
    ) -> None:
        super().__init__(world, identity, machine.name)
        self.identity = identity
        self.machine: Executor
        self._network = network
        self._machine = machine
        self._exited = exited
        self._end: End | None = None
        self._early: list[ev.Event] | None = []
        self._processes = SimProcesses(world, machine, self._rng, self._later, self._report)
        self._fetches = SimFetches(machine.pending, world.random(f"fetches {identity}"), self._later, self.post)
        self._containers: SimContainers | None = None

    def make(self) -> Machine[ev.Event, act.Action]:
        self.machine = Executor()
        return self.machine

    def boot(self) -> None:
        """As the daemon does: what an earlier executor left first, and only then anything else."""
        held = self._processes.start()
        if self._machine.engine is None:
            self._ready(held)
        else:
            self._containers = SimContainers(self.world, self._machine.engine, self._later)
            self._containers.start(self._report, lambda found: self._ready([*held, *found]))

    def stepped(self, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for see in self.world.seen.executor_stepped:
            see(self, events, actions)

    def perform(self, actions: list[act.Action]) -> None:
        for step in steps(actions):
            match step:
                case StartTasks():
                    self._launch(step.orders)
                case act.EndTask():
                    self._end_task(step)
                case act.FetchArtifacts():
                    self._fetches.begin(step.order)
                case act.CancelFetch():
                    self._fetches.cancel(step.key)
                case ReleaseTasks():
                    self._release(step.keys)
                case act.RunCheck():
                    self._later(self._rng.randrange(*CHECK_US), partial(self._check, step))
                case act.Measure():
                    self._later(self._rng.randrange(*MEASURE_US), partial(self._measure, step))
                case act.SendUsage():
                    self._say(step)
                case act.Connect():
                    self._network.dial(self.host, f"{self.host}/agent", self._opened(), self._failed(), PATIENCE_US)
                case act.SendHello():
                    self._say(step)
                case SendStatuses():
                    self._say(step.statuses)
                case act.Exit():
                    self._exit(step)

    def lost(self) -> None:
        self._processes.stop()
        if self._containers is not None:
            self._containers.stop()
        if self._end is not None:
            self._network.drop(self._end, kept=self._rng.randrange(self._end.on_the_way + 1))
            self._end = None
        self._exited(self.identity)

    def plan(self) -> None:
        if self._early is None:
            super().plan()

    def post(self, event: ev.Event) -> None:
        if self._early is None:
            super().post(event)
        else:
            self._early.append(event)

    def _ready(self, held: Sequence[ev.Event]) -> None:
        if not self.up:
            return
        early, self._early = self._early or [], None
        unstarted = self._fetches.left(each.order.key for each in held if isinstance(each, ev.Held))
        for event in (*held, *early, *([ev.Launch(unstarted)] if unstarted else [])):
            self.post(event)
        self.plan()

    def _report(self, event: ev.Event) -> None:
        match event:
            case ev.Started():
                self._fetches.settled((event.key,))
            case ev.NotStarted():
                self._fetches.not_started(event)
        self.post(event)

    def _later(self, us: int, call: Callable[[], None]) -> None:
        self.world.after(us, self.within_life(call))

    def _exit(self, action: act.Exit) -> None:
        end = partial(self.crash, action.reason)
        if self._containers is None:
            self._later(0, end)
        else:
            self._containers.close(end)

    # The runtimes.

    def _launch(self, orders: Sequence[ev.Order]) -> None:
        plain = [order for order in orders if order.task.container is None]
        images = [order for order in orders if order.task.container is not None]
        if plain:
            self._processes.launch(plain)
        if images and self._containers is not None:
            self._containers.launch(images)

    def _end_task(self, action: act.EndTask) -> None:
        self._processes.end(action.key, force=action.force)
        if self._containers is not None:
            self._containers.end(action.key, force=action.force)

    def _release(self, keys: Sequence[ev.TaskKey]) -> None:
        self._fetches.settled(keys)
        self._processes.release(keys)
        if self._containers is not None:
            self._containers.release(keys)

    def _check(self, action: act.RunCheck) -> None:
        running = self._machine.tasks.get(action.order.key)
        ok, message = (False, "connection refused") if running is None else (running.healthy, "as the task answers")
        self.post(ev.Checked(action.order.key, action.check, ok, message))

    def _measure(self, action: act.Measure) -> None:
        used = ((key, self._machine.used(key)) for key in action.keys)
        self.post(ev.Measured(tuple(ev.Sample(key, *each) for key, each in used if each is not None)))

    # The session with the agent.

    def _opened(self) -> Callable[[End], None]:
        life = self.life

        def opened(end: End) -> None:
            if life != self.life:
                self._network.drop(end)
                return
            self._end = end
            end.hear = self._hear
            end.ended = lambda _: self._parted(end)
            self.post(ev.Connected())

        return opened

    def _failed(self) -> Callable[[str], None]:
        gone = self.within_life(lambda: self.post(ev.Disconnected()))
        return lambda _: gone()

    def _parted(self, end: End) -> None:
        if self._end is end:
            self._end = None
            self.post(ev.Disconnected())

    def _hear(self, message: Message) -> None:
        if isinstance(message, ev.Launch | ev.Kill | ev.Recorded | ev.MeasureEvery | ev.Stop):
            self.post(message)

    def _say(self, said: act.SendHello | act.SendUsage | tuple[act.ExecutorStatus, ...]) -> None:
        if self._end is not None:
            self._end.send(wire.ExecutorCall(self.identity, said))
