"""Which folders of the machine a container gets: what is allowed, and nothing that a path or a link makes of it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.mounts import Identity, identity, strayed
from barter.agent.runtime.volumes import PROTECTED, bind
from barter.core.tasks import Volume

PARTS = st.lists(st.sampled_from(["srv", "data", "etc", "..", ".", "", "var", "run", "a:b", "\0"]), max_size=6)


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("/", "/x"),
        ("relative", "/x"),
        ("/srv/../etc", "/x"),
        ("/srv//x", "/x"),
        ("/srv/x:/etc", "/x"),
        ("/srv/\0", "/x"),
        ("/var/run/docker.sock", "/x"),
        ("/run", "/x"),
        ("/var", "/x"),
        ("/etc/ssl", "/x"),
        ("/proc", "/x"),
        ("/sys/fs", "/x"),
        ("/secret/inside", "/x"),
        ("/secret", "/x"),
        ("/usr/bin", "/x"),
        ("/usr", "/x"),
        ("/root", "/x"),
        ("/var/spool/cron", "/x"),
        ("/srv/x", "/"),
        ("/srv/x", "x"),
        ("/srv/x", "/a/../b"),
    ],
)
def test_a_volume_that_would_open_the_machine_is_refused(host: str, inside: str) -> None:
    """Also where everything is allowed."""
    with pytest.raises(LaunchFailed, match="refused"):
        bind(Volume(inside, host), ("/",), ("/secret",))


def test_only_what_is_below_an_allowed_folder_is_bound() -> None:
    assert bind(Volume("/data", "/srv/data"), ("/opt", "/srv")) == "/srv/data:/data:rw"
    assert bind(Volume("/data", "/srv", read_only=True), ("/srv",)) == "/srv:/data:ro"
    for allowed in ((), ("/srv/data/deeper",), ("/srv/dat",)):
        with pytest.raises(LaunchFailed, match="--allow-volume"):
            bind(Volume("/data", "/srv/data"), allowed)


def test_an_operator_may_mean_a_folder_of_the_system_but_never_a_private_one() -> None:
    assert bind(Volume("/x", "/etc/ssl/certs"), ("/etc/ssl",)) == f"{os.path.realpath('/etc/ssl/certs')}:/x:rw"
    with pytest.raises(LaunchFailed, match="/agent"):
        bind(Volume("/x", "/agent/dir"), ("/agent/dir",), ("/agent",))


def test_a_link_does_not_lead_around_the_rule(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(LaunchFailed, match="/etc"):
        bind(Volume("/x", str(tmp_path / "link")), (str(tmp_path),))
    with pytest.raises(LaunchFailed, match="/etc"):
        bind(Volume("/x", str(tmp_path / "link")), ("/",))


def test_what_was_looked_at_is_mounted_wherever_a_link_leads_afterwards(tmp_path: Path) -> None:
    harmless, link = tmp_path / "harmless", tmp_path / "link"
    harmless.mkdir()
    link.symlink_to(harmless)
    bound = bind(Volume("/x", str(link)), (str(tmp_path),))
    link.unlink()
    link.symlink_to("/etc")
    assert bound == f"{harmless}:/x:rw"


def test_a_link_to_what_an_engine_would_read_as_two_paths_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a:b")
    with pytest.raises(LaunchFailed, match="cannot be mounted"):
        bind(Volume("/x", str(tmp_path / "link")), (str(tmp_path),))


@given(PARTS, st.sampled_from(["/", ""]))
def test_no_path_leads_out_of_what_is_allowed(parts: list[str], start: str) -> None:
    try:
        bound = bind(Volume("/x", start + "/".join(parts)), ("/srv",))
    except LaunchFailed:
        return
    host, inside, mode = bound.split(":")
    assert (inside, mode) == ("/x", "rw")
    assert host == "/srv" or host.startswith("/srv/")
    assert not any(host.startswith(f"{each}/") for each in PROTECTED)


def mountinfo(proc: Path, pid: str, *lines: str) -> None:
    (proc / pid).mkdir(parents=True, exist_ok=True)
    (proc / pid / "mountinfo").write_text("".join(f"1 2 {line} rw - ext4 /dev/x rw\n" for line in lines))


def test_a_folder_is_known_by_its_filesystem_and_its_path_there(tmp_path: Path) -> None:
    mountinfo(tmp_path, "self", "8:1 / /", "8:2 /exports /srv", "8:3 / /srv/a\\040b")
    assert identity("/srv/data", tmp_path) == Identity("8:2", "/exports/data")
    assert identity("/srv/a b/c", tmp_path) == Identity("8:3", "/c")
    assert identity("/home", tmp_path) == Identity("8:1", "/home")
    assert identity("/home", tmp_path / "none") is None


def test_what_was_swapped_before_it_was_mounted_is_seen(tmp_path: Path) -> None:
    mountinfo(tmp_path, "7", "0:9 / /", "8:2 /exports/data /x")
    mountinfo(tmp_path, "8", "0:9 / /", "8:1 /etc /x")
    wanted = {"/srv/data": Identity("8:2", "/exports/data")}
    assert strayed(7, wanted, tmp_path) == []
    assert strayed(8, wanted, tmp_path) == ["/srv/data"]
    assert strayed(9, wanted, tmp_path) == []


def test_this_machine_says_where_a_folder_is(tmp_path: Path) -> None:
    found = identity(str(tmp_path.resolve()))
    assert found is not None
    assert found.path.endswith(tmp_path.name)
