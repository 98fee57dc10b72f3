"""One pull as the engine tells of it, line by line, which another thread can end at any moment."""

import contextlib
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from docker.tls import TLSConfig
from docker.utils import parse_host

SILENCE_S = 120.0


class PullRefused(Exception):
    """The engine's own words for why there is no such pull."""


class PullStream:
    """The engine gives a pull up when its caller hangs up, so that nothing of it goes on after `close`."""

    def __init__(self, engine: str, tls: TLSConfig | None, api_version: str) -> None:
        """`engine` as in DOCKER_HOST."""
        self._path = f"/v{api_version}/images/create"
        self._engine, self._tls = engine, tls
        self._socket: socket.socket | None = None
        self._closed = False

    def lines(self, repository: str, version: str, credentials: str) -> Iterator[dict[str, Any]]:
        """Until the pull has ended; raises PullRefused, or OSError or HTTPException where the engine is away."""
        query = urlencode({"fromImage": repository, "tag": version})
        headers = {"X-Registry-Auth": credentials} if credentials else {}
        with contextlib.closing(_connection(self._engine, self._tls)) as connection:
            connection.connect()
            self._socket = connection.sock
            if self._closed:
                return
            connection.request("POST", f"{self._path}?{query}", headers=headers)
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise PullRefused(_message(response.read()))
            for line in response:
                if line.strip():
                    yield _parsed(line)

    def close(self) -> None:
        """From another thread."""
        self._closed = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SILENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SILENCE_S)
        self.sock.connect(self._path)


def _connection(engine: str, tls: TLSConfig | None) -> http.client.HTTPConnection:
    place = urlsplit(str(parse_host(engine, tls=tls is not None)))
    if place.scheme == "ssh":
        raise PullRefused("of an engine behind ssh no image can be pulled from here: `docker pull` it there")
    if place.scheme == "http+unix":
        return _UnixConnection(place.path)
    if tls is None:
        return http.client.HTTPConnection(place.hostname or "", place.port, timeout=SILENCE_S)
    context = ssl.create_default_context(cafile=tls.ca_cert or None)
    if certificate := getattr(tls, "cert", None):
        context.load_cert_chain(*certificate)
    if not tls.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(place.hostname or "", place.port, timeout=SILENCE_S, context=context)


def _parsed(line: bytes) -> dict[str, Any]:
    said = json.loads(line)
    return said if isinstance(said, dict) else {}


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip() or "no reason given"
