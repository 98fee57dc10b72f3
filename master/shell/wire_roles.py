"""Roles on the wire."""

from collections.abc import Callable
from functools import partial

from barter.core.roles import RoleConfig, RolePart
from barter.master.allocator.model import RoleStanding
from barter.master.events import SetRoles
from barter.master.shell.wire_operator import LARGEST
from barter.proto import codec
from barter.proto.checks import check_name, member
from barter.proto.v1 import operator_pb2 as pb

MOST_ROLES = 10_000


def role_to_wire(value: RoleStanding) -> pb.RoleView:
    config = RoleConfig(value.role, value.weight_milli, value.guarantee, value.limit)
    return pb.RoleView(
        config=codec.role_to_wire(config),
        consumed={kind: min(amount, LARGEST) for kind, amount in value.consumption.items()},
        share_milli=round(value.share * 1000),
        framework_ids=value.frameworks,
    )


def set_roles_from_wire(request: pb.SetRolesRequest) -> Callable[[int], SetRoles]:
    """What makes the event of a call's number; raises ValueError with all that is wrong, a sentence a line."""
    part = member("part", RolePart, request.part)
    if len(request.roles) > MOST_ROLES:
        raise ValueError(f"roles: {len(request.roles)} are too many, at most {MOST_ROLES}")
    configs, wrong = list[RoleConfig](), list[str]()
    for wire in request.roles:
        try:
            configs.append(codec.role_from_wire(wire))
            for kind in (*wire.guarantee, *wire.limit):
                check_name(f"role {wire.role}: the name of a resource", kind)
            if part is RolePart.WEIGHT and not wire.weight_milli:
                wrong.append(f"role {wire.role}: weight 0 is not above 0")
        except ValueError as error:
            wrong.append(str(error))
    if wrong or not configs:
        raise ValueError("\n".join(wrong) or "roles: none is named")
    return partial(SetRoles, roles=tuple(configs), force=request.force, part=part)
