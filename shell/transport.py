"""Every gRPC channel and server, and the rule for what may be listened on, so that security has one place."""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any, cast

import grpc
import grpc.aio as aio

from barter.core.addresses import split_address

MAX_MESSAGE_BYTES = 64 << 20
LEADER_METADATA = "barter-leader"
"""In a refusal's trailing metadata: host:port of the master that leads."""
UNREACHABLE_METADATA = "barter-unreachable"
"""In a call's metadata: host:port of a leader that was named to the caller and does not answer."""
EVERY_ADDRESS = ("0.0.0.0", "::")

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Longer than a heartbeat: a connection over which those go is not pinged besides.
    ("grpc.keepalive_time_ms", 12_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_http_proxy", 0),
)
_SERVER_OPTIONS = (
    *_OPTIONS,
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.so_reuseport", 0),
    # All agents of a cluster come at once to a master that starts; from 1,000 on gRPC would refuse them by chance.
    ("grpc.server.max_pending_requests", 100_000),
    ("grpc.server.max_pending_requests_hard_limit", 200_000),
    # In seconds; half of it is too little for 20,000 agents where the processor is shared.
    ("grpc.server_max_unrequested_time_in_server", 60),
)


class NotAllowed(Exception):
    """An address beyond loopback without authentication or `--insecure`."""


class AddressTaken(Exception):
    """Something else listens there already."""


def check_listen(address: str, *, insecure: bool) -> tuple[str, int]:
    """The pair to listen on; raises NotAllowed, or AddressTaken when the port is not free."""
    host, port = split_address(address)
    if not insecure and not is_loopback(host):
        raise NotAllowed(
            f"{address} is reachable from other machines and nothing authenticates callers yet: "
            "listen on 127.0.0.1, or say --insecure on a network you trust"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = f"cannot listen on {address}: {error.strerror}"
            raise AddressTaken(f"{why}; end what listens there, or choose another address") from None
    return host, port


def advertised(address: str, host: str) -> str:
    """What others are told of an address that this machine listens on; `host` where one was given."""
    listened, port = split_address(address)
    if not host:
        host = socket.getfqdn() if listened in EVERY_ADDRESS else listened
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def server(interceptors: "Sequence[aio.ServerInterceptor[Any, Any]]" = ()) -> aio.Server:
    """A gRPC server to add services to; bind it with `listen` or `listen_unix`."""
    return aio.server(interceptors=tuple(interceptors), options=_SERVER_OPTIONS)


def listen(grpc_server: aio.Server, address: str, *, insecure: bool = False) -> int:
    """Bind to `host:port` and return the port; raises NotAllowed or AddressTaken."""
    check_listen(address, insecure=insecure)
    return grpc_server.add_insecure_port(address)


def listen_unix(grpc_server: aio.Server, path: str) -> None:
    grpc_server.add_insecure_port(f"unix:{path}")


def channel(target: str, *, own_connection: bool = False) -> aio.Channel:
    """An asyncio channel to `host:port` or `unix:path`; a process shares one connection to each target otherwise."""
    own = (("grpc.use_local_subchannel_pool", int(own_connection)),)
    return aio.insecure_channel(target, options=(*_OPTIONS, *own))


def blocking_channel(target: str) -> grpc.Channel:
    """For a program that asks a few things and ends, such as the CLI."""
    return grpc.insecure_channel(target, options=_OPTIONS)


def leader_of(metadata: object) -> str:
    """The leader's address out of a refusal's trailing metadata, or empty."""
    # gRPC's two APIs agree on the pairs, not on the type that holds them.
    for key, value in cast(Iterable[tuple[str, str | bytes]], metadata or ()):
        if key == LEADER_METADATA:
            return value.decode() if isinstance(value, bytes) else value
    return ""
