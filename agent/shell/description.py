"""What the agent registered as, in its ledger, so that its next start can be held to it."""

import contextlib
import sqlite3
from pathlib import Path

from google.protobuf.message import DecodeError

from barter.agent.described import Description
from barter.core.ids import AgentId
from barter.proto import codec
from barter.proto.v1 import types_pb2 as pb


def forget(ledger: Path) -> None:
    """Of an agent that does not run and has nothing left to run: it may start as anything. Raises OSError."""
    try:
        with contextlib.closing(sqlite3.connect(ledger)) as db, db:
            db.execute("DELETE FROM meta WHERE name IN ('described', 'stated')")
    except sqlite3.Error as error:
        raise OSError(f"cannot use the ledger {ledger}: {error}") from None


class KeptDescription:
    """`kept` is what `keep` was told last, also by an earlier start; None before, and of another agent."""

    def __init__(self, db: sqlite3.Connection, agent_id: AgentId) -> None:
        self._db = db
        self.kept = self._read(agent_id)

    def keep(self, description: Description) -> None:
        """Durable on return; with what else waits in the open transaction."""
        if description == self.kept:
            return
        said = codec.agent_to_wire(description.info).SerializeToString(deterministic=True)
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        rows = [("described", said), ("stated", " ".join(sorted(description.given)))]
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
        self._db.execute("COMMIT")
        self.kept = description

    def _read(self, agent_id: AgentId) -> Description | None:
        rows = dict(self._db.execute("SELECT name, value FROM meta WHERE name IN ('described', 'stated')").fetchall())
        if not rows.get("described"):
            return None
        try:
            info = codec.agent_from_wire(pb.AgentInfo.FromString(rows["described"]))
        except (ValueError, DecodeError):
            # A version that says it otherwise wrote it: better not to hold it to that than not to start.
            return None
        return Description(info, frozenset(str(rows.get("stated", "")).split())) if info.agent_id == agent_id else None
