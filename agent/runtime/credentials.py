"""Registries' credentials, in the format of ~/.docker/config.json; read when they are needed, and never logged."""

import json
import stat
from pathlib import Path
from typing import Any

import docker.auth
from docker.errors import DockerException

from barter.agent.containers.image_names import HUB


class CredentialsUnusable(ValueError):
    """What is wrong with the file, and what to do; nothing of what it holds."""


def check(path: Path) -> None:
    """Raises CredentialsUnusable."""
    _load(path)


def header_for(host: str, path: Path | None) -> str:
    """The engine's X-Registry-Auth for a registry, empty where there are no credentials for it.

    Without a `path` those of the user's own `docker login`. Raises CredentialsUnusable.
    """
    try:
        known = docker.auth.load_config() if path is None else _load(path)
        found = known.resolve_authconfig(None if host == HUB else host)
    except (DockerException, OSError) as error:
        raise CredentialsUnusable(f"the credentials helper for {host} does not work: {error}") from None
    return docker.auth.encode_header(found).decode() if found else ""


def _load(path: Path) -> docker.auth.AuthConfig:
    try:
        mode = path.stat().st_mode
        said: Any = json.loads(path.read_text())
    except OSError as error:
        raise CredentialsUnusable(f"cannot read the credentials file {path}: {error.strerror}") from None
    except ValueError:
        raise CredentialsUnusable(f"the credentials file {path} is no JSON: write it as `docker login` does") from None
    if stat.S_IMODE(mode) & 0o077:
        raise CredentialsUnusable(f"the credentials file {path} is open to others than its owner: chmod 600 {path}")
    if not isinstance(said, dict) or not {"auths", "credHelpers", "credsStore"} & said.keys():
        raise CredentialsUnusable(f"the credentials file {path} has no auths, credHelpers or credsStore")
    try:
        return docker.auth.AuthConfig.load_config(None, dict(said))
    except (DockerException, ValueError, AttributeError):
        raise CredentialsUnusable(
            f'the credentials file {path} has an entry that cannot be read: write "auths": '
            '{"HOST:PORT": {"auth": BASE64 OF USER:PASSWORD}}'
        ) from None
