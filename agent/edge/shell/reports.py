"""What the edge tells its master it has done, over one watch: one report at a time, what comes meanwhile next."""

import asyncio
import uuid

import grpc
import grpc.aio as aio

from barter.agent.edge.messages import TellServed
from barter.core.cluster import ServiceServed
from barter.proto.codec import served_to_wire
from barter.proto.v1 import operator_pb2 as op
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell.log import logger

_REST_S, _AGAIN_S, _ANSWER_S = 0.02, 1.0, 5.0
_TOGETHER = 500
log = logger("edge.reports")


class Reports:
    """`edge` is the name of the watch they belong to."""

    def __init__(self) -> None:
        self.edge = uuid.uuid4().hex
        self._waiting: dict[str, ServiceServed | None] = {}
        self._news = asyncio.Event()

    def add(self, told: TellServed) -> None:
        self._waiting |= {served.service_id: served for served in told.services}
        self._waiting |= dict.fromkeys(told.removed)
        self._news.set()

    async def send(self, stub: OperatorServiceStub) -> None:
        """Until cancelled, or until the master shows that it is too old to know of reports."""
        while True:
            await self._news.wait()
            together = dict(list(self._waiting.items())[:_TOGETHER])
            try:
                await stub.ReportServed(self._report(together), timeout=_ANSWER_S)
            except aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                    return
                log.debug("a report did not arrive; trying again", reason=error.details())
                await asyncio.sleep(_AGAIN_S)
                continue
            for service_id, served in together.items():
                if self._waiting.get(service_id) is served:
                    self._waiting.pop(service_id, None)
            if not self._waiting:
                self._news.clear()
            await asyncio.sleep(_REST_S)

    def _report(self, together: dict[str, ServiceServed | None]) -> op.ReportServedRequest:
        return op.ReportServedRequest(
            edge=self.edge,
            services=[served_to_wire(served) for served in together.values() if served is not None],
            removed=[service_id for service_id, served in together.items() if served is None],
        )
