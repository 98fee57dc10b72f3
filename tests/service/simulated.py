"""A master and its agents in one small class, so that the service machine can be driven without processes."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Any

from barter.core import ranges as rng
from barter.core.machine import Tick
from barter.core.resources import NOTHING, Resources, resources
from barter.core.units import GIB
from barter.frameworks.service.actions import (
    Action,
    Answer,
    Decline,
    DropLaunch,
    Kill,
    Launch,
    Reconcile,
    Release,
    Saving,
    SetDemands,
    SetServices,
)
from barter.frameworks.service.app import App
from barter.frameworks.service.deployment.goal import goal_of
from barter.frameworks.service.events import (
    Change,
    Event,
    InverseOffered,
    InverseRescinded,
    Offered,
    Put,
    Registered,
    Request,
    StatusCame,
)
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.storage import load, next_generation, save
from barter.sdk import (
    AgentId,
    Demand,
    FrameworkId,
    InverseOffer,
    InverseOfferId,
    MemoryStore,
    Offer,
    OfferId,
    Reason,
    Service,
    Source,
    TaskId,
    TaskInfo,
    TaskState,
    TaskStatus,
)

AGENT = resources(cpus=2_000, mem=4 * GIB, ports=((31000, 31050),))


@dataclass
class Task:
    info: TaskInfo
    agent_id: str
    state: TaskState = TaskState.STAGING
    healthy: bool | None = None
    told_ready: bool | None = None
    asked_to_end: bool = False
    was_out_of_reach: bool = False
    released: bool = False
    end_reason: Reason = Reason.NONE

    @property
    def instance_id(self) -> str:
        return self.info.group_id or self.info.task_id

    @property
    def living(self) -> bool:
        return self.state not in (TaskState.FAILED, TaskState.KILLED, TaskState.LOST)

    @property
    def ready(self) -> bool:
        healthy = not self.info.health_checks or self.healthy is True
        ready = self.info.readiness_check is None or self.told_ready is True
        return self.state is TaskState.RUNNING and not self.asked_to_end and healthy and ready

    def within_reach(self, kept: Container[str]) -> bool:
        """Not those the framework cannot see now, or gave up while it could not."""
        return self.state is not TaskState.UNREACHABLE and (not self.was_out_of_reach or self.instance_id in kept)


class World:
    """Holds every task ever launched; `launched` raises on an id used twice. Time moves only by `pass_time`."""

    def __init__(self, agents: int = 3) -> None:
        self.attributes: dict[str, str] = {}
        self.now = 1_000_000_000_000
        self.store = MemoryStore()
        self.tasks: dict[str, Task] = {}
        self.agents = [f"a{number}" for number in range(agents)]
        self.demands: tuple[Demand, ...] = ()
        self.services: tuple[Service, ...] = ()
        self.answers: dict[int, Answer] = {}
        self.log: list[Action] = []
        self.drained: dict[str, InverseOfferId] = {}
        self._requests = 0
        self._offers = 0
        self.machine = self._start()

    def _start(self) -> ServiceMachine:
        return ServiceMachine(next_generation(self.store), load(self.store))

    def restart(self) -> None:
        """A new process on the same store, registered."""
        self.machine = self._start()
        self.register()

    def save_and_die(self, *events: Event) -> None:
        """What comes of a batch is saved and told nobody; then there is a new process."""
        saved = [action for action in self._decide(*events) if isinstance(action, Saving)]
        save(self.store, [action for action in saved if not isinstance(action, DropLaunch)])
        self.restart()

    def register(self) -> None:
        """The master tells at once of agents that are to be given up."""
        self.step(Registered(), *map(self._inverse, self.drained))

    def drain(self, agent_id: str) -> None:
        self.drained[agent_id] = InverseOfferId(f"{agent_id}-I{self.now}")
        self.step(self._inverse(agent_id))

    def activate(self, agent_id: str, *, heard: bool = True) -> None:
        inverse_offer_id = self.drained.pop(agent_id)
        if heard:
            self.step(InverseRescinded(inverse_offer_id))

    def _inverse(self, agent_id: str) -> InverseOffered:
        here = [TaskId(task.info.task_id) for task in self.living() if task.agent_id == agent_id and not task.released]
        offer = InverseOffer(
            self.drained[agent_id], AgentId(agent_id), FrameworkId("f"), f"host-{agent_id}", tuple(here), self.now, 0
        )
        return InverseOffered((offer,))

    def step(self, *events: Event) -> list[Action]:
        """One batch, as the shell runs it: all events, a Tick if one is due, then what came of it."""
        actions = self._decide(*events)
        self._perform(actions)
        return actions

    def _decide(self, *events: Event) -> list[Action]:
        actions = [action for event in events for action in self.machine.step(event, self.now)]
        due = self.machine.next_wakeup()
        return [*actions, *self.machine.step(Tick(), self.now)] if due is not None and due <= self.now else actions

    def _perform(self, actions: list[Action]) -> None:
        self.log += actions
        ready_before = {app_id: self.ready(app_id) for app_id in self.machine.apps}
        save(self.store, [one for one in actions if isinstance(one, Saving)])
        for action in actions:
            match action:
                case SetDemands():
                    self.demands = action.demands
                case SetServices():
                    self.services = action.services
                case Launch():
                    self._launch(action)
                case Kill() if action.task_id in self.tasks:
                    self.tasks[action.task_id].asked_to_end = True
                case Release():
                    self._release(self.tasks[action.task_id])
                case Answer():
                    self.answers[action.request] = action
                case _:
                    pass
        self._check_kills(actions, ready_before)
        self._check_launches(actions)
        for action in actions:
            if isinstance(action, Reconcile):
                for task_id in action.task_ids:
                    self.tell(task_id)

    def _release(self, task: Task) -> None:
        """Refused by the master where the agent stays. Others serve before, where more may run than are wanted."""
        if task.agent_id not in self.drained or task.released:
            return
        task.released = task.asked_to_end = True
        app_id = task.info.labels["barter.app"]
        state = self.machine.apps[app_id]
        goal = goal_of(state.stored)
        if goal.most > goal.wanted or goal.fewest == goal.wanted:
            here = [each for each in self.instances(app_id) if all(one.within_reach(state.instances) for one in each)]
            left = [
                each
                for each in here
                if self._serves(each) or all(one.agent_id in self.drained and not one.asked_to_end for one in each)
            ]
            assert len(left) >= goal.wanted, f"{task.info.task_id} is released, and nothing serves in its place"

    def _check_kills(self, actions: list[Action], ready_before: dict[str, int]) -> None:
        """Kills of our own choice leave the minimum of ready ones, or as many as there were."""
        for app_id, before in ready_before.items():
            state = self.machine.apps[app_id]
            reasons = {
                one.reason
                for one in actions
                if isinstance(one, Kill) and self._instance_of(one.task_id) in state.instances
            }
            if reasons & {"the app is deleted", "asked for by an operator"}:
                continue
            least = goal_of(state.stored).fewest
            assert self.ready(app_id) >= min(before, least), f"{app_id}: too few are left, {reasons}"

    def _check_launches(self, actions: list[Action]) -> None:
        """Launches never lead above the maximum; where nothing could move otherwise, an upgrade has one more.

        Where instances out of reach are not to be replaced they count, also those that were to end.
        """
        for app_id in {one.tasks[0].labels["barter.app"] for one in actions if isinstance(one, Launch)}:
            state = self.machine.apps[app_id]
            goal = goal_of(state.stored)
            one_more = goal.most <= goal.fewest
            strict = state.app.unreachable is None
            kept, everyone = state.instances, self.instances(app_id)
            seen = [each for each in everyone if all(one.within_reach(kept) for one in each)]
            here = [each for each in everyone if each[0].instance_id in kept] if strict else seen
            assert len(here) <= goal.most + one_more, f"{app_id}: {len(here)} of {goal.wanted}"

    def ready(self, app_id: str) -> int:
        kept = self.machine.apps[app_id].instances
        return sum(
            self._serves(each) and all(one.within_reach(kept) for one in each) for each in self.instances(app_id)
        )

    def instances(self, app_id: str) -> list[list[Task]]:
        """The living tasks of each instance: one for an app's, the containers for a pod's."""
        found: dict[str, list[Task]] = {}
        for task in self.living(app_id):
            found.setdefault(task.instance_id, []).append(task)
        return list(found.values())

    def _serves(self, tasks: list[Task]) -> bool:
        """Whether all of the instance do, none of which has ended."""
        group = [each for each in self.tasks.values() if each.instance_id == tasks[0].instance_id]
        return all(task.ready for task in group)

    def _instance_of(self, task_id: str) -> str:
        return self.tasks[task_id].instance_id if task_id in self.tasks else task_id

    def _launch(self, action: Launch) -> None:
        for info in action.tasks:
            assert info.task_id not in self.tasks, f"{info.task_id} is used twice"
            assert info.resources in self.free(action.offer.agent_id)
            self.tasks[info.task_id] = Task(info, action.offer.agent_id)

    def put(self, app: App, *, force: bool = False) -> Answer:
        state = self.machine.apps.get(app.app_id)
        base = 0 if state is None or state.stored.deleting else state.stored.version
        return self.change(puts=(Put(app, base),), force=force)

    def change(self, **fields: Any) -> Answer:
        return self.ask(Change, **fields)

    def delete(self, app_id: str, *, force: bool = False) -> Answer:
        return self.change(deletes=(app_id,), force=force)

    def ask(self, make: "type[Request]", **fields: Any) -> Answer:
        """The answer to a request; what names no deployment starts one called after its number."""
        self._requests += 1
        self.step(make(**{"request": self._requests, "deployment_id": f"d{self._requests}", **fields}))
        return self.answers[self._requests]

    def living(self, app_id: str = "") -> list[Task]:
        return [task for task in self.tasks.values() if task.living and app_id in ("", task.info.labels["barter.app"])]

    def free(self, agent_id: str) -> Resources:
        used = NOTHING
        for task in self.living():
            if task.agent_id == agent_id:
                used = used + task.info.resources
        return AGENT.without(used)

    def offers(self) -> Iterator[Offer]:
        """One offer for each demand that some agent has room for, for up to `count` tasks."""
        taken: dict[str, Resources] = {agent: self.free(agent) for agent in self.agents if agent not in self.drained}
        for demand in self.demands:
            for agent, free in taken.items():
                if held := _hold(free, demand):
                    taken[agent] = free.without(held)
                    self._offers += 1
                    yield Offer(
                        OfferId(f"O{self._offers}"),
                        AgentId(agent),
                        FrameworkId("f"),
                        "*",
                        held,
                        f"host-{agent}",
                        "127.0.0.1",
                        self.attributes,
                        demand_id=demand.demand_id,
                    )
                    break

    def offer(self) -> bool:
        offers = tuple(self.offers())
        if offers:
            self.step(Offered(offers))
        return bool(offers)

    def tell(self, task_id: str, message: str = "") -> None:
        """The task's state as it is, to the framework."""
        task = self.tasks.get(task_id)
        state = task.state if task else TaskState.LOST
        if task and task.state is TaskState.STAGING:
            return
        status = TaskStatus(TaskId(task_id), state, Source.AGENT, self.now, message=message)
        if task:
            found = (task.healthy, task.told_ready)
            status = replace(status, agent_id=AgentId(task.agent_id), healthy=found[0], ready=found[1])
            status = replace(status, reason=task.end_reason)
        self.step(StatusCame(status))

    def become(
        self,
        task: Task,
        state: TaskState,
        healthy: bool | None = None,
        message: str = "",
        *,
        ready: bool | None = None,
    ) -> None:
        task.state, task.healthy = state, healthy
        task.told_ready = task.told_ready if ready is None else ready
        task.was_out_of_reach = task.was_out_of_reach or state is TaskState.UNREACHABLE
        if task.info.group_id and not task.living:
            self._end_the_others_of(task)
        self.tell(task.info.task_id, message)

    def _end_the_others_of(self, ended: Task) -> None:
        """As the executor does, sooner or later."""
        for task in self.living():
            if task.info.group_id == ended.info.group_id:
                task.asked_to_end, task.end_reason = True, Reason.GROUP_ENDED

    def pass_time(self, ms: int) -> None:
        """Move on, stopping at every moment the machine asked to be woken."""
        end = self.now + ms
        while True:
            due = self.machine.next_wakeup()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.step()
        self.now = end

    def obey(self) -> bool:
        """End one task that was asked to; False where there is none."""
        doomed = next((task for task in self.living() if task.asked_to_end), None)
        if doomed is not None:
            self.become(doomed, TaskState.KILLED)
        return doomed is not None

    def settle(self) -> None:
        """Let everything go well until nothing moves any more."""
        for _ in range(1000):
            moved = self.offer()
            for task in self.living():
                if task.state in (TaskState.STAGING, TaskState.UNREACHABLE):
                    self.become(task, TaskState.RUNNING)
                    moved = True
                elif task.healthy is not True and task.info.health_checks and not task.asked_to_end:
                    self.become(task, TaskState.RUNNING, healthy=True)
                    moved = True
                elif task.told_ready is not True and task.info.readiness_check and not task.asked_to_end:
                    self.become(task, TaskState.RUNNING, healthy=task.healthy, ready=True)
                    moved = True
            moved = self.obey() or moved
            if not moved and self.machine.next_wakeup() is None:
                return
            if not moved:
                self.pass_time(60_000)
                if not self.demands and not any(task.asked_to_end for task in self.living()):
                    return
        raise AssertionError("it does not come to rest")

    def declined(self) -> list[Decline]:
        return [action for action in self.log if isinstance(action, Decline)]


def _hold(free: Resources, demand: Demand) -> Resources:
    """Resources for as many of the demand as fit, up to its count."""
    held = NOTHING
    for _ in range(demand.count):
        left = free.without(held)
        if demand.resources not in left:
            break
        rest = left.without(demand.resources)
        if rng.size(rest.ports) < demand.port_count:
            break
        chosen = rng.first(rest.ports, demand.port_count)
        held = held + demand.resources + Resources(ranges={"ports": chosen} if chosen else {})
    return held
