"""What the master knows: agents, frameworks, their tasks and offers, each reachable in one step from the others."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.cluster import AgentInfo, Demand, FrameworkInfo, Offer, Service
from barter.core.ids import AgentId, DemandId, FrameworkId, OfferId, ReservationId, TaskId, VolumeId
from barter.core.maintenance import Maintenance, Mode
from barter.core.ranges import Ranges
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import NOTHING, Resources
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo, TaskStatus
from barter.master.holdings import Division, divide
from barter.master.messages import Kill
from barter.master.pool import Charges, Pool, Tally

TaskKey = tuple[FrameworkId, TaskId]
NO_SESSION = 0


@dataclass(slots=True)
class Task:
    """`kill` is what was asked for and is told again to an agent that comes back with the task still there.

    `why` it was placed where it is: empty for one that an agent told of. It is `undecided` once it has returned late,
    until its framework kills it or says that it stays.
    """

    framework_id: FrameworkId
    agent_id: AgentId
    info: TaskInfo
    status: TaskStatus
    launched_ms: int
    kill: Kill | None = None
    why: str = ""
    undecided: bool = False

    @property
    def key(self) -> TaskKey:
        return self.framework_id, self.info.task_id

    @property
    def ending(self) -> bool:
        """Being killed by whoever: what it holds comes back by itself."""
        return self.kill is not None or self.status.state is TaskState.KILLING


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """`tasks` is how many of its demand's tasks it holds; 0 for a classic offer. `reason` is why it was made.

    `containers` is how many of its agent's containers are kept for them.
    """

    offer: Offer
    made_ms: int
    expires_ms: int
    tasks: int = 0
    reason: str = ""
    containers: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """For so many `tasks` of a demand, of which `placed` were on the agent before, room is kept while `victims` end for
    it, at most until `until_ms`. `need` is what one takes, ports counted; `ports` are those it must have."""

    framework_id: FrameworkId
    demand_id: DemandId
    tasks: int
    placed: int
    need: Mapping[str, int]
    ports: Ranges
    victims: tuple[TaskKey, ...]
    until_ms: int


@dataclass(slots=True)
class Agent:
    """`unreachable`, since `unreachable_ms`, once it was silent for its timeout; a lost stream is not enough.
    `heartbeat_ms` is how often it is to say that it is there, as it was last told.

    `leaving` once it said of a task that it leaves the cluster: it takes no more. `condemned` are volumes whose data
    is to be deleted, `stored` those whose data it says it has. `slack` is what it lends of what its tasks do not use,
    and `lent` what of that tasks and offers hold: in neither `used` nor `offered`. `taken` is what of those two is of
    which reservation. `containers` are those of its tasks and those kept for offers.
    """

    info: AgentInfo
    session: int = NO_SESSION
    unreachable: bool = False
    leaving: bool = False
    heard_ms: int = 0
    registered_ms: int = 0
    used: Pool = field(default_factory=Pool)
    offered: Pool = field(default_factory=Pool)
    tasks: dict[TaskKey, Task] = field(default_factory=dict)
    offers: dict[OfferId, OpenOffer] = field(default_factory=dict)
    reservations: dict[ReservationId, Reservation] = field(default_factory=dict)
    volumes: dict[VolumeId, PersistentVolume] = field(default_factory=dict)
    condemned: dict[VolumeId, None] = field(default_factory=dict)
    stored: frozenset[VolumeId] = frozenset()
    taken: dict[ReservationId, Pool] = field(default_factory=dict)
    maintenance: Maintenance | None = None
    slack: Resources = NOTHING
    lent: Tally = field(default_factory=Tally)
    kept: tuple[Kept, ...] = ()
    containers: int = 0
    unreachable_ms: int = 0
    heartbeat_ms: int = 0
    _unheld: tuple[Resources, Resources] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def mode(self) -> Mode:
        return Mode.ACTIVE if self.maintenance is None else self.maintenance.mode

    @property
    def unavailable_from_ms(self) -> int:
        """When its drain begins, or began; 0 without one."""
        return 0 if self.maintenance is None else self.maintenance.start_ms

    @property
    def never_heard(self) -> bool:
        """Known of from before the master's start only."""
        return not self.registered_ms

    @property
    def connected(self) -> bool:
        return self.session != NO_SESSION

    @property
    def active(self) -> bool:
        return self.connected and not self.unreachable and not self.leaving and self.mode is Mode.ACTIVE

    @property
    def free(self) -> Resources:
        """Of what is plain: neither used nor offered."""
        return self.division.plain

    @property
    def revocable(self) -> Resources:
        """The free part of the slack."""
        return self.slack.without(self.lent.value)

    @property
    def division(self) -> Division:
        unheld = self._left()
        if not self.reservations and not self.volumes:
            return Division(unheld)
        return divide(unheld, self.reservations.values(), self.volumes.values(), self.taken)

    @property
    def volumes_in_use(self) -> set[VolumeId]:
        """Mounted by a live task."""
        return {mount.volume_id for task in self.tasks.values() for mount in task.info.volumes}

    def _left(self) -> Resources:
        """Worked out once a change, as it is asked for many times."""
        total = self.info.resources
        if self._unheld is None or self._unheld[0] is not total:
            self._unheld = total, self.used.left_of(total, self.offered)
        return self._unheld[1]

    def take(self, pool: Pool, held: Resources, reserved: Mapping[ReservationId, Resources]) -> None:
        """Count what a task or an offer holds, in `used` or `offered`; a part may be of a reservation not known."""
        pool.add(held)
        self._unheld = None
        for reservation_id, part in reserved.items():
            self.taken.setdefault(reservation_id, Pool()).add(part)

    def give_back(self, pool: Pool, held: Resources, reserved: Mapping[ReservationId, Resources]) -> None:
        pool.take(held)
        self._unheld = None
        for reservation_id, part in reserved.items():
            taken = self.taken.setdefault(reservation_id, Pool())
            taken.take(part)
            if not taken.value:
                del self.taken[reservation_id]


@dataclass(frozen=True, slots=True)
class Pending:
    """A status the framework has not acknowledged, and the agent that waits for it."""

    status: TaskStatus
    agent_id: AgentId


@dataclass(slots=True)
class Framework:
    """`absences` counts how often its stream was lost. `pending` is by uuid, oldest first. `suppressed` are roles.

    `waiting` says since when more of a demand is wanted. `charged` is what its tasks and offers hold under each role,
    without what is revocable; `charged_reserved` what of that is of reservations.
    It is `behind` since it left an offer for a demand of its unused, until it launches from one.
    """

    info: FrameworkInfo
    session: int = NO_SESSION
    absences: int = 0
    demands_only: bool = False
    suppressed: frozenset[str] = frozenset()
    subscribed_ms: int = 0
    demands: dict[DemandId, Demand] = field(default_factory=dict)
    waiting: dict[DemandId, int] = field(default_factory=dict)
    services: tuple[Service, ...] = ()
    used: Tally = field(default_factory=Tally)
    offered: Tally = field(default_factory=Tally)
    charged: Charges = field(default_factory=Charges)
    charged_reserved: Charges = field(default_factory=Charges)
    tasks: dict[TaskId, Task] = field(default_factory=dict)
    offers: dict[OfferId, OpenOffer] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)
    unanswered: set[TaskId] = field(default_factory=set)
    behind: bool = False

    @property
    def framework_id(self) -> FrameworkId:
        return self.info.framework_id

    def charge(self, held: TaskInfo | Offer) -> None:
        """Count it for its role."""
        self.charged.add(held.role, held.resources.without(held.revocable))
        for part in held.reserved.values():
            self.charged_reserved.add(held.role, part)

    def discharge(self, held: TaskInfo | Offer) -> None:
        self.charged.take(held.role, held.resources.without(held.revocable))
        for part in held.reserved.values():
            self.charged_reserved.take(held.role, part)

    @property
    def connected(self) -> bool:
        return self.session != NO_SESSION


class Ended:
    """The tasks that have ended, the latest `kept` of them, in the order of their ends."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self.tasks: OrderedDict[TaskKey, Task] = OrderedDict()

    def add(self, task: Task) -> None:
        self.tasks[task.key] = task
        if len(self.tasks) > self._kept:
            self.tasks.popitem(last=False)

    def get(self, key: TaskKey) -> Task | None:
        return self.tasks.get(key)

    def drop(self, key: TaskKey) -> None:
        self.tasks.pop(key, None)
