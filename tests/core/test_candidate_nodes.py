"""What candidates and leaders write is read back; what others wrote is refused by its name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.candidacy import Candidate, Leader
from barter.core.candidate_nodes import (
    MOST_BYTES,
    Unreadable,
    candidate_bytes,
    candidate_name,
    candidate_of,
    leader_bytes,
    leader_of,
    process_of,
)

TOKENS = st.from_regex(r"[0-9a-f]{1,16}\.[0-9]{1,9}", fullmatch=True)
HOSTS = st.from_regex(r"(http://)?([a-z0-9.-]{1,20}|\[[0-9a-f:]{2,20}\]):[0-9]{1,5}", fullmatch=True)
ADDRESSES = st.dictionaries(st.sampled_from(["grpc", "http"]), HOSTS)
PATH = "masters/leader"


@given(TOKENS, ADDRESSES, st.integers(0, 2**31 - 1))
def test_candidates_are_read_as_they_were_written(token: str, addresses: dict[str, str], place: int) -> None:
    name = f"{candidate_name(token)}{place:010d}"
    read = candidate_of(f"masters/candidates/{name}", candidate_bytes(token, addresses))
    assert read == Candidate(name, token, addresses)
    assert process_of(name) == token.partition(".")[0]


@given(TOKENS, ADDRESSES, st.integers(0, 2**62), st.integers(0, 2**31 - 1))
def test_leaders_are_read_as_they_were_written(token: str, addresses: dict[str, str], epoch: int, version: int) -> None:
    read = leader_of(PATH, leader_bytes(epoch, token, addresses), version)
    assert read == Leader(epoch, token, version, addresses)


def test_later_versions_may_say_more() -> None:
    data = json.dumps({"epoch": 1, "token": "a.1", "addresses": {}, "more": [1]}).encode()
    assert leader_of(PATH, data, 0) == Leader(1, "a.1", 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\x00",
        leader_bytes(7, "a.1", {"grpc": "h:1"})[:-5],
        b"[]",
        b"7",
        b'{"epoch": "7", "token": "", "addresses": {}}',
        b'{"epoch": true, "token": "", "addresses": {}}',
        b'{"epoch": -1, "token": "", "addresses": {}}',
        b'{"epoch": 9223372036854775807, "token": "", "addresses": {}}',
        b'{"epoch": 1, "addresses": {}}',
        b'{"epoch": 1, "token": "a.1"}',
        b'{"epoch": 1, "token": "a.1", "addresses": {"grpc": 7}}',
        b'{"epoch": 1, "token": "a.1", "addresses": {"http": "javascript:alert(1)"}}',
        b'{"epoch": 1, "token": "a.1", "addresses": {"http": "h:1\\r\\nSet-Cookie: a=b"}}',
        b'{"epoch": 1, "token": "a.1", "addresses": {"grpc": ""}}',
        b'{"epoch": 1, "token": "a.1", "addresses": "h:1"}',
        b"[" * 9_000,
        b" " * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_leader_is_refused_by_its_name(data: bytes) -> None:
    with pytest.raises(
        Unreadable, match=r"^masters/leader in ZooKeeper is not as this version writes it: .*nothing was"
    ):
        leader_of(PATH, data, 3)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("lock-0000000001", candidate_bytes("a.1", {})),
        ("c-a.1-1", candidate_bytes("a.1", {})),
        ("c-a.1-0000000001", candidate_bytes("b.1", {})),
        ("c-a.1-0000000001", b"{"),
        ("c-a.1-0000000001", b"{}"),
    ],
)
def test_what_is_no_candidate_is_refused_by_its_name(name: str, data: bytes) -> None:
    with pytest.raises(Unreadable, match=f"^masters/candidates/{name} in ZooKeeper"):
        candidate_of(f"masters/candidates/{name}", data)


@given(st.binary(max_size=100))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        leader_of(PATH, data, 0)
    with pytest.raises(Unreadable):
        candidate_of("masters/candidates/c-a-0000000001", data)
