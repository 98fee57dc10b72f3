"""The service framework as a scheduler on any driver: callbacks become events, actions become calls and answers."""

from collections.abc import Callable, Sequence

from barter.core.batch import Batch
from barter.core.ids import AgentId, FrameworkId, InverseOfferId, ReservationId, TaskId
from barter.core.roles import DEFAULT_ROLE
from barter.frameworks.service.actions import (
    Action,
    Answer,
    Decline,
    DropLaunch,
    Kill,
    Launch,
    Publish,
    Reconcile,
    ReconcileReservations,
    Release,
    Saving,
    SetDemands,
    SetServices,
    Telling,
)
from barter.frameworks.service.backlog import Backlog
from barter.frameworks.service.events import (
    Event,
    InverseOffered,
    InverseRescinded,
    Offered,
    Registered,
    Request,
    ReservationsTold,
    ServicesServed,
    StatusCame,
)
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.published import Published
from barter.frameworks.service.secrets import SecretMissing, no_store, with_secrets
from barter.frameworks.service.storage import load, next_generation, save
from barter.frameworks.service.wakeups import Wakeups
from barter.sdk import (
    Driver,
    Filters,
    InverseOffer,
    Offer,
    ReservationsHeld,
    Scheduler,
    ServiceUpdate,
    Source,
    StateStore,
    TaskState,
    TaskStatus,
)

Answered = Callable[[Answer], None]


class ServiceScheduler(Scheduler):
    """Takes up what the process before it left in `store`. What comes in one turn of the driver is one batch, or few.

    `attach` it to its driver where requests may come before it is registered; they wait until there is a driver.
    `failure` is what kept a batch from being performed: the machine is ahead of the store then, so it has stopped.
    `secret_of` reads a secret, or raises SecretMissing.
    Raises DefinitionError on a store that holds something else.
    """

    def __init__(self, store: StateStore, roles: Sequence[str] = (DEFAULT_ROLE,), resident_role: str = "") -> None:
        self.machine = ServiceMachine(next_generation(store), load(store), roles, resident_role)
        self.failure: Exception | None = None
        self.secret_of: Callable[[str], str] = no_store
        self._store = store
        self._backlog = Backlog()
        self._batch: Batch[Event, Action] = Batch(self.machine)
        self._driver: Driver | None = None
        self._wakeups: Wakeups | None = None
        self._waiting: dict[int, Answered] = {}
        self._requests = 0

    def attach(self, driver: Driver) -> None:
        """Plan and act through `driver` from now on; once is enough."""
        if self._driver is None:
            self._driver, self._wakeups = driver, Wakeups(driver, self._turn)
            self._wakeups.at(driver.now())

    def next_request(self) -> int:
        self._requests += 1
        return self._requests

    def ask(self, request: Request, answered: Answered) -> None:
        """`answered` is called once with the machine's answer, when what it stands for is durable."""
        self._waiting[request.request] = answered
        self._post(request)

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        self.attach(driver)
        self._post(Registered(framework_id))

    def reregistered(self, driver: Driver) -> None:
        self._post(Registered())

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        self._post(Offered(tuple(offers)))

    def service_update(self, driver: Driver, update: ServiceUpdate) -> None:
        self._post(ServicesServed((update,)))

    def inverse_offers(self, driver: Driver, inverse_offers: Sequence[InverseOffer]) -> None:
        self._post(InverseOffered(tuple(inverse_offers)))

    def inverse_offer_rescinded(self, driver: Driver, inverse_offer_id: InverseOfferId) -> None:
        self._post(InverseRescinded(inverse_offer_id))

    def reservations_held(self, driver: Driver, held: ReservationsHeld) -> None:
        self._post(ReservationsTold(held))

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        self._post(StatusCame(status))

    def perform(self, driver: Driver, actions: Sequence[Action]) -> None:
        """Carry out a batch: what is to be durable, then the driver's calls and the answers, then what ended goes."""
        saved = [action for action in actions if isinstance(action, Saving)]
        save(self._store, [action for action in saved if not isinstance(action, DropLaunch)])
        for action in actions:
            if isinstance(action, Answer):
                self._answer(action)
            elif isinstance(action, Publish):
                self.publish(action.published)
            elif not isinstance(action, Saving):
                self.tell(driver, action)
        save(self._store, [action for action in saved if isinstance(action, DropLaunch)])

    def publish(self, published: Published) -> None:
        """For those who listen to the event stream, where there are such."""

    def tell(self, driver: Driver, action: Telling) -> None:
        """Make the driver's call that `action` stands for."""
        match action:
            case Launch():
                self._launch(driver, action)
            case Decline():
                driver.decline(action.offer, Filters(action.refuse_ms))
            case Kill():
                driver.kill(TaskId(action.task_id), action.grace_ms if action.grace_ms >= 0 else None)
            case Release():
                driver.release((TaskId(action.task_id),))
            case Reconcile():
                driver.reconcile(tuple(TaskId(task_id) for task_id in action.task_ids))
            case ReconcileReservations():
                endings = ((AgentId(agent_id), ReservationId(name)) for agent_id, name in action.endings)
                driver.reconcile_reservations(tuple(endings))
            case SetDemands():
                driver.set_demands(action.demands)
            case SetServices():
                driver.set_services(action.services)

    def _launch(self, driver: Driver, action: Launch) -> None:
        """Where a secret is missing nothing is launched, and that is how the tasks ended."""
        try:
            tasks = with_secrets(action.tasks, action.secrets, self.secret_of)
        except SecretMissing as missing:
            driver.decline(action.offer, Filters(refuse_ms=0))
            failed = (TaskState.ERROR, Source.MASTER, driver.now())
            for task in action.tasks:
                self._post(StatusCame(TaskStatus(task.task_id, *failed, message=str(missing))))
        else:
            driver.launch(action.offer, tasks, Filters(refuse_ms=0), action.operations)

    def _post(self, event: Event) -> None:
        self._backlog.add(event)
        if self._driver is not None and self._wakeups is not None:
            self._wakeups.at(self._driver.now())

    def _turn(self) -> None:
        driver, wakeups = self._driver, self._wakeups
        if driver is None or wakeups is None or self.failure is not None:
            return
        for event in self._backlog.take():
            self._batch.post(event)
        try:
            self.perform(driver, self._batch.turn(driver.now()))
        except Exception as error:
            self.failure = error
            driver.stop(failover=True)
            raise
        due = driver.now() if self._backlog else self.machine.next_wakeup()
        if due is not None:
            wakeups.at(due)

    def _answer(self, answer: Answer) -> None:
        answered = self._waiting.pop(answer.request, None)
        if answered is not None:
            answered(answer)
