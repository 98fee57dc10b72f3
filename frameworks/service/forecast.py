"""What a change would do, played by the framework's own core in a world where all goes well.

The machine of the forecast is the one that runs; only its world is ideal. Every launch has room and is ready in the
next round, every kill is done in it, and time jumps to the next moment that the machine waits for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from barter.core import ranges as rng
from barter.core.ids import AgentId, FrameworkId, OfferId, TaskId
from barter.core.machine import Tick
from barter.core.resources import PORTS, Resources
from barter.core.task_state import TaskState
from barter.frameworks.service.actions import (
    Action,
    Answer,
    Decline,
    Kill,
    Launch,
    Release,
    SaveDeployment,
    SaveLaunch,
    SetDemands,
)
from barter.frameworks.service.book import Left
from barter.frameworks.service.events import Change, Event, Offered, Put, Rollback, StatusCame
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.requests import touched
from barter.frameworks.service.state import AppState, Kind, PlannedAction
from barter.sdk import Demand, Offer, Source, TaskStatus

MOST_ROUNDS = 1_000
FIRST_PORT = 1 << 20
"""Above all that an app can insist on."""
GENERATION = 1 << 40
"""Later than that of any process."""
OK = 200


@dataclass(frozen=True, slots=True)
class AppForecast:
    """Counts of instances: those there are and will be, the most at once, the fewest ready ones on the way.

    `started` and `ended` are how many; `waits` is what it waits for where the play does not come to an end.
    """

    app_id: str
    kind: Kind
    before: int
    after: int
    most: int
    fewest_ready: int
    started: int
    ended: int
    waits: str = ""
    of_pod: bool = False

    @property
    def extra(self) -> int:
        """How many more than before and than after there are at once."""
        return max(self.most - max(self.before, self.after), 0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`apps` in the order of the steps. `most`, `extra` and `fewest_ready` are of all of them at one moment.

    `complete` is false where it waits for an operator, or is too long to be played to its end.
    """

    steps: tuple[tuple[PlannedAction, ...], ...] = ()
    apps: tuple[AppForecast, ...] = ()
    most: int = 0
    extra: int = 0
    fewest_ready: int = 0
    complete: bool = True


def forecast(
    left: Left, change: Change, now: int, roles: Sequence[str], asked: Change | Rollback | None = None
) -> Forecast | Answer:
    """From what is `left` by the machine that runs in `roles`; an Answer where it refuses the change.

    `asked` is what brings the change about, where that is not to ask for it: see `way_back`.
    """
    return _Play(ServiceMachine(GENERATION, left, roles), change, now).run(left, asked or change)


def way_back(machine: ServiceMachine, rollback: Rollback) -> Change:
    """What going back changes; nothing where there is no such deployment, or it is only given up."""
    deployment = machine.deployments.get(rollback.deployment_id)
    puts: list[Put] = []
    deletes: list[str] = []
    for before in deployment.before if deployment and not rollback.force else ():
        stored = machine.apps[before.app_id].stored if before.app_id in machine.apps else None
        if stored is not None and before.versions:
            app = stored.definition(before.versions[-1][1]) or stored.app
            puts.append(Put(replace(app, instances=before.instances), stored.version))
        elif stored is not None:
            deletes.append(before.app_id)
    return Change(rollback.request, rollback.new_id, tuple(puts), tuple(deletes))


def left_of(machine: ServiceMachine, change: Change) -> Left:
    """What the machine of a forecast starts with: all apps, and of those the change is about the instances in reach."""
    instances = [
        one
        for app_id in touched(change)
        if app_id in machine.apps
        for one in machine.apps[app_id].instances.values()
        if one.lost_ms is None
    ]
    return Left(
        [state.stored for state in machine.apps.values()],
        [SaveLaunch(one.task_id, (one.placed,)) for one in instances],
        list(machine.deployments.values()),
        list(machine.groups.values()),
        list(machine.places.values()),
    )


@dataclass(slots=True)
class _Seen:
    """One app on the way: how many there were and will be; how many there are, and are ready, at the last look."""

    before: int
    after: int
    most: int
    fewest_ready: int
    total: int = 0
    ready: int = 0
    known: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)

    def look(self, state: AppState | None) -> None:
        there = state.instances if state is not None else {}
        self.total, self.ready = len(there), _ready(state)
        self.most, self.fewest_ready = max(self.most, self.total), min(self.fewest_ready, self.ready)
        self.fresh.update(there.keys() - self.known)

    def ended(self, state: AppState | None) -> int:
        stay = {one.task_id for one in state.instances.values() if not one.kill_reason} if state is not None else set()
        return len((self.known | self.fresh) - stay)

    @property
    def extra(self) -> int:
        return max(self.total - max(self.before, self.after), 0)


class _Play:
    def __init__(self, machine: ServiceMachine, change: Change, now: int) -> None:
        self._machine, self._change, self._now = machine, change, now
        self._app_ids = tuple(touched(change))
        self._known = {*self._app_ids, *map(key_of, self._app_ids)}
        self._demands: tuple[Demand, ...] = ()
        self._next: list[Event] = []
        self._seen: dict[str, _Seen] = {}
        self._most = self._extra = self._offers = 0
        self._fewest = 0
        self._cut = False

    def run(self, left: Left, asked: Change | Rollback) -> Forecast | Answer:
        there = [placed for launch in left.launches for placed in launch.placed]
        tasks = [task for placed in there for task in placed.members or (placed,)]
        self._do([_well(task.task_id, self._now) for task in tasks])
        self._begin()
        actions = self._do([asked])
        refused = next((one for one in actions if isinstance(one, Answer) and one.status != OK), None)
        if refused is not None:
            return refused
        steps = next((one.deployment.steps for one in actions if isinstance(one, SaveDeployment)), ())
        for _ in range(MOST_ROUNDS):
            if not self._under_way or not self._round():
                break
        else:
            self._cut = True
        return self._told(steps)

    @property
    def _under_way(self) -> bool:
        return self._change.deployment_id in self._machine.deployments

    def _begin(self) -> None:
        after = {put.app.app_id: put.app.instances for put in self._change.puts}
        for app_id in self._app_ids:
            state = self._machine.apps.get(app_id)
            there, ready = set(state.instances) if state else set[str](), _ready(state)
            kept = state.app.instances if state and app_id not in self._change.deletes else 0
            self._seen[app_id] = seen = _Seen(len(there), after.get(app_id, kept), 0, ready, known=there)
            seen.look(state)
        self._most = sum(each.total for each in self._seen.values())
        self._fewest = sum(each.ready for each in self._seen.values())

    def _round(self) -> bool:
        """What the world does next, or the time that passes until the machine does; False where nothing comes."""
        events, self._next = self._next, []
        offers = tuple(offer for demand in self._demands for offer in self._hold(demand))
        due = self._machine.next_wakeup()
        if not events and not offers and due is not None:
            self._now = max(self._now, due)
        done = self._do([*events, *([Offered(offers)] if offers else [])])
        return bool(events or self._next or (due is not None and due <= self._now)) or any(
            not isinstance(action, Decline) for action in done
        )

    def _do(self, events: Sequence[Event]) -> list[Action]:
        """One batch, as the driver runs it."""
        actions = [action for event in events for action in self._machine.step(event, self._now)]
        due = self._machine.next_wakeup()
        if due is not None and due <= self._now:
            actions += self._machine.step(Tick(), self._now)
        for action in actions:
            match action:
                case SetDemands():
                    self._demands = action.demands
                case Launch():
                    self._next += [_well(task.task_id, self._now) for task in action.tasks]
                case Kill() | Release():
                    status = TaskStatus(TaskId(action.task_id), TaskState.KILLED, Source.AGENT, self._now)
                    self._next.append(StatusCame(status))
                case _:
                    pass
        self._look()
        return actions

    def _look(self) -> None:
        for app_id, seen in self._seen.items():
            seen.look(self._machine.apps.get(app_id))
        self._most = max(self._most, sum(each.total for each in self._seen.values()))
        self._extra = max(self._extra, sum(each.extra for each in self._seen.values()))
        self._fewest = min(self._fewest, sum(each.ready for each in self._seen.values()))

    def _hold(self, demand: Demand) -> Iterator[Offer]:
        """Room for all that is wanted: at once, or one by one where an instance insists on ports."""
        place = self._machine.places.get(demand.demand_id)
        if not demand.count or (place.app_id if place else demand.demand_id) not in self._known:
            return
        each = 1 if demand.resources.ports else demand.count
        for _ in range(demand.count // each):
            self._offers += 1
            yield _offer(demand, each, self._offers)

    def _told(self, steps: tuple[tuple[PlannedAction, ...], ...]) -> Forecast:
        order = dict.fromkeys(action.app_id for step in steps for action in step)
        apps = tuple(self._of_app(app_id, steps) for app_id in order if app_id in self._seen)
        return Forecast(steps, apps, self._most, self._extra, self._fewest, not self._under_way)

    def _of_app(self, app_id: str, steps: tuple[tuple[PlannedAction, ...], ...]) -> AppForecast:
        seen, state = self._seen[app_id], self._machine.apps.get(app_id)
        last = next(action for step in reversed(steps) for action in step if action.app_id == app_id)
        waits = state.waiting if state is not None and self._under_way and not self._cut else ""
        counts = seen.before, seen.after, seen.most, seen.fewest_ready
        return AppForecast(app_id, last.kind, *counts, len(seen.fresh), seen.ended(state), waits, last.of_pod)


def _ready(state: AppState | None) -> int:
    return sum(one.ready for one in state.instances.values()) if state is not None else 0


def _well(task_id: str, now: int) -> StatusCame:
    status = TaskStatus(TaskId(task_id), TaskState.RUNNING, Source.AGENT, now, healthy=True, ready=True)
    return StatusCame(status)


def _offer(demand: Demand, count: int, number: int) -> Offer:
    """From an agent of its own, with exactly what so many need."""
    need = demand.resources
    ports = need.ports
    if demand.port_count:
        ports = rng.union(ports, ((FIRST_PORT, FIRST_PORT + demand.port_count * count - 1),))
    held = Resources({name: amount * count for name, amount in need.scalars.items()}, {PORTS: ports} if ports else {})
    agent = AgentId(f"forecast-{number}")
    return Offer(OfferId(agent), agent, FrameworkId(""), demand.role, held, agent, agent, demand_id=demand.demand_id)
