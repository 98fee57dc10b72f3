"""Equal parts of messages are one object, whatever else the messages say; nothing wrong is ever kept."""

import pytest

from barter.core.resources import resources
from barter.proto import codec
from barter.proto.codec import sharing
from barter.proto.codec.sharing import shared, strings_from_wire
from barter.proto.v1 import types_pb2 as pb
from tests.master.world import task


def test_tasks_of_one_shape_share_it() -> None:
    first, second = (codec.task_from_wire(codec.task_to_wire(task(name))) for name in ("t1", "t2"))
    assert first.resources is second.resources
    assert first.command is second.command
    assert first.task_id != second.task_id
    more = codec.resources_from_wire(codec.resources_to_wire(resources(cpus=1, mem=7)))
    assert more == resources(cpus=1, mem=7)
    assert more is not first.resources


def test_what_is_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="cpus would be negative"):
            codec.resources_from_wire(pb.Resources(scalars={"cpus": -1}))


def test_equal_maps_are_one_and_an_empty_one_is_nobody_elses() -> None:
    assert strings_from_wire({"a": "1"}) is strings_from_wire({"a": "1"})
    assert strings_from_wire({"a": "1"}) != strings_from_wire({"a": "2"})
    assert strings_from_wire({}) == {}


def test_little_is_kept_and_nothing_large(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []

    @shared
    def volume(wire: pb.Volume) -> str:
        decoded.append(wire.container_path)
        return wire.container_path

    monkeypatch.setattr(sharing, "MOST_KEPT", 2)
    for path in ("/a", "/a", "/b", "/c", "/a"):
        assert volume(pb.Volume(container_path=path)) == path
    assert decoded == ["/a", "/b", "/c", "/a"]
    large = "/" * (sharing.LARGEST_KEPT + 1)
    decoded.clear()
    assert [volume(pb.Volume(container_path=large)) for _ in range(2)] == [large] * 2
    assert decoded == [large] * 2
