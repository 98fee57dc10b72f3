"""Registries on loopback for tests: Debian's docker-registry, with credentials if wanted, filled from an engine."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from docker.errors import NotFound

from tests.integration.engine import Engine
from tests.integration.machine import free_port, until

USER, PASSWORD = "puller", "secret"
# htpasswd -nbB puller secret
_HTPASSWD = "puller:$2y$05$dusmL5sNDhvlvP1BA.2MxuJuhncIwr3LL8gjpBjVJcXnd1KdHU1/G\n"
_CONFIG = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "{address}"}}
"""
_AUTH = "auth: {{htpasswd: {{realm: barter, path: {folder}/htpasswd}}}}\n"


_BINARY = shutil.which("docker-registry", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")


def missing() -> str:
    """Why no registry can be had here, or nothing."""
    return "" if _BINARY else "no docker-registry here (tools/test gets it; or apt install docker-registry)"


class Registry:
    def __init__(self, *, private: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="barter-registry-"))
        self.private = private
        self.address = f"127.0.0.1:{free_port()}"
        text = _CONFIG + (_AUTH if private else "")
        (self._folder / "config.yml").write_text(text.format(folder=self._folder, address=self.address))
        (self._folder / "htpasswd").write_text(_HTPASSWD)
        command = [_BINARY or "docker-registry", "serve", str(self._folder / "config.yml")]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self._answers, 20)

    def _answers(self) -> bool:
        host, _, port = self.address.partition(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def push(self, engine: Engine, image: str, name: str) -> str:
        """Put the engine's `image` there as `name`; returns its digest. The engine keeps nothing of it."""
        wanted = f"{self.address}/{name}"
        repository, _, tag = wanted.rpartition(":")
        auth = {"username": USER, "password": PASSWORD} if self.private else None
        with engine.client() as client:
            client.tag(image, repository, tag)
            digest = ""
            for line in client.push(repository, tag, stream=True, decode=True, auth_config=auth):
                assert "error" not in line, line
                digest = line.get("aux", {}).get("Digest", digest)
            client.remove_image(wanted)
        return digest

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)


def local_images(engine: Engine) -> set[str]:
    """By every name that the engine has for one."""
    with engine.client() as client:
        return {name for each in client.images() for name in (each["RepoTags"] or [])}


def forget(engine: Engine, *names: str) -> None:
    with engine.client() as client:
        for name in names:
            try:
                client.remove_image(name, force=True)
            except NotFound:
                continue
