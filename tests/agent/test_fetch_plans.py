"""From what a framework writes to what is fetched, and what never can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.fetch.plans import named, plan
from barter.core.tasks import Artifact


@pytest.mark.parametrize(
    ("artifact", "folder", "name", "archive"),
    [
        (Artifact("https://h/a/app.tar.gz"), (), "app.tar.gz", True),
        (Artifact("HTTP://h:8080/app.TGZ?version=3#x"), (), "app.TGZ", True),
        (Artifact("http://h/app.zip", extract=False), (), "app.zip", False),
        (Artifact("http://h/a%20b.conf"), (), "a b.conf", False),
        (Artifact("file:///srv/x.jar"), (), "x.jar", False),
        (Artifact("file://localhost/srv/x.txz"), (), "x.txz", True),
        (Artifact("http://h/?id=7", output_file="lib/app.tar"), ("lib",), "app.tar", True),
        (Artifact("http://h/app.zip", output_file="./conf//app"), ("conf",), "app", False),
    ],
)
def test_where_it_goes(artifact: Artifact, folder: tuple[str, ...], name: str, archive: bool) -> None:
    planned = plan(artifact)
    assert (planned.folder, planned.name, planned.archive) == (folder, name, archive)
    assert "#" not in planned.uri


@pytest.mark.parametrize(
    ("artifact", "why"),
    [
        (Artifact("ftp://h/x"), "none of http:"),
        (Artifact("/etc/passwd"), "none of http:"),
        (Artifact(""), "none of http:"),
        (Artifact("http:///x"), "names no host"),
        (Artifact("http://h:99999/x"), "cannot be read"),
        (Artifact("http://[h/x"), "cannot be read"),
        (Artifact("http://h/x y"), "%20"),
        (Artifact("http://h/x\n"), "control"),
        (Artifact("http://h/" + "x" * 9000), "too long"),
        (Artifact("file://other/x"), "absolute"),
        (Artifact("file:x"), "absolute"),
        (Artifact("file:///a%00b"), "absolute"),
        (Artifact("http://h/"), "output_file"),
        (Artifact("http://h/a%2Fb"), "output_file"),
        (Artifact("http://h/.."), "'..'"),
        (Artifact("http://h/a%00"), "NUL"),
        (Artifact("http://h/x", output_file="../x"), "'..'"),
        (Artifact("http://h/x", output_file="/etc/x"), "absolute"),
        (Artifact("http://h/stdout"), "output goes"),
        (Artifact("http://h/x", output_file="stderr.1"), "output goes"),
        (Artifact("http://h/x", sha256="abc"), "64 hexadecimal"),
    ],
)
def test_what_never_can_be(artifact: Artifact, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plan(artifact)


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=70))
def test_any_text_is_planned_or_refused(uri: str, output_file: str, sha256: str) -> None:
    for prefix in ("", "http://", "https://h/", "file:///"):
        artifact = Artifact(prefix + uri, sha256=sha256, output_file=output_file)
        assert named((artifact, artifact))
        try:
            planned = plan(artifact)
        except ValueError:
            continue
        assert not {"..", ".", ""} & {*planned.folder, planned.name}
        assert "/" not in planned.name


def test_secrets_are_not_shown() -> None:
    planned = plan(Artifact("https://me:secret@h/x.tgz?token=secret"))
    assert planned.shown == "https://h/x.tgz"
    assert "secret" in planned.uri
    assert named((Artifact("https://me:secret@h/x?token=secret"),)) == "https://h/x"
    with pytest.raises(ValueError, match="stdout") as refused:
        plan(Artifact("https://me:secret@h/stdout?token=secret"))
    assert "secret" not in str(refused.value)
    with pytest.raises(ValueError, match="cannot be read") as refused:
        plan(Artifact("https://me:secret@h:x/?token=secret"))
    assert "secret" not in str(refused.value)
