"""Addresses, and who may be listened to."""

import asyncio
import socket
from collections.abc import AsyncIterator

import grpc.aio as aio
import pytest

from barter.core.addresses import parse_advertised, split_address, split_addresses
from barter.proto.v1.agent_pb2 import AgentCall, AgentEvent
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer, AgentServiceStub, add_AgentServiceServicer_to_server
from barter.shell.transport import AddressTaken, NotAllowed, channel, check_listen, listen, server

Context = aio.ServicerContext[AgentCall, AgentEvent]


def test_what_may_hold_a_password_is_not_shown() -> None:
    with pytest.raises(ValueError, match="a ZooKeeper URL begins with zk://") as refused:
        split_addresses("zookeeper://user:secret@a/barter")
    assert "secret" not in str(refused.value)


def test_addresses_are_read() -> None:
    assert split_address("[::1]:5050") == ("::1", 5050)
    assert split_addresses(" a:5050, [::1]:5050,") == ("a:5050", "[::1]:5050")


@pytest.mark.parametrize("text", ["", ",", "nowhere", "a:b", "a:70000", ":1", "a:1,b"])
def test_masters_must_be_addresses(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT"):
        split_addresses(text)


@pytest.mark.parametrize("host", ["", "a", "master-1.example.org", "10.0.0.1", "::1", "fe80::1"])
def test_a_host_is_told_as_it_is(host: str) -> None:
    assert parse_advertised(host) == host


def test_brackets_of_a_told_host_are_taken_off() -> None:
    assert parse_advertised("[::1]") == "::1"


@pytest.mark.parametrize(
    "host", ["a b", "a:80", "http://a", "a/b", "a,b", "a\nb", "*", "-a", "[]:1", "0.0.0.0", "::", "[::]"]
)
def test_what_nobody_could_call_is_not_told(host: str) -> None:
    with pytest.raises(ValueError, match="give"):
        parse_advertised(host)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0"])
def test_beyond_loopback_needs_a_word(address: str) -> None:
    with pytest.raises(NotAllowed, match="--insecure"):
        check_listen(address, insecure=False)


def test_loopback_is_free() -> None:
    assert check_listen("127.0.0.1:0", insecure=False) == ("127.0.0.1", 0)


def test_a_port_in_use_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(AddressTaken, match=f"cannot listen on {address}: .*; end what listens there, or choose"):
            check_listen(address, insecure=False)


def test_thousands_of_calls_at_once_are_all_taken() -> None:
    """By itself gRPC refuses some from 1,000 waiting calls on, and all from 3,000 on."""

    class Answering(AgentServiceServicer):
        async def Session(self, request_iterator: AsyncIterator[AgentCall], context: Context) -> None:
            await context.write(AgentEvent(epoch=1))

    async def story() -> None:
        master = server()
        add_AgentServiceServicer_to_server(Answering(), master)  # type: ignore[no-untyped-call]
        port = listen(master, "127.0.0.1:0")
        async with channel(f"127.0.0.1:{port}") as link:
            stub = AgentServiceStub(link)  # type: ignore[no-untyped-call]
            calls = [stub.Session(wait_for_ready=True) for _ in range(4_000)]
            await asyncio.sleep(0)
            await master.start()
            answers = await asyncio.gather(*(call.read() for call in calls))
            assert {answer.epoch for answer in answers} == {1}
        await master.stop(0)

    asyncio.run(story())
