"""Where a task may have its volumes."""

from barter.core.ids import VolumeId
from barter.core.reservations import MOST_MOUNTS, VolumeMount, mount_problem


def test_so_many_mounts_that_comparing_them_takes_long_are_refused_by_their_number() -> None:
    mounts = [VolumeMount(VolumeId(f"v{number}"), f"p{number}") for number in range(MOST_MOUNTS + 1)]
    assert "too many" in mount_problem(mounts, in_container=False)
    assert not mount_problem(mounts[:-1], in_container=False)
