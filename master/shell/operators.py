"""OperatorService: reads the machine's state between two batches, and lets operators watch and tear down."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio as aio

from barter.core.ids import FrameworkId
from barter.master import reservation_views, role_views, views
from barter.master.actions import Answer
from barter.master.cluster import Cluster
from barter.master.events import EdgeJoined, EdgeLeft, EdgeReported, Event, TeardownByOperator
from barter.master.maintenance_view import NotOne, agent_named, maintenance
from barter.master.record_log import header_line
from barter.master.removals_view import removals
from barter.master.shell import wire_operator as wire
from barter.master.shell import wire_roles
from barter.master.shell.hub import Hub, MasterEnded
from barter.master.shell.record import Recordings, TooMany, TooSlow
from barter.master.shell.standing import Standing, alone
from barter.master.shell.watchers import EndpointWatch, EventWatch
from barter.master.shell.wire_explain import why_to_wire
from barter.master.shell.wire_maintenance import change_of, maintenance_to_wire
from barter.master.shell.wire_removals import change_of as removals_change_of
from barter.master.shell.wire_removals import removals_to_wire
from barter.master.shell.wire_reservations import operate_of, reservation_to_wire, volume_to_wire
from barter.master.why import close_names, few_agents, why
from barter.proto import codec
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1.operator_pb2_grpc import OperatorServiceServicer

Context = aio.ServicerContext[Any, Any]
LONGEST_REFUSAL = 4_000


class Operators(OperatorServiceServicer):
    def __init__(
        self,
        cluster: Cluster,
        hub: Hub,
        recordings: Recordings,
        post: Callable[[Event], None],
        now: Callable[[], int],
        version: str,
        standing: Callable[[], Standing] = alone,
    ) -> None:
        self._cluster, self._hub, self._recordings, self._post, self._now = cluster, hub, recordings, post, now
        self._version, self._started_ms, self._standing = version, now(), standing

    async def GetStatus(self, request: pb.GetStatusRequest, context: Context) -> pb.GetStatusResponse:
        cluster = self._cluster
        return wire.status_to_wire(
            views.summary(cluster),
            cluster_id=cluster.cluster_id,
            epoch=cluster.epoch,
            version=self._version,
            started_ms=self._started_ms,
            standing=self._standing(),
        )

    async def ListAgents(self, request: pb.ListAgentsRequest, context: Context) -> pb.ListAgentsResponse:
        return wire.agents_to_wire(views.agents(self._cluster), self._cluster.reach.removals)

    async def ListFrameworks(self, request: pb.ListFrameworksRequest, context: Context) -> pb.ListFrameworksResponse:
        return pb.ListFrameworksResponse(frameworks=map(wire.framework_to_wire, views.frameworks(self._cluster)))

    async def ListTasks(self, request: pb.ListTasksRequest, context: Context) -> pb.ListTasksResponse:
        found = views.tasks(self._cluster, ended=request.ended, task_id=request.task_id)
        return pb.ListTasksResponse(tasks=map(wire.task_to_wire, found))

    async def ListOffers(self, request: pb.ListOffersRequest, context: Context) -> pb.ListOffersResponse:
        return pb.ListOffersResponse(offers=map(wire.offer_to_wire, self._cluster.offers.values()))

    async def ListEndpoints(self, request: pb.ListEndpointsRequest, context: Context) -> pb.EndpointsUpdate:
        answer = self._snapshot()
        for entry in answer.services:
            if (served := self._cluster.edges.standing(entry.service.service_id)).edges:
                entry.served.CopyFrom(codec.served_to_wire(served))
        return answer

    async def WatchEndpoints(
        self, request: pb.WatchEndpointsRequest, context: Context
    ) -> AsyncIterator[pb.EndpointsUpdate]:
        watch = EndpointWatch()
        self._hub.endpoint_watches.add(watch)
        if request.edge:
            self._post(EdgeJoined(request.edge))
        try:
            yield self._snapshot()
            while (change := await watch.next()) is not None:
                yield wire.change_to_wire(change, self._cluster.epoch)
        finally:
            self._hub.endpoint_watches.discard(watch)
            if request.edge:
                self._post(EdgeLeft(request.edge))

    async def ReportServed(self, request: pb.ReportServedRequest, context: Context) -> pb.ReportServedResponse:
        try:
            services = tuple(map(codec.served_from_wire, request.services))
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, short(str(error)))
        self._post(EdgeReported(request.edge, services, tuple(request.removed)))
        return pb.ReportServedResponse()

    async def ListEvents(self, request: pb.ListEventsRequest, context: Context) -> pb.ListEventsResponse:
        return pb.ListEventsResponse(events=map(wire.entry_to_wire, self._cluster.history.last(request.last)))

    async def WatchEvents(self, request: pb.WatchEventsRequest, context: Context) -> AsyncIterator[pb.HistoryEvent]:
        watch = EventWatch(self._cluster.history, max(request.last, 0))
        self._hub.event_watches.add(watch)
        try:
            while (entries := await watch.next()) is not None:
                for entry in entries:
                    yield wire.entry_to_wire(entry)
        finally:
            self._hub.event_watches.discard(watch)

    async def Explain(self, request: pb.ExplainRequest, context: Context) -> pb.ExplainResponse:
        found = why(
            self._cluster, request.subject, self._now(), every_agent=request.all_agents or few_agents(self._cluster)
        )
        if found is None:
            close = close_names(self._cluster, request.subject)
            like = f"; close to it: {', '.join(close)}" if close else ""
            message = f"the master knows no task and no demand {request.subject!r}{like}: see `barter tasks --ended`"
            await context.abort(grpc.StatusCode.NOT_FOUND, short(message))
        return why_to_wire(found)

    async def TeardownFramework(
        self, request: pb.TeardownFrameworkRequest, context: Context
    ) -> pb.TeardownFrameworkResponse:
        framework_id = FrameworkId(request.framework_id)
        if framework_id not in self._cluster.frameworks:
            message = f"the master knows no framework {request.framework_id!r}: see `barter frameworks`"
            await context.abort(grpc.StatusCode.NOT_FOUND, short(message))
        await self._ask(lambda call: TeardownByOperator(framework_id, call), context)
        return pb.TeardownFrameworkResponse()

    async def ListRoles(self, request: pb.ListRolesRequest, context: Context) -> pb.ListRolesResponse:
        return pb.ListRolesResponse(roles=map(wire_roles.role_to_wire, role_views.roles(self._cluster)))

    async def SetRoles(self, request: pb.SetRolesRequest, context: Context) -> pb.SetRolesResponse:
        try:
            event_of = wire_roles.set_roles_from_wire(request)
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, short(str(error)))
        answer = await self._ask(event_of, context)
        return pb.SetRolesResponse(notes=answer.notes)

    async def Maintain(self, request: pb.MaintainRequest, context: Context) -> pb.MaintainResponse:
        try:
            change = change_of(request, agent_named(self._cluster, request.agent))
        except NotOne as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, short(str(error)))
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, short(str(error)))
        await self._ask(change, context)
        return pb.MaintainResponse()

    async def Operate(self, request: pb.OperateRequest, context: Context) -> pb.OperateResponse:
        try:
            operate = operate_of(request, agent_named(self._cluster, request.agent))
        except NotOne as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, short(str(error)))
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, short(str(error)))
        await self._ask(operate, context)
        return pb.OperateResponse()

    async def ListReservations(
        self, request: pb.ListReservationsRequest, context: Context
    ) -> pb.ListReservationsResponse:
        return pb.ListReservationsResponse(
            reservations=map(reservation_to_wire, reservation_views.reservations(self._cluster)),
            volumes=map(volume_to_wire, reservation_views.volumes(self._cluster)),
        )

    async def ListMaintenance(self, request: pb.ListMaintenanceRequest, context: Context) -> pb.ListMaintenanceResponse:
        return pb.ListMaintenanceResponse(agents=map(maintenance_to_wire, maintenance(self._cluster)))

    async def GetRemovals(self, request: pb.GetRemovalsRequest, context: Context) -> pb.GetRemovalsResponse:
        return removals_to_wire(removals(self._cluster), self._cluster.timing)

    async def SetRemovals(self, request: pb.SetRemovalsRequest, context: Context) -> pb.SetRemovalsResponse:
        try:
            change = removals_change_of(request)
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, short(str(error)))
        await self._ask(change, context)
        return pb.SetRemovalsResponse()

    async def Record(self, request: pb.RecordRequest, context: Context) -> AsyncIterator[pb.RecordChunk]:
        try:
            header, recording = self._recordings.open(request.snapshot_bytes)
        except TooMany as error:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, short(str(error)))
        try:
            yield pb.RecordChunk(header=header_line(header))
            while (taken := await recording.next()) is not None:
                for lines in recording.lines(taken):
                    yield pb.RecordChunk(lines=lines.data, snapshot=lines.snapshot)
        except TooSlow as error:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, short(str(error)))
        finally:
            self._recordings.end(recording)

    async def _ask(self, event_of: Callable[[int], Event], context: Context) -> Answer:
        """Have the machine answer; aborts with what it says against it."""
        call, coming = self._hub.call()
        self._post(event_of(call))
        try:
            answer = await coming
        except MasterEnded:
            unknown = "this master ended before it answered: look whether it was done, then ask the next one"
            await context.abort(grpc.StatusCode.UNAVAILABLE, unknown)
        if answer.refusal:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, short(answer.refusal))
        return answer

    def _snapshot(self) -> pb.EndpointsUpdate:
        cluster = self._cluster
        return wire.endpoints_to_wire(cluster.endpoints.all(), cluster.epoch, snapshot=True, settled=cluster.settled)


def short(refusal: str) -> str:
    """A refusal goes as a header, of which gRPC takes a few thousand bytes: a longer one would hide its reason."""
    most = LONGEST_REFUSAL if refusal.isascii() else LONGEST_REFUSAL // 4
    return refusal if len(refusal) <= most else f"{refusal[:most]}... ({len(refusal) - most} characters more)"
