"""Files that say how to reach ZooKeeper: what is wrong with one names the file, never what is in it."""

from pathlib import Path

import pytest

from barter.core.zookeeper_url import parse_url
from barter.shell.zookeeper.settings import ZooKeeperSettings, read_credentials, tls_context


def settings(**more: str) -> ZooKeeperSettings:
    return ZooKeeperSettings(parse_url("zk://h/barter"), **more)  # type: ignore[arg-type]


def test_credentials_are_one_line_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "auth").write_text("barter: s3cret \n")
    assert read_credentials(str(tmp_path / "auth")) == "barter: s3cret "


@pytest.mark.parametrize("text", ["", "s3cret", "a:s3cret\nb:s3cret", ":s3cret"])
def test_credentials_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "auth"
    path.write_text(text)
    with pytest.raises(ValueError, match="credentials for ZooKeeper") as refused:
        read_credentials(str(path))
    assert str(path) in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=str(tmp_path / "none")):
        read_credentials(str(tmp_path / "none"))


def test_no_file_no_tls() -> None:
    assert tls_context(settings()) is None


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValueError, match="--zk-cert and --zk-key"):
        tls_context(settings(cert="c.pem"))


def test_tls_files_that_are_none_are_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    for given in ({"ca": str(bad)}, {"cert": str(bad), "key": str(bad)}, {"ca": str(tmp_path / "none.pem")}):
        with pytest.raises(ValueError, match=r"\.pem.*PEM"):
            tls_context(settings(**given))
