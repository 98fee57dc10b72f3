"""Downloads over a real socket: whole or not at all, from where they may come from."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from barter.agent.fetch.shell import download as module
from barter.agent.fetch.shell.download import Wanted, download
from barter.agent.fetch.shell.failure import FetchFailure
from barter.core.tasks import Reason
from tests.agent.web import Web, serve

LIMIT = 1 << 20
DATA = bytes(range(256)) * 3000
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "PAUSES_S", (0.0, 0.0))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def web() -> Iterator[Web]:
    with serve() as one:
        one.files["/data"] = DATA
        yield one


def fetch(uri: str, sha256: str = "", limit: int = LIMIT, allowed: tuple[str, ...] = ()) -> bytes:
    """The file's content; what fails leaves nothing."""
    folder = Path("files")
    folder.mkdir(exist_ok=True)
    to, sizes = folder / "7", list[int]()
    try:
        size, found = download(Wanted(uri, sha256, limit, allowed), to, sizes.append)
    except FetchFailure:
        assert os.listdir(folder) == []
        raise
    content = to.read_bytes()
    assert os.listdir(folder) == ["7"]
    assert size == len(content)
    assert sizes == ([] if uri.startswith("file:") else [size])
    assert found == hashlib.sha256(content).hexdigest()
    to.unlink()
    return content


def test_what_is_there_comes_as_it_is(web: Web) -> None:
    assert fetch(f"{web.url}/data") == DATA
    assert fetch(f"{web.url}/data", SHA) == DATA
    assert fetch(f"{web.url}/redirect/10/data") == DATA
    assert fetch(f"{web.url}/to?{web.url}/data") == DATA
    assert web.headers[0]["Accept-Encoding"] == "identity"


def test_a_passing_trouble_is_sat_out(web: Web) -> None:
    web.files["/busy"] = DATA
    web.busy = 2
    assert fetch(f"{web.url}/busy") == DATA
    web.asked.clear()
    web.busy = 3
    with pytest.raises(FetchFailure, match="503 Service Unavailable"):
        fetch(f"{web.url}/busy")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/none", "404 Not Found"),
        ("/redirect/11/data", "more than 10 redirects"),
        ("/to?file:///etc/passwd", "only http: and https:"),
        ("/to?ftp://h/x", "only http: and https:"),
        ("/short", "ended before all was there"),
    ],
)
def test_what_does_not_come(web: Web, path: str, why: str) -> None:
    with pytest.raises(FetchFailure, match=why) as failure:
        fetch(f"{web.url}{path}")
    assert failure.value.reason is Reason.FETCH_FAILED
    assert not failure.value.too_large


def test_what_is_not_what_was_asked_for(web: Web) -> None:
    with pytest.raises(FetchFailure, match=f"has the sha256 {SHA}, not 0000"):
        fetch(f"{web.url}/data", "0" * 64)
    with pytest.raises(FetchFailure, match="larger than the 100B") as failure:
        fetch(f"{web.url}/data", limit=100)
    assert failure.value.too_large


def test_silence_has_an_end(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_S", 0.05)
    with pytest.raises(FetchFailure, match=r"silence for 0\.05 s"):
        fetch(f"{web.url}/stuck")
    assert web.asked["/stuck"] == 3


def test_nobody_there_and_no_such_name() -> None:
    with pytest.raises(FetchFailure, match="x: Connection refused, 3 times; see that this agent reaches its server"):
        fetch("http://127.0.0.1:9/x")
    with pytest.raises(FetchFailure, match=r"cannot fetch http://no-such-host\.invalid/x"):
        fetch("http://no-such-host.invalid/x")


def test_a_disk_that_is_too_small_is_known_before(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9))
    with pytest.raises(FetchFailure, match="9B are free") as failure:
        fetch(f"{web.url}/data")
    assert failure.value.reason is Reason.DISK_FULL


def test_credentials_go_to_their_host_alone(web: Web) -> None:
    with serve() as other:
        other.files["/data"] = DATA
        fetch(f"{web.url}/to?{other.url}/data".replace("//", "//me:p%40ss@", 1))
        assert web.headers[0]["authorization"] == "Basic bWU6cEBzcw=="
        assert "authorization" not in other.headers[0]


def test_only_what_a_known_authority_vouches_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=h"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    both.write_text(Path("cert.pem").read_text() + Path("key.pem").read_text())
    with serve(both) as web, serve() as plain:
        web.files["/data"] = plain.files["/data"] = DATA
        with pytest.raises(FetchFailure, match="certificate"):
            fetch(f"{web.url}/data")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert fetch(f"{web.url}/data") == DATA
        with pytest.raises(FetchFailure, match="without a sha256"):
            fetch(f"{web.url}/to?{plain.url}/data")
        assert fetch(f"{web.url}/to?{plain.url}/data", SHA) == DATA


def test_local_files_only_below_what_is_allowed(tmp_path: Path) -> None:
    allowed, secret = tmp_path / "allowed", tmp_path / "secret"
    (allowed / "deep").mkdir(parents=True)
    (tmp_path / "allowed-not").mkdir()
    (tmp_path / "allowed-not" / "data").write_bytes(DATA)
    (allowed / "deep" / "a b").write_bytes(DATA)
    secret.write_text("secret")
    (allowed / "out").symlink_to(secret)
    (allowed / "in").symlink_to("deep/a b")
    (tmp_path / "alias").symlink_to(allowed)
    os.mkfifo(allowed / "pipe")
    folders = (str(tmp_path / "alias"),)
    assert fetch(f"file://{allowed}/deep/a%20b", SHA, allowed=folders) == DATA
    assert fetch(f"file://localhost{tmp_path}/alias/in", allowed=folders) == DATA
    for path in ("secret", "allowed/out", "allowed/../secret", "allowed/%2E%2E/secret", "allowed-not/data"):
        with pytest.raises(FetchFailure, match="not below a folder of --allow-fetch"):
            fetch(f"file://{tmp_path}/{path}", allowed=folders)
    with pytest.raises(FetchFailure, match="here: none"):
        fetch(f"file://{allowed}/deep/a%20b")
    for path, why in (("pipe", "no plain file"), ("deep", "no plain file"), ("none", "No such file")):
        with pytest.raises(FetchFailure, match=why):
            fetch(f"file://{allowed}/{path}", allowed=folders)
