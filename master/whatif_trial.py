"""A copy of a master in which something else is tried: every grant is accepted at once, until nothing moves."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from barter.core import ranges as rng
from barter.core.cluster import AgentInfo, Demand
from barter.core.ids import AgentId, DemandId, FrameworkId, TaskId, VolumeId
from barter.core.machine import Tick
from barter.core.reservations import VolumeMount
from barter.core.resources import PORTS, Resources
from barter.core.roles import RoleConfig, RolePart
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Container, Reason, TaskInfo
from barter.master import actions as act
from barter.master import events as ev
from barter.master import roles, tasks
from barter.master.allocator.allocator import Allocator
from barter.master.allocator.model import Explanation
from barter.master.snapshot import restore
from barter.master.snapshot_records import Snapshot
from barter.master.state import Framework, OpenOffer, Task
from barter.master.validate import DOCKER, PROCESS

MOST_ROUNDS = 1_000
Key = tuple[FrameworkId, DemandId]


class Trial:
    """`lost` and `preempted` tasks became demands again, `placed` ones got a place in it.

    Classic offers are neither kept nor made: what a framework would do with one is not known.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        """Raises KeyError or ValueError where the snapshot does not hold together."""
        self._now = snapshot.head.now_ms
        memory = replace(Allocator().memory(), roles=snapshot.allocator.roles, minimums=snapshot.allocator.minimums)
        still = replace(snapshot, offers=(), timers=(), allocator=memory)
        self._master = restore(still, snapshot.head.timing, self._now)
        self.cluster = self._master.cluster
        self.lost: Counter[Key] = Counter()
        self.preempted: Counter[Key] = Counter()
        self.placed: Counter[Key] = Counter()
        self._made: set[Key] = set()
        self._sessions = max((each.session for each in self.cluster.agents.values()), default=0)
        self._tasks = 0
        for framework in self.cluster.frameworks.values():
            framework.demands_only = True
            self.cluster.touch(framework=framework)

    def lose(self, agents: Iterable[AgentId]) -> None:
        """For good; what ran there is wanted again."""
        for agent_id in agents:
            agent = self.cluster.agents[agent_id]
            wanted = [(task, _demand_like(task, public=agent.info.public)) for task in agent.tasks.values()]
            # One that takes no more is given up with what still runs on it.
            self._step(ev.Deactivate(0, agent_id, "lost"))
            if refusal := self._asked(ev.MarkGone(0, agent_id, "lost")).refusal:
                raise ValueError(refusal)
            for task, demand in wanted:
                self._want(self.cluster.frameworks[task.framework_id], demand, self.lost)

    def add(self, agents: Iterable[AgentInfo]) -> None:
        for info in agents:
            self._sessions += 1
            self._step(ev.AgentRegister(self._sessions, info))

    def set_quotas(self, configs: tuple[RoleConfig, ...]) -> tuple[str, ...]:
        """What the cluster could not give; raises ValueError where no cluster could."""
        event = ev.SetRoles(0, configs, True, RolePart.QUOTA)
        capacity = roles.judge(self.cluster, event).capacity
        answer = self._asked(event)
        if answer.refusal:
            raise ValueError(answer.refusal)
        return (*capacity, *answer.notes)

    def settle(self) -> None:
        """Let everything that fits be placed; who is preempted ends at once, and is wanted again."""
        for _ in range(MOST_ROUNDS):
            # No time passes here: what is given up once a while is given up as soon as it may be.
            self.cluster.preempts_ms = 0
            self._step(Tick())
            before = self.placed.total() + self.preempted.total()
            for opened in tuple(self.cluster.offers.values()):
                self._accept(opened)
            self._end_preempted()
            if self.placed.total() + self.preempted.total() == before:
                return

    def _end_preempted(self) -> None:
        running = (task for agent in self.cluster.agents.values() for task in agent.tasks.values())
        for task in [each for each in running if each.kill is not None and each.kill.cause is Reason.PREEMPTED]:
            demand = _demand_like(task, public=self.cluster.agents[task.agent_id].info.public)
            tasks.end_by_master(self.cluster, task, TaskState.KILLED, Reason.PREEMPTED, "preempted", self._now)
            self._want(self.cluster.frameworks[task.framework_id], demand, self.preempted)

    def waiting(self, key: Key) -> int:
        demand = self._demand(key)
        return demand.count if demand is not None else 0

    def explain(self, key: Key) -> Explanation:
        demand = self._demand(key)
        assert demand is not None, key
        return self.cluster.allocator.explain(key[0], demand, self._now, every_agent=False)

    def _demand(self, key: Key) -> Demand | None:
        framework = self.cluster.frameworks.get(key[0])
        return framework.demands.get(key[1]) if framework is not None else None

    def _step(self, event: ev.Event | Tick) -> list[act.Action]:
        return self._master.step(event, self._now)

    def _asked(self, event: ev.OperatorCall) -> act.Answer:
        return next(each for each in self._step(event) if isinstance(each, act.Answer))

    def _want(self, framework: Framework, demand: Demand, counted: Counter[Key]) -> None:
        """One more of the demand its framework still has, or of one like the task; alike ones are one."""
        number, wanted = 1, demand
        while (known := framework.demands.get(wanted.demand_id)) is not None:
            key = framework.framework_id, wanted.demand_id
            if key not in self._made or replace(known, count=1) == wanted:
                wanted = replace(known, count=known.count + 1)
                break
            number += 1
            wanted = replace(demand, demand_id=DemandId(f"{demand.demand_id} ({number})"))
        else:
            self._made.add((framework.framework_id, wanted.demand_id))
        framework.demands[wanted.demand_id] = wanted
        counted[framework.framework_id, wanted.demand_id] += 1
        self.cluster.touch(framework=framework)

    def _accept(self, opened: OpenOffer) -> None:
        offer = opened.offer
        framework = self.cluster.frameworks[offer.framework_id]
        demand = framework.demands[offer.demand_id]
        launches = tuple(self._tasks_of(opened, demand))
        self._step(ev.Accept(framework.session, (offer.offer_id,), launches))
        launched = demand.count - framework.demands[offer.demand_id].count
        self.placed[offer.framework_id, offer.demand_id] += launched

    def _tasks_of(self, opened: OpenOffer, demand: Demand) -> Iterable[TaskInfo]:
        free = rng.subtract(opened.offer.resources.ports, demand.resources.ports)
        volumes = (VolumeMount(demand.volume, "/volume"),) if demand.volume else ()
        for _ in range(opened.tasks):
            chosen = rng.first(free, demand.port_count)
            free = rng.subtract(free, chosen)
            self._tasks += 1
            yield TaskInfo(
                TaskId(f"whatif.{self._tasks}"),
                demand.demand_id,
                demand.resources + Resources(ranges={PORTS: chosen} if chosen else {}),
                Command("true"),
                Container("whatif") if demand.runtime == DOCKER else None,
                demand_id=demand.demand_id,
                volumes=volumes,
            )


def _demand_like(task: Task, *, public: bool) -> Demand:
    """One more such task; which constraints it was placed under is not known of a task."""
    info = task.info
    ranges = {name: held for name, held in info.resources.ranges.items() if name != PORTS}
    return Demand(
        info.demand_id or DemandId(info.name or info.task_id),
        Resources(info.resources.scalars, ranges, info.resources.sets),
        1,
        rng.size(info.resources.ports),
        info.role,
        runtime=DOCKER if info.container else PROCESS,
        on_public=public,
        revocable=bool(info.revocable),
        volume=info.volumes[0].volume_id if info.volumes else VolumeId(""),
    )
