"""The service framework's /v2, over the standard library."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from barter.tools.cli.errors import Refused

TIMEOUT_S = 30.0
REDIRECTS = (307, 308)
MOST_REDIRECTS = 4


class Missing(Refused):
    """It answered 404."""


class Away(Refused):
    """Nobody answers, or who does says that nobody leads now."""


class Locked(Refused):
    """It answered 409: what is asked for exists, or is being changed by `deployments`."""

    deployments: tuple[str, ...] = ()


def app_path(app_id: str) -> str:
    """`web`, `/web` and `/shop/web` as a path below /v2/apps."""
    return "/v2/apps/" + quote(app_id.strip("/"))


def group_path(group_id: str) -> str:
    """Below /v2/groups; `/` is the root."""
    return ("/v2/groups/" + quote(group_id.strip("/"))).rstrip("/")


def pod_path(pod_id: str) -> str:
    return "/v2/pods/" + quote(pod_id.strip("/"))


def key_of(app_id: str) -> str:
    """What the master and the edge know an app by: `/shop/web` is `shop.web`."""
    return app_id.strip("/").replace("/", ".")


class Service:
    """One keep-alive connection to the first of `url` (one, or several with commas) that answers, or to the leader that
    one names; every refusal raised as Refused."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._places = [_place(each.strip()) for each in url.split(",")]
        self._connection: http.client.HTTPConnection | None = None
        self._prefix = ""
        self.deployment = ""
        """The one that the last change started."""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded reply, or None where it is empty; raises Missing, Locked or another Refused."""
        content = None if body is None else json.dumps(body).encode()
        status, data = self._exchange(method, path, content)
        try:
            reply = json.loads(data) if data.strip() else None
        except ValueError:
            raise Refused(f"{self.url} does not speak /v2: it answered {status} {data[:80]!r}") from None
        if status >= 400:
            raise _refusal(status, reply, f"{method} {path}")
        return reply

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, method: str, path: str, content: bytes | None) -> tuple[int, bytes]:
        for _ in range(MOST_REDIRECTS):
            status, data, leader = self._ask(method, path, content)
            if status not in REDIRECTS or not leader:
                return status, data
            self.close()
            self._connection = http.client.HTTPConnection(*_place(leader)[:2], timeout=TIMEOUT_S)
        raise Refused(f"the service frameworks at {self.url} send one from each to the other: try again")

    def _ask(self, method: str, path: str, content: bytes | None) -> tuple[int, bytes, str]:
        """The status, the body, and where else to go."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        connection = self._connected()
        try:
            connection.request(method, self._prefix + path, content, headers)
            response = connection.getresponse()
            self.deployment = response.getheader("Marathon-Deployment-Id", "")
            return response.status, response.read(), response.getheader("Location", "")
        except (OSError, http.client.IncompleteRead) as error:
            self.close()
            raise self._nobody(error) from None
        except http.client.HTTPException:
            self.close()
            raise Refused(f"what listens at {self.url} does not speak HTTP", then="--service URL") from None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is not None:
            return self._connection
        why: OSError | None = None
        for host, port, prefix in self._places:
            connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
            try:
                connection.connect()
            except OSError as error:
                why = error
                continue
            self._connection, self._prefix = connection, prefix
            return connection
        raise self._nobody(why)

    def _nobody(self, error: Exception | None) -> Away:
        return Away(
            f"no service framework answers at {self.url} ({error}): "
            "start a cluster here with `barter dev`, or name yours with --service URL"
        )


def _place(url: str) -> tuple[str, int, str]:
    """Host, port and path; raises Refused."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise Refused(f"the service framework's address {url!r} is no URL", then="--service http://127.0.0.1:8080")
    return parts.hostname, port, parts.path.rstrip("/")


def _refusal(status: int, reply: Any, what: str) -> Refused:
    body = reply if isinstance(reply, dict) else {}
    message = str(body.get("message") or f"{what} was answered with {status}")
    details = [
        f"{str(item.get('path', '')).strip('/').replace('/', '.') or 'app'}: {'; '.join(map(str, item['errors']))}"
        for item in body.get("details") or ()
        if isinstance(item, dict) and item.get("errors")
    ]
    if status == 409:
        error = Locked(message, *details)
        error.deployments = tuple(str(each.get("id")) for each in body.get("deployments") or ())
        return error
    return {404: Missing, 503: Away}.get(status, Refused)(message, *details)
