"""What a HAProxy that outlived its edge serves, read back from its work dir and its slots."""

import json
from collections.abc import Iterable, Mapping

from barter.agent.edge.config import ROUTES
from barter.agent.edge.model import backend_name
from barter.agent.edge.slots import Slot, Slots, SlotState
from barter.agent.edge.view import ServiceEndpoints
from barter.core.cluster import FULL_WEIGHT, Endpoint, Service, ServicePort
from barter.core.ids import AgentId, FrameworkId


def read_routes(text: str) -> tuple[Service, ...]:
    """The services that ROUTES was written from; raises ValueError when it is damaged."""
    try:
        return tuple(
            Service(
                str(service_id),
                tuple(ServicePort(str(n), int(number), str(p), tuple(map(str, v))) for n, number, p, v in ports),
            )
            for service_id, ports in json.loads(text).items()
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{ROUTES} is damaged: {error}") from None


def remembered(services: Iterable[Service], slots: Mapping[str, Slots]) -> tuple[ServiceEndpoints, ...]:
    """The services with the endpoints in their slots, as the cluster would tell them."""
    return tuple(
        ServiceEndpoints(
            service,
            tuple(
                _endpoint(service.service_id, port.name, slot)
                for port in service.ports
                for slot in slots.get(backend_name(service.service_id, port.name), {}).values()
                if slot.state is not SlotState.MAINT
            ),
        )
        for service in services
    )


def _endpoint(service_id: str, port_name: str, slot: Slot) -> Endpoint:
    nobody, nowhere, at = FrameworkId(""), AgentId(""), slot.address
    drains = slot.state is SlotState.DRAIN
    weight = FULL_WEIGHT if drains else slot.weight
    return Endpoint(service_id, port_name, "", nobody, nowhere, at.host, at.port, draining=drains, weight=weight)
