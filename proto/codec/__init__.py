"""Between the wire and the core types: the only place that knows both.

`*_to_wire` never fails on a core value; `*_from_wire` raises ValueError naming the field that is wrong.
"""

from barter.proto.codec.offers import (
    demand_from_wire,
    demand_to_wire,
    filters_from_wire,
    inverse_from_wire,
    inverse_to_wire,
    offer_from_wire,
    offer_to_wire,
)
from barter.proto.codec.peers import (
    agent_from_wire,
    agent_to_wire,
    framework_from_wire,
    framework_to_wire,
)
from barter.proto.codec.resources import (
    mount_from_wire,
    mount_to_wire,
    operation_from_wire,
    operation_to_wire,
    reservation_from_wire,
    reservation_to_wire,
    reserved_from_wire,
    reserved_to_wire,
    resources_from_wire,
    resources_to_wire,
    role_from_wire,
    role_to_wire,
    volume_from_wire,
    volume_to_wire,
)
from barter.proto.codec.services import (
    endpoint_from_wire,
    endpoint_to_wire,
    served_from_wire,
    served_to_wire,
    service_from_wire,
    service_to_wire,
)
from barter.proto.codec.tasks import (
    acks_from_wire,
    acks_to_wire,
    status_from_wire,
    status_to_wire,
    task_from_wire,
    task_taken_from_wire,
    task_to_wire,
)

__all__ = [
    "acks_from_wire",
    "acks_to_wire",
    "agent_from_wire",
    "agent_to_wire",
    "demand_from_wire",
    "demand_to_wire",
    "endpoint_from_wire",
    "endpoint_to_wire",
    "filters_from_wire",
    "framework_from_wire",
    "framework_to_wire",
    "inverse_from_wire",
    "inverse_to_wire",
    "mount_from_wire",
    "mount_to_wire",
    "offer_from_wire",
    "offer_to_wire",
    "operation_from_wire",
    "operation_to_wire",
    "reservation_from_wire",
    "reservation_to_wire",
    "reserved_from_wire",
    "reserved_to_wire",
    "resources_from_wire",
    "resources_to_wire",
    "role_from_wire",
    "role_to_wire",
    "served_from_wire",
    "served_to_wire",
    "service_from_wire",
    "service_to_wire",
    "status_from_wire",
    "status_to_wire",
    "task_from_wire",
    "task_taken_from_wire",
    "task_to_wire",
    "volume_from_wire",
    "volume_to_wire",
]
