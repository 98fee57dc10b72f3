"""Where the master that leads is: of the addresses given, or of those that ZooKeeper knows."""

import os
import queue
import threading
from collections.abc import Callable
from typing import Any

import click
import grpc

from barter.core.addresses import split_addresses
from barter.core.zookeeper_url import ZooKeeperTls, is_zookeeper_url
from barter.shell.transport import UNREACHABLE_METADATA
from barter.tools.cli.errors import Refused

CONNECT_S = 3.0
PATIENT_S = 2.0
_TLS = tuple(f"BARTER_ZK_{name}" for name in ("CA", "CERT", "KEY"))
_DOWN = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)


def known_masters(masters: str) -> tuple[str, ...]:
    """The leader first where it is known. Raises Refused where there are none, and what to do."""
    if not is_zookeeper_url(masters):
        try:
            return split_addresses(masters)
        except ValueError as error:
            raise Refused(f"the master's address {error}", then="--master 127.0.0.1:5050") from None
    # kazoo is for those alone who name a ZooKeeper.
    from barter.shell.zookeeper import discovery

    try:
        tls = ZooKeeperTls(*(os.environ.get(name, "") for name in _TLS))
        return discovery.read_once(discovery.settings_of(masters, tls)).addresses
    except ValueError as error:
        raise Refused(str(error), then="--master zk://127.0.0.1:2181/barter") from None
    except discovery.NoMasters as error:
        raise Refused(str(error)) from None


def answers(channel: grpc.Channel) -> bool:
    """Whether somebody is there, in time; False at the first refusal."""
    states: queue.SimpleQueue[grpc.ChannelConnectivity] = queue.SimpleQueue()
    channel.subscribe(states.put, try_to_connect=True)
    try:
        while (state := states.get(timeout=CONNECT_S)) is not grpc.ChannelConnectivity.READY:
            if state in _DOWN:
                return False
    except queue.Empty:
        return False
    finally:
        channel.unsubscribe(states.put)
    return True


class Telling(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[type-arg]
    """Says with each call who should lead and does not answer; and to people, that a call takes long."""

    def __init__(self, unreachable: str, say: Callable[[str], None]) -> None:
        self._metadata = [(UNREACHABLE_METADATA, unreachable)] if unreachable else []
        self._say = say

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        timer = threading.Timer(PATIENT_S, self._say, ["no answer yet: waiting"])
        timer.daemon = True
        timer.start()
        try:
            return continuation(self._with(client_call_details), request)
        finally:
            timer.cancel()

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(self._with(client_call_details), request)

    def _with(self, details: Any) -> Any:
        return details._replace(metadata=[*(details.metadata or ()), *self._metadata]) if self._metadata else details


class Once:
    """Tells people on stderr what is waited for, the same thing once."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            click.echo(line, err=True)
