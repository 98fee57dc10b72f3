"""TLS to a real server: both sides show certificates, and each is refused without the right one."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from barter.core.znodes import Create, Node
from barter.core.zookeeper_url import parse_url
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings
from tests.integration.machine import free_port, until
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper

pytestmark = pytest.mark.integration


def certificate(folder: Path, name: str, subject: str) -> None:
    """NAME.crt, NAME.key and both in NAME.pem; it is its own authority."""
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={subject}"),
            *("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    both = (folder / f"{name}.key").read_text() + (folder / f"{name}.crt").read_text()
    (folder / f"{name}.pem").write_text(both)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder, "server", "IP:127.0.0.1")
    certificate(folder, "master", "DNS:master")
    certificate(folder, "stranger", "DNS:stranger")
    return folder


@pytest.fixture(scope="module")
def address(files: Path) -> Iterator[str]:
    require_zookeeper()
    port = free_port()
    more = {
        "secureClientPort": str(port),
        "secureClientPortAddress": "127.0.0.1",
        "ssl.keyStore.location": str(files / "server.pem"),
        "ssl.trustStore.location": str(files / "master.crt.pem"),
        "ssl.clientAuth": "need",
    }
    shutil.copy(files / "master.crt", files / "master.crt.pem")
    with ZooKeeperServer(more=more):
        yield f"127.0.0.1:{port}"


def client(address: str, files: Path, ca: str, shown: str) -> BlockingZooKeeper:
    url = parse_url(f"zk://barter:secret@{address}/tls")
    cert, key = (str(files / f"{shown}.crt"), str(files / f"{shown}.key")) if shown else ("", "")
    return BlockingZooKeeper(ZooKeeperSettings(url, 4_000, str(files / f"{ca}.crt") if ca else "", cert, key))


def refused(zk: BlockingZooKeeper, why: str) -> None:
    """What the server said is that; and no session comes of it."""
    zk.connection.start()
    try:
        until(lambda: re.search(why, zk.diagnosis()))
        assert not zk.connection.open
        assert "secret" not in zk.diagnosis()
    finally:
        zk.close()


def test_who_shows_the_right_certificates_is_served(address: str, files: Path) -> None:
    with client(address, files, "server", "master") as zk:
        names = [f"{number:03}" for number in range(300)]
        zk.commit([Create(""), *(Create(name, b"x" * 100) for name in names)])
        assert zk.get_many(names) == {name: Node(b"x" * 100, 0) for name in names}
        assert zk.commit([Create("large", b"x" * (512 << 10))]) == ("large",)
        assert zk.get("large") == Node(b"x" * (512 << 10), 0)


@pytest.mark.parametrize(
    ("ca", "shown", "why"),
    [
        ("stranger", "master", "certificate verify failed"),
        ("server", "stranger", "closed the connection|alert|EOF|reset"),
        ("server", "", "closed the connection|alert|EOF|reset"),
    ],
)
def test_who_shows_or_sees_the_wrong_one_is_told(address: str, files: Path, ca: str, shown: str, why: str) -> None:
    refused(client(address, files, ca, shown), why)


def test_a_server_with_another_name_is_refused(address: str, files: Path) -> None:
    elsewhere = address.replace("127.0.0.1", "localhost")
    refused(client(elsewhere, files, "server", "master"), "certificate verify failed")


def test_no_tls_to_a_port_that_wants_it_is_told(address: str, files: Path) -> None:
    refused(client(address, files, "", ""), "closed the connection|did not answer")
