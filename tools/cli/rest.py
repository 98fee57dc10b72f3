"""The service framework's /v2, over the standard library."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from barter.tools.cli.errors import Refused

TIMEOUT_S = 30.0


class Missing(Refused):
    """It answered 404."""


class Locked(Refused):
    """It answered 409: what is asked for exists, or is being changed."""


def app_path(app_id: str) -> str:
    """`web`, `/web` and `/shop/web` as a path below /v2/apps."""
    return "/v2/apps/" + quote(app_id.strip("/"))


def key_of(app_id: str) -> str:
    """What the master and the edge know an app by: `/shop/web` is `shop.web`."""
    return app_id.strip("/").replace("/", ".")


class Service:
    """One keep-alive connection to it; every refusal raised as Refused."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port or 80
        except ValueError:
            port = 0
        if parts.scheme != "http" or not parts.hostname or not port:
            raise Refused(f"the service framework's address {url!r} is no URL", then="--service http://127.0.0.1:8080")
        self.url = url
        self._prefix = parts.path.rstrip("/")
        self._connection = http.client.HTTPConnection(parts.hostname, port, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded reply, or None where it is empty; raises Missing, Locked or another Refused."""
        content = None if body is None else json.dumps(body).encode()
        status, data = self._exchange(method, self._prefix + path, content)
        try:
            reply = json.loads(data) if data.strip() else None
        except ValueError:
            raise Refused(f"{self.url} does not speak /v2: it answered {status} {data[:80]!r}") from None
        if status >= 400:
            raise _refusal(status, reply, f"{method} {path}")
        return reply

    def close(self) -> None:
        self._connection.close()

    def _exchange(self, method: str, path: str, content: bytes | None) -> tuple[int, bytes]:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.IncompleteRead) as error:
            self._connection.close()
            raise Refused(
                f"no service framework answers at {self.url} ({error}): "
                "start a cluster here with `barter dev`, or name yours with --service URL"
            ) from None
        except http.client.HTTPException:
            self._connection.close()
            raise Refused(f"what listens at {self.url} does not speak HTTP", then="--service URL") from None


def _refusal(status: int, reply: Any, what: str) -> Refused:
    body = reply if isinstance(reply, dict) else {}
    message = str(body.get("message") or f"{what} was answered with {status}")
    details = [
        f"{str(item.get('path', '')).strip('/').replace('/', '.') or 'app'}: {'; '.join(map(str, item['errors']))}"
        for item in body.get("details") or ()
        if isinstance(item, dict) and item.get("errors")
    ]
    kind = {404: Missing, 409: Locked}.get(status, Refused)
    return kind(message, *details)
