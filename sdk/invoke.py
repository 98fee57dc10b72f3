"""Calls a scheduler's callbacks, and bears what they raise."""

from collections.abc import Callable, Sequence

from barter.sdk import callbacks as told
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StoreLost

Raised = Callable[[str, Exception], None]
"""What was called, and what it raised: for the log."""

NAMES: dict[type[told.Callback], str] = {
    told.Registered: "registered",
    told.Reregistered: "reregistered",
    told.Disconnected: "disconnected",
    told.Offered: "resource_offers",
    told.Rescinded: "offer_rescinded",
    told.InverseOffered: "inverse_offers",
    told.InverseRescinded: "inverse_offer_rescinded",
    told.StatusUpdate: "status_update",
    told.ServiceUpdated: "service_update",
    told.AgentLost: "agent_lost",
    told.ExecutorLost: "executor_lost",
    told.MessageCame: "framework_message",
    told.ReservationsTold: "reservations_held",
    told.Error: "error",
}
"""As authors know them: the methods of a Scheduler."""


class Invoker:
    """Once `stopped` is set, or while the framework is not `held`, no further callback is called.

    One that finds its store lost does not count as called: the framework's next process hears of it.
    """

    def __init__(self, scheduler: Scheduler, driver: Driver, raised: Raised, held: Callable[[], bool]) -> None:
        self._scheduler = scheduler
        self._driver = driver
        self._raised = raised
        self._held = held
        self.stopped = False

    def invoke(self, callbacks: Sequence[told.Callback]) -> int:
        """Call them in order; return how many were called."""
        for index, callback in enumerate(callbacks):
            if self.stopped or not self._held():
                return index
            try:
                self._call(callback)
            except StoreLost:
                return index
            except Exception as error:
                self._bear(NAMES[type(callback)], error)
        return len(callbacks)

    def run(self, due: Callable[[], None]) -> None:
        """Call what the scheduler asked to have called later."""
        if self.stopped or not self._held():
            return
        try:
            due()
        except StoreLost:
            return
        except Exception as error:
            self._bear("call_later", error)

    def error(self, message: str) -> None:
        try:
            self._scheduler.error(self._driver, message)
        except StoreLost:
            return
        except Exception as error:
            self._raised(NAMES[told.Error], error)

    def _bear(self, name: str, error: Exception) -> None:
        self._raised(name, error)
        self.error(f"your callback for {name} raised {type(error).__name__}: {error}")

    def _call(self, callback: told.Callback) -> None:
        scheduler, driver = self._scheduler, self._driver
        match callback:
            case told.StatusUpdate():
                scheduler.status_update(driver, callback.status)
            case told.Offered():
                scheduler.resource_offers(driver, callback.offers)
            case told.Rescinded():
                scheduler.offer_rescinded(driver, callback.offer_id)
            case told.InverseOffered():
                scheduler.inverse_offers(driver, callback.inverse_offers)
            case told.InverseRescinded():
                scheduler.inverse_offer_rescinded(driver, callback.inverse_offer_id)
            case told.Registered():
                scheduler.registered(driver, callback.framework_id)
            case told.Reregistered():
                scheduler.reregistered(driver)
            case told.Disconnected():
                scheduler.disconnected(driver)
            case told.ServiceUpdated():
                scheduler.service_update(driver, callback.update)
            case told.AgentLost():
                scheduler.agent_lost(driver, callback.agent_id, callback.reason)
            case told.ExecutorLost():
                scheduler.executor_lost(
                    driver, callback.agent_id, callback.executor_id, callback.exit_code, callback.reason
                )
            case told.MessageCame():
                scheduler.framework_message(driver, callback.agent_id, callback.executor_id, callback.data)
            case told.ReservationsTold():
                scheduler.reservations_held(driver, callback.held)
            case told.Error():
                scheduler.error(driver, callback.message)
