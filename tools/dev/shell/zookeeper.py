"""The cluster's own ZooKeeper: one server of the system's package, and the credentials its nodes are closed with."""

import os
import secrets
from pathlib import Path

from barter.shell.zookeeper import server
from barter.tools.dev.plan import Plan
from barter.tools.dev.shell.claim import Refused

# Sessions end at such steps; they may be as short as two.
TICK_MS = 500


def prepare(made: Plan) -> None:
    """Write what it starts with; what is there stays. Raises Refused where it or the folder cannot be used."""
    home = Path(made.options.data_dir)
    if not made.options.elects:
        if (home / "zookeeper").exists():
            raise Refused(
                f"the cluster in {home} keeps its facts in its ZooKeeper: start it with --masters 2 or more, "
                "or use another --data-dir DIR"
            )
        return
    if (home / "master").exists():
        raise Refused(
            f"the cluster in {home} keeps its facts with its only master: start it with --masters 1, "
            "or use another --data-dir DIR"
        )
    if why := server.missing():
        raise Refused(f"several masters are elected by ZooKeeper, and {why} (tools/up does it), or use --masters 1")
    server.write(_config(made))
    try:
        descriptor = os.open(made.credentials, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(f"barter:{secrets.token_urlsafe(24)}\n")


def command(made: Plan) -> list[str]:
    return server.command(_config(made))


def serves(made: Plan) -> bool:
    return bool(server.mode(made.ports["zookeeper"]))


def _config(made: Plan) -> server.ServerConfig:
    return server.ServerConfig(Path(made.options.data_dir, "zookeeper"), made.ports["zookeeper"], tick_ms=TICK_MS)
