"""What is read from the transaction logs of ZooKeeper's servers."""

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.failover.zookeeper_logs import HEADER_BYTES, History, history, ids_in, lost


def log_of(*ids: int) -> bytes:
    entries = (struct.pack(">qiqiqqi", 0, 32, 1, 1, zxid, 7, 14) + b"B" for zxid in ids)
    return b"ZKLG".ljust(HEADER_BYTES, b"\0") + b"".join(entries)


@given(st.lists(st.integers(1, 1 << 60)), st.integers(0, 60), st.integers(0, 100))
def test_ids_are_read_to_the_end_or_to_where_a_killed_server_stopped(ids: list[int], cut: int, zeros: int) -> None:
    whole = log_of(*ids)
    assert list(ids_in(whole + b"\0" * zeros)) == ids
    read = list(ids_in(whole[: max(len(whole) - cut, HEADER_BYTES)]))
    assert read == ids[: len(read)]
    assert len(read) >= len(ids) - 2


def test_a_server_that_led_without_what_a_majority_had_written_has_lost_it() -> None:
    two = History((0x6_0000_0001, 0x6_0000_0002, 0x8_0000_0001))
    one = History((0x6_0000_0001, 0x8_0000_0001))
    assert lost([two, two, one]) == (0x6_0000_0002,)


def test_what_one_server_alone_has_written_was_never_promised() -> None:
    ahead = History((0x6_0000_0001, 0x6_0000_0002, 0x8_0000_0001))
    others = History((0x6_0000_0001, 0x8_0000_0001))
    assert lost([ahead, others, others]) == ()


def test_a_server_that_came_later_has_it_from_a_snapshot() -> None:
    two = History((0x6_0000_0001, 0x6_0000_0002, 0x8_0000_0001))
    later = History((0x6_0000_0001, 0x8_0000_0001), snapshots=(0x6_0000_0002,))
    assert lost([two, two, later]) == ()


def test_a_folder_of_logs_and_snapshots(tmp_path: Path) -> None:
    data = tmp_path / "version-2"
    data.mkdir()
    (data / "log.200000001").write_bytes(log_of(0x2_0000_0001, 0x2_0000_0002))
    (data / "log.100000001").write_bytes(log_of(0x1_0000_0001))
    (data / "snapshot.100000001").touch()
    assert history(tmp_path) == History((0x1_0000_0001, 0x2_0000_0001, 0x2_0000_0002), (0x1_0000_0001,))
