"""What is under way at the servers of a backend, out of HAProxy's statistics."""

import csv

from barter.agent.edge.model import Address, read_address


def parse_sessions(text: str) -> dict[str, dict[Address, int]]:
    """Read answers to `show stat <backend> 4 -1`, one after another: sessions under way or queued, by backend and
    address. Raises ValueError when it is something else.
    """
    found: dict[str, dict[Address, int]] = {}
    columns: list[str] = []
    for row in csv.reader(line for line in text.splitlines() if line.strip()):
        if row[0].startswith("# "):
            columns = [row[0].removeprefix("# "), *row[1:]]
            continue
        server = dict(zip(columns, row, strict=False))
        if not {"pxname", "scur", "qcur", "addr"} <= server.keys():
            raise ValueError(f"not an answer to show stat: {text[:120]!r}")
        host, _, port = server["addr"].rpartition(":")
        address = read_address(host.strip("[]"), int(port))
        sessions = int(server["scur"] or 0) + int(server["qcur"] or 0)
        backend = found.setdefault(server["pxname"], {})
        backend[address] = backend.get(address, 0) + sessions
    return found
