"""Apps with persistent volumes and secrets, with real processes: what was written is there in the next run."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.machine import until
from tests.integration.service_world import ServiceWorld

pytestmark = pytest.mark.integration
SERVES = (
    "import http.server, os, pathlib\n"
    "runs = pathlib.Path('data/runs'); runs.open('a').write(os.environ['PASSWORD'] + '\\n')\n"
    "class Answer(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200); self.end_headers(); self.wfile.write(runs.read_bytes())\n"
    "    def log_message(self, *said): pass\n"
    "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT0'])), Answer).serve_forever()\n"
)
APP: dict[str, Any] = {
    "id": "web",
    "args": ["python3", "-c", SERVES],
    "cpus": 0.1,
    "mem": 32,
    "env": {"PASSWORD": {"secret": "pw"}},
    "secrets": {"pw": {"source": "password"}},
    "container": {"type": "MESOS", "volumes": [{"containerPath": "data", "mode": "RW", "persistent": {"size": 16}}]},
    "healthChecks": [{"protocol": "MESOS_HTTP", "path": "/", "portIndex": 0, "intervalSeconds": 0.2}],
}


class Secretive(ServiceWorld):
    def service_words(self) -> list[str]:
        return [*super().service_words(), "--secrets-dir", str(self.folder / "secrets")]

    def run_of(self, runs: int) -> dict[str, Any]:
        """The one task once it is the run of this number, and healthy."""

        def found() -> dict[str, Any] | None:
            app = self.settled(1)
            (task,) = app["tasks"]
            return dict(task) if task["id"].endswith(f".{runs}") else None

        return until(found) or {}

    def written(self) -> list[str]:
        """In volumes that are not deleted: what those took on the disk goes later, with the agent's next sweep."""
        volumes = (self.folder / "a" / "volumes").glob("[!.]*/runs")
        return sorted(line for path in volumes for line in path.read_text().split())


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not below pytest's own folder: a unix socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="barter-resident-") as name:
        yield Path(name)


def test_what_is_written_outlives_the_instance_an_update_and_the_framework(folder: Path) -> None:
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "secrets" / "password").write_text("swordfish\n")
    world = Secretive(folder)
    try:
        for name in ("master", "agent", "service"):
            world.start(name)
        until(world.serving)
        status, refused = world.call("POST", "/v2/apps", {**APP, "secrets": {"pw": {"source": "none"}}})
        assert (status, refused["details"][0]["path"]) == (422, "/secrets/pw/source")
        assert world.call("POST", "/v2/apps", APP)[0] == 201
        first = world.run_of(1)
        assert world.call("DELETE", f"/v2/apps/web/tasks/{first['id']}")[0] == 200
        assert world.run_of(2)["localVolumes"][0]["containerPath"] == "data"
        assert world.call("PUT", "/v2/apps/web", {"env": {**APP["env"], "MORE": "1"}})[0] == 200
        world.run_of(3)
        world.end("service", signal.SIGKILL)
        world.start("service")
        third = world.run_of(3)
        assert world.written() == ["swordfish"] * 3
        assert "swordfish" not in str(world.call("GET", "/v2/apps?embed=apps.tasks")) + world.log("service")
        assert b"swordfish" not in b"".join(path.read_bytes() for path in (folder / "s").iterdir())
        assert world.call("DELETE", f"/v2/apps/web/tasks/{third['id']}?wipe=true")[0] == 200
        world.run_of(1)
        until(lambda: world.written() == ["swordfish"])
        assert world.call("DELETE", "/v2/apps/web")[0] == 200
        until(lambda: not world.written())
    finally:
        world.stop()
