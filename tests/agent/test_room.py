"""When a disk is full."""

import os
from types import SimpleNamespace

import pytest

from barter.agent.runtime.room import no_room


@pytest.mark.parametrize(
    ("blocks", "files", "left", "full"),
    [(1 << 20, 100, 50, False), (15, 100, 50, True), (1 << 20, 100, 0, True), (1 << 20, 0, 0, False)],
)
def test_a_disk_has_no_room_for_bytes_or_for_files(
    monkeypatch: pytest.MonkeyPatch, blocks: int, files: int, left: int, full: bool
) -> None:
    said = SimpleNamespace(f_bavail=blocks, f_frsize=4096, f_files=files, f_favail=left)
    monkeypatch.setattr(os, "statvfs", lambda path: said)
    assert no_room("/any") is full


def test_of_a_folder_that_is_not_there_nothing_is_said() -> None:
    assert not no_room("/no/such/folder")
