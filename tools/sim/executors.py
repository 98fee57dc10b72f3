"""The executors of one machine's work folder: at most one has its lock, however many were started."""

from collections.abc import Callable
from functools import partial

from barter.tools.sim.executor import SimExecutor
from barter.tools.sim.host import Host
from barter.tools.sim.network import Network
from barter.tools.sim.world import World

BOOT_US = (150_000, 400_000)


class Executors:
    """They outlive the agent that started them; `ended` hears of the end of each."""

    def __init__(self, world: World, network: Network, machine: Host, ended: Callable[[SimExecutor], None]) -> None:
        self._world, self._network, self._machine = world, network, machine
        self._rng = world.random(f"executors {machine.name}")
        self._ended = ended
        self._started = 0
        self._alive: dict[str, SimExecutor] = {}
        self.working: SimExecutor | None = None

    def start(self) -> SimExecutor:
        """A new process: it takes its time to come up, then works, unless another one does."""
        self._started += 1
        boot = f"boot{self._machine.lost_power_us}"
        identity = f"{self._machine.name}/executor-{self._started}-{boot}"
        executor = SimExecutor(self._world, self._network, self._machine, identity, self._over)
        self._alive[identity] = executor
        executor.start()
        up = executor.within_life(partial(self._boot, executor))
        self._world.after(self._rng.randrange(*BOOT_US), up)
        return executor

    def crash(self, reason: str) -> None:
        """All of them at once."""
        for executor in list(self._alive.values()):
            executor.crash(reason)

    def _boot(self, executor: SimExecutor) -> None:
        if self.working is not None:
            executor.crash("another executor has the folder")
            return
        self.working = executor
        executor.boot()

    def _over(self, identity: str) -> None:
        executor = self._alive.pop(identity)
        if self.working is executor:
            self.working = None
        self._ended(executor)
