"""The class a framework author subclasses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from barter.core.cluster import InverseOffer, Offer, ServiceUpdate
from barter.core.ids import AgentId, ExecutorId, FrameworkId, InverseOfferId, OfferId
from barter.core.reservations import ReservationsHeld
from barter.core.tasks import TaskStatus

if TYPE_CHECKING:
    from barter.sdk.driver import Driver


class Scheduler:
    """Override what you need: each callback does nothing by itself. The names are Mesos'.

    Callbacks are called one at a time, in the order things happened, on the driver's event loop. One that blocks holds
    up everything behind it, so slow work belongs into a thread (`asyncio.to_thread`) or a coroutine of your own. One
    that raises is logged, told to `error`, and changes nothing else: a status it was given counts as received.
    """

    def registered(self, driver: "Driver", framework_id: FrameworkId) -> None:
        """The master knows this framework: once in a driver's life, also when it took up an id kept in its store."""

    def reregistered(self, driver: "Driver") -> None:
        """The session is back after a loss; demands and services are told again, known tasks are being reconciled."""

    def disconnected(self, driver: "Driver") -> None:
        """The session is lost: every offer held is void. The driver is already trying to come back."""

    def resource_offers(self, driver: "Driver", offers: Sequence[Offer]) -> None:
        """Offers to launch on or decline; what is neither is held until the master takes it back."""

    def offer_rescinded(self, driver: "Driver", offer_id: OfferId) -> None:
        """The offer is void: a launch on it would be answered with TASK_DROPPED."""

    def inverse_offers(self, driver: "Driver", inverse_offers: Sequence[InverseOffer]) -> None:
        """Agents are to be given up: replace the tasks named elsewhere and `release` each whose replacement is up.

        What is left at the deadline is killed. A new one for an agent replaces the earlier one.
        """

    def inverse_offer_rescinded(self, driver: "Driver", inverse_offer_id: InverseOfferId) -> None:
        """The agent stays."""

    def status_update(self, driver: "Driver", status: TaskStatus) -> None:
        """A task's state, each update once per driver; acknowledged when this returns."""

    def service_update(self, driver: "Driver", update: ServiceUpdate) -> None:
        """What of one of its services is in place at the edges; each replaces the one before. Only for services that
        an edge serves, or did until now."""

    def agent_lost(self, driver: "Driver", agent_id: AgentId, reason: str) -> None:
        """An agent is unreachable or gone; its tasks' statuses come of their own."""

    def executor_lost(
        self, driver: "Driver", agent_id: AgentId, executor_id: ExecutorId, exit_code: int | None, reason: str
    ) -> None:
        """An executor of this framework's has ended; its tasks' statuses come of their own. `exit_code` is None where
        nobody could know it."""

    def framework_message(self, driver: "Driver", agent_id: AgentId, executor_id: ExecutorId, data: bytes) -> None:
        """An executor of this framework's said something; what was said while disconnected is not said again."""

    def reservations_held(self, driver: "Driver", held: ReservationsHeld) -> None:
        """The answer to `reconcile_reservations`: all that this framework's principal has made and that have not ended,
        wherever their agents are."""

    def error(self, driver: "Driver", message: str) -> None:
        """Something this framework sent was refused, or one of its callbacks raised; the log has it already."""
