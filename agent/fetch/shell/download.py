"""Brings what a URI names into a file: whole, of the right sha256 and not too large, or not at all."""

import hashlib
import os
import re
import shutil
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    NewConnectionError,
    ProtocolError,
    SSLError,
    TimeoutError,
)

from barter.agent.fetch.plans import shown_uri
from barter.agent.fetch.shell.cache import part_of
from barter.agent.fetch.shell.failure import FetchFailure, disk_failure
from barter.core.tasks import Reason
from barter.core.units import format_bytes
from barter.shell.beneath import open_file, open_folder

CHUNK = 1 << 18
CONNECT_S, READ_S = 10.0, 30.0
SLOWEST_S, SLOWEST_BYTES = 60.0, 60 << 10
"""Less than so many bytes in so many seconds is as good as nothing."""
MOST_REDIRECTS = 10
PAUSES_S = (0.3, 2.0)
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
"""Between attempts, where another may go better."""
_REDIRECTS, _PASSING = (301, 302, 303, 307, 308), (429, 500, 502, 503, 504)


class _Passing(Exception):
    """Another attempt may succeed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`sha256` may be empty; `allowed` are the folders that file: URIs may be below."""

    uri: str
    sha256: str
    limit: int
    allowed: tuple[str, ...] = ()


def download(wanted: Wanted, to: Path, sized: Callable[[int], None]) -> tuple[int, str]:
    """Fetch to the path `to`, which appears whole; returns size and sha256. Raises FetchFailure."""
    shown = shown_uri(urlsplit(wanted.uri))
    part = part_of(to)
    try:
        size, sha256 = _attempts(wanted, part, sized, shown)
        if wanted.sha256 and sha256 != wanted.sha256:
            raise FetchFailure(
                f"{shown} has the sha256 {sha256}, not {wanted.sha256}: it changed, or the task names the wrong one"
            )
        part.replace(to)
    except OSError as error:
        raise disk_failure(f"cannot keep {shown}", error) from None
    finally:
        part.unlink(missing_ok=True)
    return size, sha256


def _attempts(wanted: Wanted, part: Path, sized: Callable[[int], None], shown: str) -> tuple[int, str]:
    if wanted.uri.startswith("file:"):
        return _write(_local(wanted, shown), part, wanted.limit, shown)
    for pause in (*PAUSES_S, None):
        try:
            return _write(_remote(wanted, sized, shown), part, wanted.limit, shown)
        except _Passing as problem:
            if pause is None:
                tried = f"{problem}, {len(PAUSES_S) + 1} times; see that this agent reaches its server"
                raise FetchFailure(f"cannot fetch {shown}: {tried}") from None
            time.sleep(pause)
    raise AssertionError("unreachable")


def _write(chunks: Iterable[bytes], part: Path, limit: int, shown: str) -> tuple[int, str]:
    found, size = hashlib.sha256(), 0
    with part.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise _too_large(shown, limit)
            found.update(chunk)
            file.write(chunk)
    return size, found.hexdigest()


def _too_large(shown: str, limit: int) -> FetchFailure:
    return FetchFailure(
        f"{shown} is larger than the {format_bytes(limit)} its task may have: ask for more disk", too_large=True
    )


def _local(wanted: Wanted, shown: str) -> Iterator[bytes]:
    path = os.path.realpath(unquote(urlsplit(wanted.uri).path))
    for folder in map(os.path.realpath, wanted.allowed):
        if path.startswith(folder.rstrip("/") + "/"):
            break
    else:
        allowed = ", ".join(wanted.allowed) or "none"
        raise FetchFailure(f"{shown} is refused: it is not below a folder of --allow-fetch (here: {allowed})")
    *parts, name = path[len(folder.rstrip("/")) :].strip("/").split("/")
    try:
        above = open_folder(folder, parts)
        try:
            descriptor = open_file(above, name)
        finally:
            os.close(above)
        with os.fdopen(descriptor, "rb") as file:
            while data := file.read(CHUNK):
                yield data
    except OSError as error:
        raise FetchFailure(f"cannot read {shown}: {error.strerror or error}") from None


def _remote(wanted: Wanted, sized: Callable[[int], None], shown: str) -> Iterator[bytes]:
    try:
        response = _follow(wanted, shown)
        try:
            length = response.headers.get("Content-Length", "")
            if length.isdecimal():
                _check_room(int(length), wanted.limit, shown)
                sized(int(length))
            yield from _in_time(response.stream(CHUNK, decode_content=False))
        finally:
            response.close()
    except SSLError as error:
        why = f"{error}; the agent trusts this machine's certificate authorities"
        raise FetchFailure(f"cannot fetch {shown}: {why}") from None
    except (ProtocolError, IncompleteRead, InvalidChunkLength):
        raise _Passing("the connection ended before all was there") from None
    except NewConnectionError as error:
        raise _Passing(_ERRNO.sub("", str(error).rpartition(": ")[2])) from None
    except TimeoutError:
        raise _Passing(f"no answer within {CONNECT_S:g} s, or silence for {READ_S:g} s") from None
    except HTTPError as error:
        raise _Passing(str(error)[:300]) from None


def _check_room(size: int, limit: int, shown: str) -> None:
    if size > limit:
        raise _too_large(shown, limit)
    if size > (free := shutil.disk_usage(".").free):
        text = (
            f"{shown} has {format_bytes(size)}, and {format_bytes(free)} are free on the agent's disk; free space on it"
        )
        raise FetchFailure(text, reason=Reason.DISK_FULL)


def _in_time(chunks: Iterable[bytes]) -> Iterator[bytes]:
    since, came = time.monotonic(), 0
    for chunk in chunks:
        came += len(chunk)
        if (now := time.monotonic()) - since > SLOWEST_S:
            if came < SLOWEST_BYTES:
                raise _Passing(f"only {came} bytes came in {SLOWEST_S:g} s")
            since, came = now, 0
        yield chunk


def _follow(wanted: Wanted, shown: str) -> urllib3.BaseHTTPResponse:
    """The answer at the end of all redirects; raises FetchFailure, _Passing or HTTPError."""
    uri = wanted.uri
    for _ in range(MOST_REDIRECTS + 1):
        response = _ask(uri)
        if response.status == 200:
            return response
        response.close()
        if response.status in _PASSING:
            raise _Passing(f"the server answered {response.status} {response.reason}")
        if response.status not in _REDIRECTS or not (location := response.headers.get("Location")):
            answer = f"the server answered {response.status} {response.reason}"
            raise FetchFailure(f"cannot fetch {shown}: {answer}; check the URI, and credentials where it wants some")
        uri = _redirected(uri, location, wanted.sha256, shown)
    raise FetchFailure(f"cannot fetch {shown}: more than {MOST_REDIRECTS} redirects")


def _redirected(uri: str, location: str, sha256: str, shown: str) -> str:
    try:
        target = urljoin(uri, location)
        split = urlsplit(target)
        plain = split.scheme == "http" and not sha256 and uri.startswith("https:")
        if split.scheme not in ("http", "https") or not split.hostname or plain:
            why = "without a sha256 that could be anything" if plain else "only http: and https: are followed"
            raise FetchFailure(f"{shown} is refused: it redirects to {shown_uri(split)}, {why}")
    except ValueError as error:
        raise FetchFailure(f"{shown} redirects to what is no URI: {error}") from None
    return target


def _ask(uri: str) -> urllib3.BaseHTTPResponse:
    split = urlsplit(uri)
    host = split.hostname or ""
    headers = {"User-Agent": "barter-fetcher", "Accept-Encoding": "identity"}
    if split.username is not None:
        credentials = f"{unquote(split.username)}:{unquote(split.password or '')}"
        headers |= urllib3.make_headers(basic_auth=credentials)
    proxy = None if proxy_bypass(host) else getproxies().get(split.scheme)
    # Reading all the authorities takes longer than many a file.
    context = ssl.create_default_context() if split.scheme == "https" else None
    pool = urllib3.ProxyManager(proxy, ssl_context=context) if proxy else urllib3.PoolManager(ssl_context=context)
    return pool.request(
        "GET",
        split._replace(netloc=split.netloc.rpartition("@")[2]).geturl(),
        headers=headers,
        preload_content=False,
        redirect=False,
        retries=False,
        decode_content=False,
        timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
    )
