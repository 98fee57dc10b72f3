"""Roles, their shares, weights and quotas."""

from collections.abc import Mapping
from typing import Any

from barter.core.resources import format_scalar
from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Column, Row
from barter.tools.cli.views.resources import BYTES


def role(view: pb.RoleView) -> dict[str, Any]:
    return {
        "role": view.config.role,
        "weight": view.config.weight_milli / 1000,
        "share": view.share_milli / 1000,
        "frameworks": list(view.framework_ids),
        "consumed": _amounts(view.consumed),
        "guarantee": _amounts(view.config.guarantee),
        "limit": _amounts(view.config.limit),
    }


def _amounts(wire: Mapping[str, int]) -> dict[str, float]:
    """As `resources` has them: cpus as a number, mem and disk in bytes."""
    return {kind: amount if kind in BYTES else amount / 1000 for kind, amount in sorted(wire.items())}


def said(amounts: Mapping[str, float]) -> str:
    """`cpus=1.5 mem=1GiB`."""
    parts = [f"{kind}={format_scalar(kind, _integer(kind, amount))}" for kind, amount in amounts.items()]
    return " ".join(parts) or "-"


def _integer(kind: str, amount: float) -> int:
    return round(amount) if kind in BYTES else round(amount * 1000)


def _quota_consumed(row: Row) -> str:
    """Of the kinds that the quota names."""
    named = {**row["guarantee"], **row["limit"]}
    return said({kind: row["consumed"].get(kind, 0) for kind in sorted(named)})


_ROLE = Column("ROLE", lambda row: row["role"])
_WEIGHT = Column("WEIGHT", lambda row: f"{row['weight']:g}", right=True)
_QUOTA = (
    Column("GUARANTEE", lambda row: said(row["guarantee"])),
    Column("LIMIT", lambda row: said(row["limit"])),
)
COLUMNS = (
    _ROLE,
    _WEIGHT,
    Column("SHARE", lambda row: f"{row['share']:.1%}", right=True),
    Column("FRAMEWORKS", lambda row: str(len(row["frameworks"])), right=True),
    Column("CONSUMED", lambda row: said(row["consumed"])),
    *_QUOTA,
)
QUOTA_COLUMNS = (_ROLE, *_QUOTA, Column("CONSUMED", _quota_consumed))
WEIGHT_COLUMNS = (_ROLE, _WEIGHT)
