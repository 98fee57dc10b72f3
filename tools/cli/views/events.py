"""What happened in the cluster."""

from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Column, Row
from barter.tools.cli.views.times import clock_time


def event(wire: pb.HistoryEvent) -> dict[str, Any]:
    return {
        "sequence": wire.sequence,
        "timestamp_ms": wire.timestamp_ms,
        "kind": wire.kind,
        "subject": wire.subject,
        "reason": wire.reason,
    }


def line(row: Row) -> str:
    """One event as a line of text."""
    return f"{clock_time(row['timestamp_ms'])}  {row['kind']:<20}  {row['subject']}  {row['reason']}".rstrip()


COLUMNS = (
    Column("TIME", lambda row: clock_time(row["timestamp_ms"])),
    Column("EVENT", lambda row: row["kind"]),
    Column("SUBJECT", lambda row: row["subject"]),
    Column("REASON", lambda row: row["reason"], prose=True),
)
