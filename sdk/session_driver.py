"""What every driver does with a scheduler's calls, whether a real master is behind it or a simulated one."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from barter.core.cluster import Demand, Filters, FrameworkInfo, Offer, Service
from barter.core.ids import AgentId, ExecutorId, FrameworkId, OfferId, ReservationId, TaskId
from barter.core.operations import Operation
from barter.core.tasks import TaskInfo
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.driver import USUAL_FILTERS, Driver, Offers
from barter.sdk.invoke import Invoker, Raised
from barter.sdk.scheduler import Scheduler
from barter.sdk.session import Session
from barter.sdk.store import StateStore

ID_KEY = "barter.framework_id"


class SessionDriver(Driver):
    """A scheduler's calls become events of its session. With a `store` the framework id is kept there."""

    def __init__(
        self,
        scheduler: Scheduler,
        framework: FrameworkInfo,
        masters: Sequence[str],
        raised: Raised,
        *,
        demands_only: bool,
        store: StateStore | None,
    ) -> None:
        self._store = store
        self._session = Session(_with_kept_id(framework, store), masters, demands_only=demands_only)
        self._invoker = Invoker(scheduler, self, raised, self._held)

    @property
    def framework_id(self) -> FrameworkId:
        return self._session.framework.framework_id

    def launch(
        self,
        offers: Offers,
        tasks: Sequence[TaskInfo],
        filters: Filters = USUAL_FILTERS,
        operations: Sequence[Operation] = (),
    ) -> None:
        self._post(calls.Launch(_offer_ids(offers), tuple(tasks), filters, tuple(operations)))

    def decline(self, offers: Offers, filters: Filters = USUAL_FILTERS) -> None:
        self._post(calls.Decline(_offer_ids(offers), filters))

    def revive(self, roles: Sequence[str] = ()) -> None:
        self._post(calls.Revive(tuple(roles)))

    def suppress(self, roles: Sequence[str] = ()) -> None:
        self._post(calls.Suppress(tuple(roles)))

    def release(self, task_ids: Iterable[TaskId]) -> None:
        self._post(calls.Release(tuple(task_ids)))

    def keep(self, task_ids: Iterable[TaskId]) -> None:
        self._post(calls.Keep(tuple(task_ids)))

    def kill(self, task_id: TaskId, grace_ms: int | None = None) -> None:
        self._post(calls.Kill(task_id, grace_ms))

    def reconcile(self, task_ids: Iterable[TaskId] = ()) -> None:
        self._post(calls.Reconcile(tuple(task_ids)))

    def reconcile_reservations(self, endings: Iterable[tuple[AgentId, ReservationId]] = ()) -> None:
        self._post(calls.ReconcileReservations(tuple(endings)))

    def set_demands(self, demands: Sequence[Demand]) -> None:
        self._post(calls.SetDemands(tuple(demands)))

    def set_services(self, services: Sequence[Service]) -> None:
        self._post(calls.SetServices(tuple(services)))

    def send_framework_message(self, agent_id: AgentId, executor_id: ExecutorId, data: bytes) -> None:
        self._post(calls.Message(agent_id, executor_id, bytes(data)))

    def stop(self, failover: bool = False) -> None:
        self._invoker.stopped = True
        self._post(msg.Stop(failover))

    @abstractmethod
    def _post(self, event: msg.Event) -> None:
        """Have the session step with it in the next turn."""

    def _held(self) -> bool:
        return self._store is None or self._store.held()

    def _keep_id(self, framework_id: FrameworkId) -> None:
        if self._store is None:
            return
        if framework_id:
            self._store.set(ID_KEY, framework_id.encode())
        else:
            self._store.delete(ID_KEY)


def in_steps(actions: Iterable[msg.Action]) -> Iterator[list[calls.Call] | msg.Action]:
    """The actions of a turn in order, with neighbouring sends as the fewest calls that say the same."""
    sends: list[calls.Call] = []
    for action in actions:
        if isinstance(action, msg.Send):
            sends.append(action.call)
            continue
        if sends:
            yield calls.coalesce(sends)
            sends = []
        yield action
    if sends:
        yield calls.coalesce(sends)


def delay_from(delay_ms: int) -> int:
    """How long `call_later` waits. Raises ValueError or OverflowError on NaN and infinity, which have no place among
    what is due."""
    return max(int(delay_ms), 0)


def _offer_ids(offers: Offers) -> tuple[OfferId, ...]:
    return (offers.offer_id,) if isinstance(offers, Offer) else tuple(offer.offer_id for offer in offers)


def _with_kept_id(framework: FrameworkInfo, store: StateStore | None) -> FrameworkInfo:
    kept = None if store is None or framework.framework_id else store.get(ID_KEY)
    return framework if kept is None else replace(framework, framework_id=FrameworkId(kept.decode()))
