"""The calls made to a Docker Engine, blocking, and its errors in our words."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, NotFound
from docker.utils import kwargs_from_env
from urllib3.exceptions import HTTPError, NewConnectionError

from barter.agent.runtime import container_check
from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.engine_errors import refusal
from barter.agent.runtime.measure import Used
from barter.agent.runtime.neighbours import is_local
from barter.agent.runtime.pull_stream import PullStream
from barter.agent.runtime.ran import Ran
from barter.agent.runtime.shown import Shown, address_of, inspected

CALL_S = 60
DEFAULT_HOST = "unix:///var/run/docker.sock"
_CONNECTIONS = 32

# A stream that breaks off raises urllib3's own.
Failures = (DockerException, requests.RequestException, HTTPError, OSError)
_NOBODY_THERE = (ConnectionRefusedError, FileNotFoundError, requests.ConnectTimeout, NewConnectionError)


class EngineAway(Exception):
    """The engine does not answer; the call had no effect."""


class AnswerLost(EngineAway):
    """The call was made and not answered; it may have had its effect."""


class Stuck(EngineAway):
    """The engine answers, but not about this container."""


class ImageMissing(Exception):
    """The engine has no such image."""


class NameTaken(Exception):
    """A container of that name exists."""


class Engine:
    """Made once per executor, used from many threads. `local`: its containers' processes are this machine's."""

    def __init__(self) -> None:
        """Ask the engine for its API version; raises EngineAway."""
        self._settings: dict[str, Any] = {**kwargs_from_env()}
        try:
            self.client = self._connect("auto", CALL_S)
        except Failures as error:
            raise EngineAway(str(error)) from None
        self.local = is_local(self._settings.get("base_url", DEFAULT_HOST))

    def create(self, name: str, spec: dict[str, object]) -> str:
        """The new container's id; raises ImageMissing, NameTaken, RuntimeFailure, EngineAway or AnswerLost."""
        try:
            created: dict[str, str] = self.client.create_container_from_config(spec, name=name)  # type: ignore[no-untyped-call]
            return created["Id"]
        except NotFound as error:
            raise ImageMissing(_said(error)) from None
        except APIError as error:
            if error.status_code == 409:
                raise NameTaken(_said(error)) from None
            raise refusal("make", _said(error)) from None
        except Failures as error:
            raise _silence(error, f"the Docker Engine did not make the container: {error}; is it running?") from None

    def keep_volume(self, name: str, key: str, value: str) -> None:
        """Have a volume of that name and label; raises RuntimeFailure, EngineAway or AnswerLost."""
        try:
            volume = self.client.create_volume(name, driver="local", labels={key: value})
        except APIError as error:
            raise refusal("make a volume for", _said(error)) from None
        except Failures as error:
            raise _silence(error, f"the Docker Engine did not make volume {name!r}: {error}; is it running?") from None
        if (volume.get("Labels") or {}).get(key) != value:
            raise LaunchFailed(
                f"container.volumes.name: the Docker Engine has a volume {name!r} that no task of this agent made; "
                "choose another name, or remove it"
            )

    def start(self, container_id: str) -> None:
        """Start a created container; raises RuntimeFailure, EngineAway or AnswerLost."""
        try:
            self.client.start(container_id)
        except APIError as error:
            raise refusal("start", _said(error)) from None
        except Failures as error:
            raise _silence(error, f"the Docker Engine did not start the container: {error}; is it running?") from None

    def new_pull(self) -> PullStream:
        host, tls = self._settings.get("base_url", DEFAULT_HOST), self._settings.get("tls")
        return PullStream(host, tls, self.client.api_version)

    def kill(self, container_id: str, signal_name: str) -> None:
        """A container that is over is left in peace. Raises EngineAway."""
        try:
            self.client.kill(container_id, signal_name)
        except APIError as error:
            if error.status_code not in (404, 409):
                raise EngineAway(_said(error)) from None
        except Failures as error:
            raise EngineAway(str(error)) from None

    def remove(self, container_id: str) -> bool:
        """Whether the container is gone now."""
        try:
            self.client.remove_container(container_id, force=True, v=True)
        except APIError as error:
            return error.status_code == 404
        except Failures:
            return False
        return True

    def ours(self, label: str) -> list[Shown]:
        """All containers with a label, also ended ones; raises EngineAway."""
        try:
            listed = self.client.containers(all=True, filters={"label": [label]})
        except Failures as error:
            raise EngineAway(str(error)) from None
        return [Shown(each["Id"], each["State"], each["Labels"], address=address_of(each)) for each in listed]

    def find(self, name: str) -> Shown | None:
        """The container of that name or id, None when the engine does not know it; raises EngineAway or Stuck."""
        try:
            return inspected(self.client.inspect_container(name))
        except NotFound:
            return None
        except requests.ReadTimeout as error:
            raise Stuck(str(error)) from None
        except Failures as error:
            raise EngineAway(str(error)) from None

    def used(self, container_id: str) -> Used | None:
        """What the container has used; None where the engine does not say."""
        try:
            said: dict[str, Any] = self.client.stats(container_id, stream=False, one_shot=True)
            memory: dict[str, int] = said["memory_stats"].get("stats", {})
            cpu_us = int(said["cpu_stats"]["cpu_usage"]["total_usage"]) // 1000
        except (*Failures, KeyError):
            return None
        mem = memory.get("anon", memory.get("total_rss", 0))
        return Used(cpu_us, mem, *_disks(said), *_networks(said))

    def run_in(self, container_id: str, command: str, timeout_s: float) -> Ran:
        """Run a shell line in a container."""
        client = self._connect(self.client.api_version, timeout_s)
        try:
            return container_check.run(client, container_id, command, timeout_s)
        except NotFound as error:
            # An engine that was started again knows nothing of what it ran beside the container's own.
            return Ran(None, f"could not run: {_said(error)}")
        except APIError as error:
            return Ran(False, f"could not run: {_said(error)}")
        except Failures as error:
            return Ran(None, f"could not run: the Docker Engine does not answer: {error}")
        finally:
            client.close()

    def _connect(self, version: str, timeout_s: float) -> docker.APIClient:
        return docker.APIClient(
            version=version,
            timeout=timeout_s,  # type: ignore[arg-type]
            max_pool_size=_CONNECTIONS,
            **self._settings,
        )


def _disks(said: dict[str, Any]) -> tuple[int | None, int | None]:
    """Bytes read and written, out of an engine's statistics; their names are another case with version 2 cgroups."""
    entries = (said.get("blkio_stats") or {}).get("io_service_bytes_recursive")
    if entries is None:
        return None, None
    sums = {"read": 0, "write": 0}
    for entry in entries:
        if (name := entry["op"].lower()) in sums:
            sums[name] += entry["value"]
    return sums["read"], sums["write"]


def _networks(said: dict[str, Any]) -> tuple[int | None, int | None]:
    """Bytes received and sent; a container in the host's network has none of its own."""
    networks = (said.get("networks") or {}).values()
    if not networks:
        return None, None
    return sum(each["rx_bytes"] for each in networks), sum(each["tx_bytes"] for each in networks)


def run_thread(name: str, work: Callable[[], None]) -> None:
    """A thread that does not keep the process alive."""
    threading.Thread(target=work, name=name, daemon=True).start()


def _said(error: Exception) -> str:
    """The engine's own sentence out of an error of the SDK."""
    return str(error.explanation or error) if isinstance(error, APIError) else str(error)


def _silence(error: Exception, message: str) -> EngineAway:
    """Without an answer: whether anything was asked at all."""
    return (
        EngineAway(message) if any(isinstance(each, _NOBODY_THERE) for each in _causes(error)) else AnswerLost(message)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """requests and urllib3 keep what went wrong in their errors' arguments and reasons."""
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _causes(inner)
