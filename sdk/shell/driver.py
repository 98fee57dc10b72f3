"""The driver with a real master behind it."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from barter.core.addresses import split_addresses
from barter.core.cluster import Demand, Filters, FrameworkInfo, Offer, Service
from barter.core.ids import FrameworkId, OfferId, TaskId
from barter.core.tasks import TaskInfo
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.driver import USUAL_FILTERS, Driver, Offers
from barter.sdk.scheduler import Scheduler
from barter.sdk.session import Session
from barter.sdk.shell.invoke import Invoker
from barter.sdk.shell.link import Link
from barter.sdk.store import StateStore
from barter.shell.clock import Clock
from barter.shell.runner import Runner

LOG = logging.getLogger("barter.sdk")
ID_KEY = "barter.framework_id"


class MasterDriver(Driver):
    """Runs `scheduler` as `framework` on the masters in `masters` ("host:port[,host:port]").

    With `demands_only` it is offered what answers its demands and nothing else. With a `store` the framework id is
    kept there, and the next process takes the framework up again. Raises ValueError on addresses that are none.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        framework: FrameworkInfo,
        masters: str,
        *,
        demands_only: bool = False,
        store: StateStore | None = None,
    ) -> None:
        addresses = split_addresses(masters)
        self._store = store
        self._session = Session(_with_kept_id(framework, store), addresses, demands_only=demands_only)
        self._runner: Runner[msg.Event, msg.Action] = Runner(self._session, Clock(), self._perform)
        self._invoker = Invoker(scheduler, self)
        self._link: Link | None = None
        self._thread = threading.get_ident()
        self._served = False

    @property
    def framework_id(self) -> FrameworkId:
        return self._session.framework.framework_id

    def launch(self, offers: Offers, tasks: Sequence[TaskInfo], filters: Filters = USUAL_FILTERS) -> None:
        self._post(calls.Launch(_offer_ids(offers), tuple(tasks), filters))

    def decline(self, offers: Offers, filters: Filters = USUAL_FILTERS) -> None:
        self._post(calls.Decline(_offer_ids(offers), filters))

    def revive(self) -> None:
        self._post(calls.Revive())

    def suppress(self) -> None:
        self._post(calls.Suppress())

    def kill(self, task_id: TaskId, grace_ms: int | None = None) -> None:
        self._post(calls.Kill(task_id, grace_ms))

    def reconcile(self, task_ids: Iterable[TaskId] = ()) -> None:
        self._post(calls.Reconcile(tuple(task_ids)))

    def set_demands(self, demands: Sequence[Demand]) -> None:
        self._post(calls.SetDemands(tuple(demands)))

    def set_services(self, services: Sequence[Service]) -> None:
        self._post(calls.SetServices(tuple(services)))

    def stop(self, failover: bool = False) -> None:
        self._invoker.stopped = True
        self._post(msg.Stop(failover))

    def run(self) -> int:
        """Serve in a loop of its own until `stop` or a fatal error; return the exit code.

        SIGINT and SIGTERM stop it: without a store nobody could take the framework up again, so it is removed
        and its tasks are killed; with one they stay for the next process.
        """
        return asyncio.run(self._run())

    async def serve(self) -> int:
        """Serve in the running loop until `stop` (0) or a fatal error (1); calls may then be made from it only.

        Cancelled, it leaves the framework and its tasks as they are. Raises RuntimeError when served before.
        """
        if self._served:
            raise RuntimeError("a driver serves once: make a new one")
        self._served = True
        self._thread = threading.get_ident()
        self._runner.post(msg.Start())
        try:
            await self._runner.run()
        except _Finished as finished:
            return finished.code
        finally:
            await self._drop_link()
        return 1

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            self.stop(failover=self._store is not None)

        with contextlib.suppress(ValueError, RuntimeError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop)
        return await self.serve()

    def _post(self, event: msg.Event) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError(
                "drivers are called from their own loop: use loop.call_soon_threadsafe(driver.kill, ...)"
            )
        self._runner.post(event)

    async def _perform(self, actions: list[msg.Action]) -> None:
        waiting: list[calls.Call] = []
        for action in actions:
            if isinstance(action, msg.Send):
                waiting.append(action.call)
                continue
            await self._flush(waiting)
            waiting = []
            await self._act(action)
        await self._flush(waiting)

    async def _act(self, action: msg.Action) -> None:
        match action:
            case msg.Invoke():
                self._runner.post(msg.Invoked(self._invoker.invoke(action.callbacks)))
            case msg.Connect():
                await self._drop_link()
                self._link = Link(action, self._runner.post)
            case msg.Disconnect():
                await self._drop_link()
            case msg.KeepId():
                self._keep_id(action.framework_id)
            case msg.Say():
                LOG.log(logging.WARNING if action.warning else logging.INFO, action.message)
            case msg.Finish():
                await self._finish(action)
            case msg.Send():
                await self._flush([action.call])

    async def _flush(self, waiting: list[calls.Call]) -> None:
        if self._link is None:
            return
        for call in calls.coalesce(waiting):
            try:
                await self._link.send(call, self.framework_id)
            except (ValueError, TypeError, AttributeError) as error:
                self._refuse(call, f"{type(call).__name__} cannot be sent: {error}")

    def _refuse(self, call: calls.Call, message: str) -> None:
        LOG.error(message)
        self._invoker.error(message)
        if isinstance(call, calls.Launch):
            self._runner.post(msg.Unsendable(call, message))

    def _keep_id(self, framework_id: FrameworkId) -> None:
        if self._store is None:
            return
        if framework_id:
            self._store.set(ID_KEY, framework_id.encode())
        else:
            self._store.delete(ID_KEY)

    async def _finish(self, action: msg.Finish) -> None:
        LOG.log(logging.ERROR if action.code else logging.INFO, action.reason)
        if action.error:
            self._invoker.error(action.error)
        if self._link is not None:
            await self._link.close()
            self._link = None
        raise _Finished(action.code)

    async def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.drop()


class _Finished(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _offer_ids(offers: Offers) -> tuple[OfferId, ...]:
    return (offers.offer_id,) if isinstance(offers, Offer) else tuple(offer.offer_id for offer in offers)


def _with_kept_id(framework: FrameworkInfo, store: StateStore | None) -> FrameworkInfo:
    kept = None if store is None or framework.framework_id else store.get(ID_KEY)
    return framework if kept is None else replace(framework, framework_id=FrameworkId(kept.decode()))
