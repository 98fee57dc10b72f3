"""Whether an address can be listened on, tried before HAProxy does.

HAProxy checks a configuration without binding, and a reload that cannot bind pauses what is served while it retries.
"""

import errno
import socket
from collections.abc import Iterable

from barter.agent.edge.model import Address

_PRIVILEGED = (
    "needs root or CAP_NET_BIND_SERVICE: run the agent as root, choose a port of 1024 or more "
    "(the edge's own: --edge-http), or allow it with sysctl net.ipv4.ip_unprivileged_port_start"
)


def untakeable(addresses: Iterable[Address]) -> dict[Address, str]:
    """Why each address that cannot be listened on cannot."""
    found: dict[Address, str] = {}
    for address in sorted(addresses):
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address.host, address.port))
            except OSError as error:
                found[address] = f"cannot listen on {address}: {_explain(error, address.port)}"
    return found


def _explain(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return "something else listens there; end it or choose another port"
    if error.errno == errno.EACCES and port < 1024:
        return f"port {port} {_PRIVILEGED}"
    return error.strerror or str(error)
