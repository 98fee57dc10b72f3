"""Addresses, and who may be listened to."""

import socket

import pytest

from barter.core.addresses import split_address, split_addresses
from barter.shell.transport import AddressTaken, NotAllowed, check_listen


def test_addresses_are_read() -> None:
    assert split_address("[::1]:5050") == ("::1", 5050)
    assert split_addresses(" a:5050, [::1]:5050,") == ("a:5050", "[::1]:5050")


@pytest.mark.parametrize("text", ["", ",", "nowhere", "a:b", "a:70000", ":1", "a:1,b"])
def test_masters_must_be_addresses(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT"):
        split_addresses(text)


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
