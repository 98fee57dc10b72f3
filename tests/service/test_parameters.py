"""Marathon's docker parameters: the usual ones, and what is wrong with others."""

import pytest

from barter.core.tasks import Device, Rlimit, Tmpfs, Volume
from barter.frameworks.service.parameters import Options, read


def test_the_usual_ones() -> None:
    given = [
        ("entrypoint", "/bin/run"),
        ("user", "1000"),
        ("ulimit", "nofile=1024:2048"),
        ("ulimit", "core=-1"),
        ("volume", "data:/data"),
        ("volume", "/srv/x:/x:ro"),
        ("tmpfs", "/tmp:size=64m"),
        ("tmpfs", "/run"),
        ("cap-add", "cap_net_admin"),
        ("device", "/dev/fuse"),
        ("device", "/dev/sda:/dev/xvda:r"),
        ("log-driver", "journald"),
        ("log-opt", "tag=a=b"),
        ("shm-size", "1g"),
        ("init", "true"),
    ]
    options, problems = read(given)
    assert problems == []
    assert options == Options(
        entrypoint=("/bin/run",),
        user="1000",
        rlimits=(Rlimit("nofile", 1024, 2048), Rlimit("core", -1, -1)),
        volumes=(Volume("/data", name="data"), Volume("/x", "/srv/x", True)),
        tmpfs=(Tmpfs("/tmp", 64 << 20), Tmpfs("/run")),
        capabilities=("NET_ADMIN",),
        devices=(Device("/dev/fuse"), Device("/dev/sda", "/dev/xvda", "r")),
        log_driver="journald",
        log_options={"tag": "a=b"},
        shm_size=1 << 30,
        init=True,
    )


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("net", "host", "use networks"),
        ("cap-drop", "ALL", "those that are: cap-add"),
        ("entrypoint", "", "empty"),
        ("ulimit", "nofile", "NAME=SOFT"),
        ("ulimit", "nofile=-2", "NAME=SOFT"),
        ("ulimit", "nofile=9:1", "soft is more"),
        ("ulimit", "files=9", "none of"),
        ("volume", "data", "NAME:/PATH"),
        ("volume", "data:/data:z", "NAME:/PATH"),
        ("volume", "../x:/data", "neither an absolute path nor a volume's name"),
        ("tmpfs", "tmp", "absolute"),
        ("tmpfs", "/tmp:mode=777", "only its size"),
        ("tmpfs", "/tmp:size=x", "not a size"),
        ("cap-add", "all the things", "not a capability"),
        ("device", "fuse", "/HOST/DEVICE"),
        ("device", "/dev/fuse:/dev/fuse:x", "no permissions"),
        ("log-opt", "tag", "NAME=VALUE"),
        ("shm-size", "-1", "not a size"),
        ("init", "yes", "neither true nor false"),
    ],
)
def test_others_are_refused(key: str, value: str, reason: str) -> None:
    options, [(index, why)] = read([("init", "true"), (key, value)] if key != "init" else [("user", "a"), (key, value)])
    assert index == 1
    assert why.startswith(f"{key}: ")
    assert reason in why
    assert options in (Options(init=True), Options(user="a"))


def test_what_can_be_one_is_given_once() -> None:
    _, problems = read([("init", "true"), ("init", "true"), ("ulimit", "core=1"), ("ulimit", "core=1")])
    assert [(index, why.endswith("given twice")) for index, why in problems] == [(1, True), (3, True)]
