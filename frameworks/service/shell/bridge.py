"""The scheduler for who awaits answers and reads logs."""

import asyncio
from collections.abc import Callable, Sequence

from barter.core.ids import FrameworkId
from barter.core.roles import DEFAULT_ROLE
from barter.frameworks.service.actions import Answer, Kill, Launch, Telling
from barter.frameworks.service.events import Request
from barter.frameworks.service.published import (
    Published,
    scheduler_disconnected,
    scheduler_registered,
    scheduler_reregistered,
)
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.frameworks.service.shell.outcomes import Outcomes
from barter.sdk import Driver, StateStore
from barter.shell.log import logger


def _unheard(_: Published) -> None:
    pass


class Bridge(ServiceScheduler):
    """`close` it when its driver has stopped: then nothing is answered any more but that. `publish` is the stream's."""

    def __init__(
        self,
        store: StateStore,
        roles: Sequence[str] = (DEFAULT_ROLE,),
        publish: Callable[[Published], None] = _unheard,
        resident_role: str = "",
    ) -> None:
        super().__init__(store, roles, resident_role)
        self._publish = publish
        self.outcomes = Outcomes()
        self._log = logger("service")
        self._asking: set[asyncio.Future[Answer]] = set()
        self._closed = False

    async def answer_to(self, request: Request) -> Answer:
        """The machine's answer, once what it stands for is durable; status 503 where there will be none."""
        if self._closed:
            return _stopping(request.request)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asking.add(answer)
        self.ask(request, lambda answered: _resolve(answer, answered))
        try:
            return await answer
        finally:
            self._asking.discard(answer)

    def close(self) -> None:
        self._closed = True
        for answer in self._asking:
            _resolve(answer, _stopping(0))

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        self._log.info("registered", framework=framework_id)
        self._publish(scheduler_registered(framework_id))
        super().registered(driver, framework_id)

    def reregistered(self, driver: Driver) -> None:
        self._log.info("registered again")
        self._publish(scheduler_reregistered())
        super().reregistered(driver)

    def disconnected(self, driver: Driver) -> None:
        self._log.warning("the master is lost: running tasks are not touched")
        self._publish(scheduler_disconnected())

    def error(self, driver: Driver, message: str) -> None:
        self._log.error("refused, or failed", message=message)

    def publish(self, published: Published) -> None:
        self.outcomes.note(published)
        self._publish(published)

    def tell(self, driver: Driver, action: Telling) -> None:
        if isinstance(action, Launch):
            self._log.info("launch", tasks=[task.task_id for task in action.tasks], reason=action.reason)
        elif isinstance(action, Kill):
            self._log.info("kill", task=action.task_id, reason=action.reason)
        super().tell(driver, action)


def _resolve(answer: asyncio.Future[Answer], answered: Answer) -> None:
    """Unless who asked has gone."""
    if not answer.done():
        answer.set_result(answered)


def _stopping(request: int) -> Answer:
    message = "the service framework is stopping, and may not have done this: look at the app when it is back"
    return Answer(request, status=503, message=message)
