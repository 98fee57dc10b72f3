"""Files of credentials and of mirrors: what is read of them, and what is refused without a word of what they hold."""

import base64
import json
from pathlib import Path

import pytest

from barter.agent.containers.image_names import Mirror
from barter.agent.runtime.credentials import CredentialsUnusable, check, header_for
from barter.agent.runtime.registries import load_mirrors

SECRET = base64.b64encode(b"me:hush").decode()


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "config.json"
    path.write_text(text)
    path.chmod(mode)
    return path


def decoded(header: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(base64.urlsafe_b64decode(header))
    return found


def test_each_registry_has_its_own_credentials(tmp_path: Path) -> None:
    auths = {"h:5000": {"auth": SECRET}, "https://index.docker.io/v1/": {"auth": SECRET}, "t:1": {"identitytoken": "x"}}
    path = written(tmp_path, json.dumps({"auths": auths}))
    check(path)
    for host in ("h:5000", "docker.io"):
        said = decoded(header_for(host, path))
        assert (said["username"], said["password"]) == ("me", "hush")
    assert decoded(header_for("t:1", path)) == {"IdentityToken": "x"}
    assert header_for("other:5000", path) == ""


@pytest.mark.filterwarnings("ignore:docker-credential-absent")
def test_a_helper_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "docker-credential-mine"
    helper.write_text('#!/bin/sh\necho \'{"ServerURL": "h", "Username": "me", "Secret": "hush"}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    path = written(tmp_path, json.dumps({"credHelpers": {"h:5000": "mine", "i:5000": "absent"}}))
    said = decoded(header_for("h:5000", path))
    assert (said["Username"], said["Password"]) == ("me", "hush")
    with pytest.raises(CredentialsUnusable, match="helper for i:5000 does not work"):
        header_for("i:5000", path)


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (json.dumps({"auths": {}}), 0o640, "chmod 600"),
        ("{", 0o600, "is no JSON"),
        ("[]", 0o600, "has no auths, credHelpers or credsStore"),
        (json.dumps({"hush": 1}), 0o600, "has no auths, credHelpers or credsStore"),
        (json.dumps({"auths": {"h": {"auth": "hush"}}}), 0o600, "an entry that cannot be read"),
        (json.dumps({"auths": {"h": "hush"}}), 0o600, "an entry that cannot be read"),
        (json.dumps({"auths": ["hush"]}), 0o600, "an entry that cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, text: str, mode: int, why: str) -> None:
    path = written(tmp_path, text, mode)
    with pytest.raises(CredentialsUnusable, match=why) as caught:
        check(path)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CredentialsUnusable, match="No such file"):
        check(tmp_path / "none")
    with pytest.raises(ValueError, match=r"cannot read the registries file .*: No such file"):
        load_mirrors(str(tmp_path / "none"))


def test_a_file_of_mirrors(tmp_path: Path) -> None:
    path = tmp_path / "registries.toml"
    path.write_text('["docker.io"]\nmirrors = [{place = "a:5000", zone = "a"}, {place = "b.example/hub"}]\n')
    assert load_mirrors(str(path)) == {"docker.io": (Mirror("a:5000", "a"), Mirror("b.example/hub"))}
    assert load_mirrors("") == {}
    path.write_text("[docker.io]\nmirrors = []\n")
    with pytest.raises(ValueError, match=r"the registries file .*registries.toml is refused: .*docker"):
        load_mirrors(str(path))
    path.write_text("mirrors = [")
    with pytest.raises(ValueError, match="is refused"):
        load_mirrors(str(path))
