"""A whole cluster in one world: masters, agents with their machines, frameworks, and the network between them."""

from collections.abc import Callable, Sequence
from typing import Any

from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId
from barter.master.cluster import Timing as MasterTiming
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.behaviour import Behaviour, by_command
from barter.tools.sim.candidate import SimCandidate, prepare
from barter.tools.sim.config import AgentSpec, Timing
from barter.tools.sim.engine import Engine
from barter.tools.sim.ensemble import Ensemble
from barter.tools.sim.fenced import Bodies
from barter.tools.sim.framework import Program, SimFramework
from barter.tools.sim.host import Host
from barter.tools.sim.leading import LeadingMaster
from barter.tools.sim.master import SimMaster
from barter.tools.sim.network import Network
from barter.tools.sim.process import USUAL_DOWN_US, Process
from barter.tools.sim.world import World

MASTER = "master"


class SimCluster:
    """Its processes by name. Nothing happens before `start` and the world's `run_until`.

    One master keeps its registry on its disk; several are elected by an `ensemble` of ZooKeeper.
    """

    def __init__(self, world: World, timing: Timing, behaviour: Behaviour = by_command, masters: int = 1) -> None:
        self.world = world
        self.network = Network(world)
        self.behaviour = behaviour
        self.timing = timing
        self.candidates: dict[str, SimCandidate] = {}
        self.ensemble: Ensemble | None = None
        self.masters = self._elected(masters) if masters > 1 else [self._alone()]
        self.agents: dict[str, SimAgent] = {}
        self.hosts: dict[str, Host] = {}
        self.engines: dict[str, Engine] = {}
        self.frameworks: dict[str, SimFramework] = {}
        self.machines_down: dict[str, int] = {}
        self._undo: dict[int, Callable[[], object]] = {}
        self._undone = 0
        self._imposed: dict[str, list[int]] = {}

    @property
    def master(self) -> SimMaster:
        """The one that leads, or did last."""
        return max(self.masters, key=lambda master: master.led_us)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(master.name for master in self.masters)

    def _alone(self) -> SimMaster:
        master = SimMaster(self.world, self.network, MASTER, self._master_timing(), self.timing.heartbeat_ms)
        master.ended = self._start_again
        return master

    def _elected(self, count: int) -> list[SimMaster]:
        self.ensemble = Ensemble(self.world, self.network)
        prepare(self.ensemble.tree)
        bodies = Bodies()
        masters: list[SimMaster] = []
        for number in range(count):
            name = f"{MASTER}-{number}"
            master = LeadingMaster(self.world, self.network, name, self._master_timing(), self.timing.heartbeat_ms)
            master.bodies = bodies
            candidate = SimCandidate(self.world, self.network, self.ensemble, master, self.timing.session_ms)
            candidate.ended = self._start_again
            self.candidates[name] = candidate
            masters.append(master)
        return masters

    def _master_timing(self) -> MasterTiming:
        return MasterTiming(
            self.timing.agent_timeout_ms,
            self.timing.offer_timeout_ms,
            heartbeat_ms=self.timing.heartbeat_ms,
            removal_ms=self.timing.removal_ms,
            loss_window_ms=self.timing.loss_window_ms,
        )

    def add_agents(self, specs: Sequence[AgentSpec]) -> None:
        for spec in specs:
            host = self.hosts[spec.name] = Host(self.world, spec.name, self.behaviour)
            if spec.docker:
                host.engine = self.engines[spec.name] = Engine(self.world, spec.name, host)
            info = AgentInfo(
                AgentId(spec.name),
                spec.name,
                spec.name,
                spec.resources,
                spec.attributes,
                spec.public,
                ("docker", "process") if spec.docker else ("process",),
                f"{spec.name}:5060",
            )
            agent = self.agents[spec.name] = SimAgent(
                self.world,
                self.network,
                host,
                info,
                self.addresses,
                oversubscribe=spec.oversubscribe,
                measure_ms=self.timing.measure_ms,
            )
            agent.ended = self._agent_ended

    def add_framework(self, name: str, program: Program) -> SimFramework:
        framework = self.frameworks[name] = SimFramework(self.world, self.network, name, program, self.addresses)
        framework.ended = self._framework_ended
        return framework

    def start(self) -> None:
        for see in self.world.seen.begin:
            see(self)
        for process in self.master_processes():
            process.start()
        for agent in self.agents.values():
            self._start_unless_off(agent)
        for framework in self.frameworks.values():
            framework.start()

    def master_processes(self) -> list[SimMaster | SimCandidate]:
        return list(self.candidates.values()) or list(self.masters)

    def process(self, name: str) -> SimMaster | SimCandidate | SimAgent | SimFramework:
        """That of a master, an agent or a framework."""
        for process in self.master_processes():
            if name == process.name:
                return process
        return self.agents.get(name) or self.frameworks[name]

    def processes(self) -> list[Process[Any, Any]]:
        """All but executors, which are their agents' children."""
        return [*self.master_processes(), *self.agents.values(), *self.frameworks.values()]

    # Faults that last, and machines.

    def until(self, us: int, undo: Callable[[], object]) -> None:
        """Have `undo` done once: after so long, or when all is healed."""
        self._undone += 1
        number = self._undone
        self._undo[number] = undo

        def done() -> None:
            if (still := self._undo.pop(number, None)) is not None:
                still()

        self.world.after(us, done)

    def impose(self, what: str, amount: int, us: int, apply: Callable[[int], None]) -> None:
        """`apply` hears the largest of the amounts imposed on `what` at any time, and 0 when the last is lifted."""
        imposed = self._imposed.setdefault(what, [])
        imposed.append(amount)
        apply(max(imposed))

        def lift() -> None:
            imposed.remove(amount)
            apply(max(imposed, default=0))

        self.until(us, lift)

    def heal(self) -> None:
        """The end of all that lasts: what is cut is mended, what is down is started, what is armed is calm."""
        self.network.calm()
        undo, self._undo = self._undo, {}
        for each in undo.values():
            each()
        for process in self.processes():
            process.disk.calm()
            process.resume()
        for agent in self.agents.values():
            if agent.executor is not None:
                agent.executor.resume()
        for host in self.hosts.values():
            host.keeper.disk.calm()
        for engine in self.engines.values():
            engine.calm()
        if self.ensemble is not None:
            self.ensemble.calm()

    def crash_machine(self, name: str, us: int) -> None:
        """Power is lost for so long: everything on it ends, and its peers are not told."""
        self.power_off(name)
        self.until(us, lambda: self.power_on(name))

    def power_off(self, name: str) -> None:
        self.machines_down[name] = self.machines_down.get(name, 0) + 1
        agent = self.agents[name]
        self.network.unplug(name)
        agent.crash("its machine crashed")
        agent.executors.crash("its machine crashed")
        self.hosts[name].crash()

    def power_on(self, name: str) -> None:
        """Once for each time it was switched off."""
        self.machines_down[name] -= 1
        if not self.machines_down[name]:
            del self.machines_down[name]
            self.hosts[name].boot()
            self.agents[name].start()

    # What a supervisor does.

    def _start_again(self, process: Process[Any, Any]) -> None:
        down_us, process.down_us = process.down_us, USUAL_DOWN_US
        self.until(down_us, lambda: self._start_unless_off(process))

    def _start_unless_off(self, process: Process[Any, Any]) -> None:
        if process.host not in self.machines_down:
            process.start()

    def _agent_ended(self, process: Process[Any, Any]) -> None:
        """Also one that left for good: what starts then is a new agent."""
        if process.host not in self.machines_down:
            self._start_again(process)

    def _framework_ended(self, process: Process[Any, Any]) -> None:
        """One that was told it is removed is set up anew, as its operator would."""
        framework = self.frameworks[process.name]
        if framework.removed:
            framework.store.forget_id()
        if framework.code != 0 or framework.stopped_for_failover:
            self._start_again(process)
