"""`tools/up --check`: a cluster of its own, the example on it, fetched through the edge, and all of it gone again."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from barter.tools.dev.shell import folder

EXAMPLE, VHOST, INSTANCES, MORE = Path("examples/web.json"), "web.localhost", 3, 5
READY_S, DEPLOY_S, FETCH_S, END_S = 90, 180, 30, 60

FoundT = TypeVar("FoundT")


class Failed(Exception):
    """What did not work."""


def main() -> int:
    if not EXAMPLE.is_file():
        print(f"failed: {EXAMPLE} is not here: run tools/up from the repository", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="barter-check-") as home:
        data_dir = Path(home, "dev")
        cluster = subprocess.Popen(
            [*_barter("dev"), "--data-dir", str(data_dir), *sys.argv[1:]],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        problem = ""
        try:
            _check(data_dir, cluster)
        except (Failed, KeyboardInterrupt) as error:
            problem = str(error) or "interrupted"
        problem = "; ".join(filter(None, (problem, _end(cluster))))
    print(f"failed: {problem}" if problem else "check passed", file=sys.stderr if problem else sys.stdout, flush=True)
    return 1 if problem else 0


def _check(data_dir: Path, cluster: "subprocess.Popen[bytes]") -> None:
    def ready() -> dict[str, Any] | None:
        if cluster.poll() is not None:
            raise Failed(f"barter dev ended with exit code {cluster.returncode}")
        return folder.running(data_dir)

    addresses = _until("the cluster is ready", READY_S, ready)
    os.environ[folder.DATA_DIR_VARIABLE] = str(data_dir)
    edge = addresses["edge_http"].removeprefix("http://")
    _run("app", "create", str(EXAMPLE))
    _all_answer(edge, INSTANCES)
    _run("app", "scale", "web", str(MORE))
    _all_answer(edge, MORE)
    _run("app", "rm", "web")
    _until("the edge has forgotten the app", FETCH_S, lambda: _fetch(edge)[0] != 200)
    _until("no task is left", FETCH_S, lambda: not json.loads(_run("tasks", "-o", "json", quiet=True)))


def _all_answer(edge: str, count: int) -> None:
    """Fetch until so many different answers, one of each instance, have come; nothing else may come between."""
    seen: set[bytes] = set()

    def fetch() -> bool:
        status, body = _fetch(edge)
        if status == 200:
            seen.add(body)
        return len(seen) >= count

    _until(f"{count} instances have answered through the edge", FETCH_S, fetch)
    print(f"  {count} instances answered at http://{edge}/ for {VHOST}", flush=True)


def _fetch(edge: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(edge, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": VHOST})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _barter(*words: str) -> list[str]:
    return [sys.executable, "-m", "barter.tools.cli.main", *words]


def _run(*words: str, quiet: bool = False) -> str:
    if not quiet:
        print(f"$ barter {' '.join(words)}", flush=True)
    try:
        done = subprocess.run(_barter(*words), capture_output=True, text=True, timeout=DEPLOY_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"barter {' '.join(words)} took more than {DEPLOY_S} s: {error.stdout!r}") from None
    if not quiet:
        print("".join(f"  {line}\n" for line in (done.stdout + done.stderr).splitlines()), end="", flush=True)
    if done.returncode:
        raise Failed(f"barter {' '.join(words)} exited with {done.returncode}")
    return done.stdout


def _until(what: str, bound_s: float, attempt: Callable[[], FoundT | None]) -> FoundT:
    deadline = time.monotonic() + bound_s
    while time.monotonic() < deadline:
        if found := attempt():
            return found
        time.sleep(0.05)
    raise Failed(f"after {bound_s:g} s it was still not so that {what}")


def _end(cluster: "subprocess.Popen[bytes]") -> str:
    """Ctrl-C it; return what was wrong with its end."""
    if cluster.poll() is None:
        cluster.send_signal(signal.SIGINT)
    try:
        code = cluster.wait(END_S)
    except subprocess.TimeoutExpired:
        cluster.kill()
        cluster.wait()
        return f"barter dev did not end within {END_S} s"
    return f"barter dev ended with exit code {code}" if code else ""


if __name__ == "__main__":
    sys.exit(main())
