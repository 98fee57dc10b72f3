"""An agent: its production core over a ledger on disk, its session with a master, and its executor's."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.executor import events as executor_ev
from barter.agent.facts import Fact
from barter.agent.machine import Agent
from barter.agent.slack import LENDER_MEASURES_MS
from barter.agent.steps import steps
from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId, VolumeId
from barter.core.machine import Machine
from barter.tools.sim import wire
from barter.tools.sim.back import Back
from barter.tools.sim.disk import SimLedger
from barter.tools.sim.executor import SimExecutor
from barter.tools.sim.executors import Executors
from barter.tools.sim.host import Host
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.process import Process
from barter.tools.sim.world import World

DEATH_SEEN_US = (500, 20_000)
FLUSH_US = 1_000_000


class SimAgent(Process[ev.Event, act.Action]):
    """With its machine: the executor is a process of its own, and goes on when the agent ends.

    `volumes` are the persistent ones whose data is on its disk.
    """

    def __init__(
        self,
        world: World,
        network: Network,
        machine: Host,
        info: AgentInfo,
        masters: Sequence[str],
        *,
        oversubscribe: bool = False,
        measure_ms: int = LENDER_MEASURES_MS,
    ) -> None:
        super().__init__(world, machine.name, machine.name)
        self._ids = 0
        self.ledger = SimLedger(self.disk, self._draw_id, self._committed)
        self.machine: Agent
        self.executors = Executors(world, network, machine, self._executor_ended)
        self._info = info
        self.zone = info.attributes.get("zone", "")
        self._masters = tuple(masters)
        self._oversubscribe, self._measure_ms = oversubscribe, measure_ms
        self._network = network
        self._master_end: End | None = None
        self._back: Back | None = None
        self._executor_end: End | None = None
        self._running: SimExecutor | None = None
        self._link = 0
        self._given_up = self._leader = self._unreachable = ""
        self._flush_planned = False
        self.volumes: set[VolumeId] = set()

    @property
    def info(self) -> AgentInfo:
        return self.machine.info

    @property
    def executor(self) -> SimExecutor | None:
        """The one that works on this machine, or is about to."""
        return self.executors.working or self._running

    def make(self) -> Machine[ev.Event, act.Action]:
        book = self.ledger.load()
        info = replace(self._info, agent_id=self.ledger.agent_id)
        self.machine = Agent(info, book, self._masters, sorted(self.volumes), oversubscribe=self._oversubscribe)
        self._network.listen(f"{self.host}/agent", self.host, self._accept, lambda: self.paused_until_us)
        self._flush_planned = False
        self._running = self.executors.working
        if self._running is None:
            self.world.after(0, self.within_life(lambda: self.post(ev.ExecutorDied("none was left"))))
        return self.machine

    def stepped(self, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for see in self.world.seen.agent_stepped:
            see(self, events, actions)

    def perform(self, actions: list[act.Action]) -> None:
        for step in steps(actions):
            match step:
                case act.Record():
                    self._record(step.facts)
                case act.SendRegister() | act.SendUpdates() | act.SendHeartbeat() | act.SendUnregister():
                    self._to_master(step)
                case act.SendSlack() | act.SendVolumes() | act.SendToScheduler():
                    self._to_master(step)
                case act.DeleteVolume():
                    self.volumes.discard(step.volume_id)
                    self.post(ev.VolumeDeleted(step.volume_id))
                case act.LaunchTasks(home=None):
                    self.volumes |= {mount.volume_id for _, task in step.tasks for mount in task.volumes}
                    orders = (wire.order(self.host, self.info.agent_id, *each) for each in step.tasks)
                    self._to_executor(executor_ev.Launch(tuple(orders)))
                case act.KillAtExecutor(home=None):
                    self._to_executor(wire.kill(step))
                case act.MeasureTasks() if self.machine.slack.lends:
                    self._to_executor(executor_ev.MeasureEvery(self._measure_ms))
                case act.SendRecorded(home=None):
                    self._to_executor(executor_ev.Recorded(step.sequence))
                case act.ConnectMaster():
                    self._connect(step)
                case act.LeaveMaster():
                    self._leave_master(step)
                case act.StartExecutor():
                    self._start_executor()
                case act.StopExecutor():
                    self._to_executor(executor_ev.Stop(kill=step.kill))
                case act.Exit():
                    self.world.after(0, self.within_life(partial(self._exit, step)))
                case _:
                    pass

    def lost(self) -> None:
        self.ledger.lose_unflushed()
        self._look_back_no_more()
        self._network.deafen(f"{self.host}/agent")
        for end in (self._master_end, self._executor_end):
            if end is not None:
                self._network.drop(end, kept=self._rng.randrange(end.on_the_way + 1))
        self._master_end = self._executor_end = self._running = None

    def _draw_id(self) -> AgentId:
        self._ids += 1
        return AgentId(f"{self.name}.{self._ids}")

    def _record(self, facts: Sequence[Fact]) -> None:
        self.ledger.write(facts)
        if self.ledger.unflushed and not self._flush_planned:
            self._flush_planned = True
            self.world.after(FLUSH_US, self.within_life(self._flush))

    def _committed(self, facts: Sequence[Fact]) -> None:
        for see in self.world.seen.agent_committed:
            see(self, facts)

    def _flush(self) -> None:
        self._flush_planned = False
        self.ledger.flush()

    def _exit(self, action: act.Exit) -> None:
        """Left for good, the executor is ended by force; else it goes on."""
        left, executor = self.machine.leaving.started, self._running
        self.crash(action.reason)
        if left and executor is not None:
            executor.crash("its agent left")

    # The master.

    def _connect(self, action: act.ConnectMaster) -> None:
        """Answered by exactly one MasterGone, whatever comes in between."""
        self._link, self._given_up, self._leader = action.link, "", ""
        self._unreachable = action.unreachable
        if action.unreachable:
            found = self.within_life(partial(self._is_back, action))
            self._back = Back(self._network, self.host, action.unreachable, found)
        life = self.life

        def opened(end: End) -> None:
            if life != self.life:
                self._network.drop(end)
                return
            self._master_end = end
            end.hear = partial(self._hear_master, end)
            end.ended = self._master_gone
            if self._given_up:
                self._drop_master(self._given_up)
            else:
                self.post(ev.MasterConnected(action.link))

        self._network.dial(self.host, action.address, opened, self.within_life(self._master_gone))

    def _hear_master(self, end: End, message: Message) -> None:
        if end is not self._master_end:
            return
        if isinstance(message, wire.NotLeader):
            self._leader = message.leader
            self._drop_master(message.reason)
        elif isinstance(message, wire.FromMaster):
            self._look_back_no_more()
            event = wire.to_agent(message, self.ledger.spent)
            if event is not None:
                self.post(event)

    def _is_back(self, action: act.ConnectMaster) -> None:
        """Who should lead answers, and the master that was called has not said a word."""
        if action.link == self._link and self._back is not None:
            self._leader = action.unreachable
            self._given_up = f"{action.unreachable} answers again"
            self._drop_master(self._given_up)

    def _look_back_no_more(self) -> None:
        if self._back is not None:
            self._back.cancel()
            self._back = None

    def _leave_master(self, action: act.LeaveMaster) -> None:
        self._given_up = action.reason
        if self._master_end is not None:
            self._drop_master(action.reason)

    def _drop_master(self, reason: str) -> None:
        if self._master_end is not None:
            self._network.drop(self._master_end)
            self._master_gone(reason)

    def _master_gone(self, reason: str) -> None:
        self._master_end = None
        self._look_back_no_more()
        leader, self._leader = self._leader, ""
        self.post(ev.MasterGone(self._link, reason, leader, self._rng.randrange(1000)))

    def _to_master(self, said: wire.FromAgent) -> None:
        if self._master_end is not None:
            self._master_end.send(wire.AgentCall(self.info, said, self._unreachable))
            self.disk.sent()

    # The executor.

    def _start_executor(self) -> None:
        if self._running is None:
            self._running = self.executors.working or self.executors.start()

    def _executor_ended(self, executor: SimExecutor) -> None:
        """Seen a moment later, and only of the one it counts on."""
        if self.up:
            seen = self.within_life(partial(self._executor_died, executor))
            self.world.after(self._rng.randrange(*DEATH_SEEN_US), seen)

    def _executor_died(self, executor: SimExecutor) -> None:
        if self._running is executor:
            self._running = None
            self.post(ev.ExecutorDied(f"{executor.identity} ended"))

    def _accept(self, end: End) -> None:
        end.hear = partial(self._hear_executor, end)

    def _hear_executor(self, end: End, message: Message) -> None:
        """As the other end's process, which it cannot hide, is the executor of this folder or a stray."""
        if not isinstance(message, wire.ExecutorCall):
            return
        event = wire.executor_call(message)
        if isinstance(event, ev.ExecutorHello):
            if not self._recognizes(message.identity):
                end.send(executor_ev.Stop(kill=False))
                self._network.drop(end)
                return
            self._executor_end = end
            end.ended = lambda _: self._executor_parted(end, message.identity)
        if self._executor_end is end:
            self.post(event)

    def _recognizes(self, identity: str) -> bool:
        """One that an earlier agent started, and that works here by now, takes the place of what was started since."""
        working = self.executors.working
        if working is not None and working.identity == identity:
            self._running = working
        return self._running is not None and self._running.up and self._running.identity == identity

    def _executor_parted(self, end: End, identity: str) -> None:
        if self._executor_end is end:
            self._executor_end = None
            self.post(ev.ExecutorDisconnected(identity))

    def _to_executor(self, event: executor_ev.Event) -> None:
        if self._executor_end is not None:
            self._executor_end.send(event)
            self.disk.sent()
