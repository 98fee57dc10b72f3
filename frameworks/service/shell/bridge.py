"""Between the SDK's driver, the machine and the API: callbacks become events, actions become calls and answers."""

import asyncio
from collections.abc import Sequence

from barter.core.ids import TaskId
from barter.frameworks.service.actions import (
    Action,
    Answer,
    Decline,
    DropApp,
    DropLaunch,
    Kill,
    Launch,
    Reconcile,
    SaveApp,
    SaveLaunch,
    SetDemands,
    SetServices,
    Telling,
)
from barter.frameworks.service.events import Event, Offered, Registered, Request, StatusCame
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.shell.storage import save
from barter.sdk import Driver, Filters, FrameworkId, Offer, Scheduler, StateStore, TaskStatus
from barter.shell.clock import Clock
from barter.shell.log import logger
from barter.shell.runner import Runner


class Bridge(Scheduler):
    """The scheduler handed to the driver. Set `driver` before `run`."""

    def __init__(self, machine: ServiceMachine, store: StateStore, clock: Clock) -> None:
        self.machine = machine
        self.clock = clock
        self.driver: Driver | None = None
        self._store = store
        self._runner: Runner[Event, Action] = Runner(machine, clock, self._perform)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._requests = 0
        self._log = logger("service")

    async def run(self) -> None:
        await self._runner.run()

    def next_request(self) -> int:
        self._requests += 1
        return self._requests

    async def ask(self, request: Request) -> Answer:
        """The machine's answer, once what it stands for is durable."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request.request] = answer
        self._runner.post(request)
        return await answer

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        self._log.info("registered", framework=framework_id)
        self._runner.post(Registered())

    def reregistered(self, driver: Driver) -> None:
        self._log.info("registered again")
        self._runner.post(Registered())

    def disconnected(self, driver: Driver) -> None:
        self._log.warning("the master is lost: running tasks are not touched")

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        self._runner.post(Offered(tuple(offers)))

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        self._runner.post(StatusCame(status))

    def error(self, driver: Driver, message: str) -> None:
        self._log.error("the master refused", message=message)

    async def _perform(self, actions: list[Action]) -> None:
        save(self._store, [action for action in actions if isinstance(action, SaveApp | DropApp | SaveLaunch)])
        for action in actions:
            if isinstance(action, Answer):
                self._answer(action)
            elif not isinstance(action, SaveApp | DropApp | SaveLaunch | DropLaunch):
                self._tell(action)
        save(self._store, [action for action in actions if isinstance(action, DropLaunch)])

    def _answer(self, answer: Answer) -> None:
        waiting = self._waiting.pop(answer.request, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _tell(self, action: Telling) -> None:
        driver = self.driver
        if driver is None:
            raise RuntimeError("the bridge has no driver")
        match action:
            case Launch():
                self._log.info("launch", tasks=[task.task_id for task in action.tasks], reason=action.reason)
                driver.launch(action.offer, action.tasks, Filters(refuse_ms=0))
            case Decline():
                driver.decline(action.offer, Filters(action.refuse_ms))
            case Kill():
                self._log.info("kill", task=action.task_id, reason=action.reason)
                driver.kill(TaskId(action.task_id), action.grace_ms if action.grace_ms >= 0 else None)
            case Reconcile():
                driver.reconcile(tuple(TaskId(task_id) for task_id in action.task_ids))
            case SetDemands():
                driver.set_demands(action.demands)
            case SetServices():
                driver.set_services(action.services)
