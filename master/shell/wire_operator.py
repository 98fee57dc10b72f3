"""What operators are shown, on the wire."""

from collections.abc import Iterable

from barter.core.removals import RemovalMode, Removals
from barter.core.resources import Resources
from barter.master.actions import EndpointsChanged, ServiceView
from barter.master.history import Entry
from barter.master.shell.standing import Standing
from barter.master.state import OpenOffer
from barter.master.views import AgentSummary, FrameworkSummary, Summary, TaskSummary
from barter.proto import codec
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2

LARGEST = (1 << 63) - 1


def total_to_wire(value: Resources) -> types_pb2.Resources:
    """A sum over many agents, cut to what the wire can hold."""
    return types_pb2.Resources(scalars={name: min(amount, LARGEST) for name, amount in value.scalars.items()})


def status_to_wire(
    value: Summary, *, cluster_id: str, epoch: int, version: str, started_ms: int, standing: Standing
) -> pb.GetStatusResponse:
    return pb.GetStatusResponse(
        cluster_id=cluster_id,
        epoch=epoch,
        version=version,
        started_ms=started_ms,
        agents_active=value.agents_active,
        agents_unreachable=value.agents_unreachable,
        frameworks_active=value.frameworks_active,
        frameworks_disconnected=value.frameworks_disconnected,
        offers=value.offers,
        tasks=value.tasks,
        total=total_to_wire(value.total),
        used=total_to_wire(value.used),
        offered=total_to_wire(value.offered),
        removals=value.removals.mode,
        removals_reason=why_stopped(value.removals),
        masters=[pb.MasterView(grpc=each.grpc, http=each.http, leads=each.leads) for each in standing.masters],
        zookeeper=standing.zookeeper,
    )


def why_stopped(removals: Removals) -> str:
    return "" if removals.mode is RemovalMode.RUNNING else removals.reason


def agents_to_wire(agents: Iterable[AgentSummary], removals: Removals) -> pb.ListAgentsResponse:
    return pb.ListAgentsResponse(
        agents=map(agent_to_wire, agents), removals=removals.mode, removals_reason=why_stopped(removals)
    )


def agent_to_wire(value: AgentSummary) -> pb.AgentView:
    return pb.AgentView(
        agent=codec.agent_to_wire(value.info),
        state=value.state,
        used=_on_agent(value.used),
        offered=_on_agent(value.offered),
        free=_on_agent(value.free),
        registered_ms=value.registered_ms,
        tasks=value.tasks,
        reservations=[codec.reservation_to_wire(each) for each in value.reservations],
        volumes=[codec.volume_to_wire(each) for each in value.volumes],
        revocable=_on_agent(value.revocable),
        lent=_on_agent(value.lent),
        heartbeat_ms=value.heartbeat_ms,
        timeout_ms=value.timeout_ms,
    )


def framework_to_wire(value: FrameworkSummary) -> pb.FrameworkView:
    return pb.FrameworkView(
        framework=codec.framework_to_wire(value.info),
        state=value.state,
        used=total_to_wire(value.used),
        offered=total_to_wire(value.offered),
        tasks=value.tasks,
        share_milli=min(value.share_milli, 1 << 30),
        demands=[codec.demand_to_wire(demand) for demand in value.demands],
        subscribed_ms=value.subscribed_ms,
    )


def task_to_wire(value: TaskSummary) -> pb.TaskView:
    task = value.task
    return pb.TaskView(
        framework_id=task.framework_id,
        task=codec.task_to_wire(task.info),
        status=codec.status_to_wire(task.status),
        agent_id=task.agent_id,
        hostname=value.hostname,
        node_address=value.node_address,
        launched_ms=task.launched_ms,
    )


def offer_to_wire(value: OpenOffer) -> pb.OfferView:
    return pb.OfferView(offer=codec.offer_to_wire(value.offer), made_ms=value.made_ms, expires_ms=value.expires_ms)


def endpoints_to_wire(
    services: Iterable[ServiceView], epoch: int, *, removed: Iterable[str] = (), snapshot: bool = False, settled: bool
) -> pb.EndpointsUpdate:
    return pb.EndpointsUpdate(
        services=[
            pb.ServiceEndpoints(
                service=codec.service_to_wire(view.service),
                endpoints=[codec.endpoint_to_wire(endpoint) for endpoint in view.endpoints],
            )
            for view in services
        ],
        removed=removed,
        snapshot=snapshot,
        settled=settled,
        epoch=epoch,
    )


def change_to_wire(value: EndpointsChanged, epoch: int) -> pb.EndpointsUpdate:
    return endpoints_to_wire(value.services, epoch, removed=value.removed, settled=value.settled)


def entry_to_wire(value: Entry) -> pb.HistoryEvent:
    return pb.HistoryEvent(**value._asdict())


def _on_agent(value: Resources) -> types_pb2.Resources:
    capped = {name: min(amount, LARGEST) for name, amount in value.scalars.items()}
    return codec.resources_to_wire(Resources(capped, value.ranges, value.sets))
