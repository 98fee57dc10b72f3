"""Names of images, mirrors, and what registries mean."""

import pytest

from barter.agent.containers.image_names import ImageName, Mirror, meaning, parse_image, parse_mirrors, places
from barter.core.tasks import Reason

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("busybox", ImageName("docker.io", "library/busybox", ":latest")),
        ("busybox:1", ImageName("docker.io", "library/busybox", ":1")),
        ("team/web:1", ImageName("docker.io", "team/web", ":1")),
        ("docker.io/busybox", ImageName("docker.io", "library/busybox", ":latest")),
        ("index.docker.io/team/web", ImageName("docker.io", "team/web", ":latest")),
        ("localhost/web", ImageName("localhost", "web", ":latest")),
        ("host:5000/a/b/c:v2", ImageName("host:5000", "a/b/c", ":v2")),
        ("host.example/web", ImageName("host.example", "web", ":latest")),
        (f"host:5000/web@{DIGEST}", ImageName("host:5000", "web", f"@{DIGEST}")),
        (f"web:1@{DIGEST}", ImageName("docker.io", "library/web", f"@{DIGEST}")),
    ],
)
def test_a_name_is_read_as_docker_does(text: str, name: ImageName) -> None:
    assert parse_image(text) == name
    assert parse_image(name.at(name.registry)) == name


def test_mirrors_of_the_zone_come_first_and_those_of_others_never() -> None:
    known = {"docker.io": (Mirror("any:1"), Mirror("b:1", "b"), Mirror("a:1/hub", "a"), Mirror("any:2"))}
    assert [each.place for each in places("busybox", known, "a")] == ["a:1/hub", "any:1", "any:2"]
    assert [each.place for each in places("busybox", known, "")] == ["any:1", "any:2"]
    assert places("host:5000/web", known, "a") == []
    assert parse_image("busybox:1").at("a:1/hub") == "a:1/hub/library/busybox:1"


def test_a_file_of_mirrors() -> None:
    said = parse_mirrors({"docker.io": {"mirrors": [{"place": "a:5000/x", "zone": "a"}, {"place": "b.example"}]}})
    assert said == {"docker.io": (Mirror("a:5000/x", "a"), Mirror("b.example"))}
    assert said["docker.io"][0].host == "a:5000"


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ({"https://docker.io": {"mirrors": []}}, "name a registry as images do"),
        ({"docker.io": {"mirror": []}}, "and nothing else"),
        ({"docker.io": {"mirrors": {}}}, "and nothing else"),
        ({"docker.io": 3}, "and nothing else"),
        ({"docker.io": {"mirrors": ["a:1"]}}, "'a:1' is no mirror"),
        ({"docker.io": {"mirrors": [{"place": "a", "zones": "a"}]}}, "is no mirror"),
        ({"docker.io": {"mirrors": [{"place": 3}]}}, "is no mirror"),
        ({"docker.io": {"mirrors": [{"place": "https://a"}]}}, "'https://a' is no place"),
        ({"docker.io": {"mirrors": [{"place": "a/../b c"}]}}, "is no place"),
        ({"docker.io": {"mirrors": [{"place": ""}]}}, "is no place"),
    ],
)
def test_a_file_that_is_wrong_says_where(tables: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_mirrors(tables)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("manifest for h:5000/web:nope not found: manifest unknown: manifest unknown", Reason.IMAGE_NOT_FOUND),
        ('Head "http://h/v2/web/manifests/1": no basic auth credentials', Reason.IMAGE_UNAUTHORIZED),
        ("unauthorized: authentication required", Reason.IMAGE_UNAUTHORIZED),
        (
            "pull access denied for x, repository does not exist or may require 'docker login': denied: requested",
            Reason.IMAGE_UNAUTHORIZED,
        ),
        ('Get "http://127.0.0.1:9/v2/": dial tcp 127.0.0.1:9: connect: connection refused', Reason.IMAGE_UNREACHABLE),
        ('Get "https://no.such/v2/": dial tcp: lookup no.such on 10.0.0.1:53: no such host', Reason.IMAGE_UNREACHABLE),
        ("http: server gave HTTP response to HTTPS client", Reason.IMAGE_UNREACHABLE),
        ("received unexpected HTTP status: 503 Service Unavailable", Reason.IMAGE_UNREACHABLE),
        ("write /var/lib/docker/tmp/x: no space left on device", Reason.DISK_FULL),
        ("no matching manifest for linux/arm64 in the manifest list entries", Reason.IMAGE_FAILED),
        ("invalid reference format: repository name must be lowercase", Reason.IMAGE_FAILED),
    ],
)
def test_what_an_engine_says_is_put_into_few_words(said: str, reason: Reason) -> None:
    assert meaning(said) is reason
