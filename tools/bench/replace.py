"""`replace`: from the death of an app's instance to its replacement's RUNNING, on top of the runtime's start time."""

import contextlib
import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from barter.core.addresses import split_address
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell.transport import blocking_channel
from barter.tools.bench.cluster import Cluster, cluster
from barter.tools.bench.floor import spawn_seconds
from barter.tools.bench.images import engine, ensure_image, start_seconds
from barter.tools.bench.measure import BenchFailed, Progress, Result, median

PATIENCE_SECONDS = 60
POLL_SECONDS = 0.002


def run(runtime: str, rounds: int, image: str, say: Progress) -> list[Result]:
    """One app of one instance a round, so that no backoff of an earlier death counts."""
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(engine()) if runtime == "docker" else None
        image = ensure_image(client, image) if client is not None else ""
        made = stack.enter_context(cluster(runtime, with_service=True))
        seen = stack.enter_context(watch(made))
        waits: list[float] = []
        starts: list[float] = []
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            waits.append(_replace_ms(made, seen, f"replace{number}", image))
            starts.append((start_seconds(client, image, 1) if client is not None else spawn_seconds(1)) * 1000)
    total, start = median(waits), median(starts)
    name = f"{runtime}_kill_to_running"
    return [
        Result("replace", name, total, "ms", start),
        Result("replace", f"{runtime}_on_top_of_runtime", max(total - start, 0.0), "ms", start),
    ]


class Watch:
    """The master's list of running tasks, asked again and again."""

    def __init__(self, stub: OperatorServiceStub) -> None:
        self._stub = stub

    def running(self, before: frozenset[str] = frozenset()) -> str:
        """The id of a running task that is not one of `before`, waited for."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for view in self._stub.ListTasks(pb.ListTasksRequest()).tasks:
                if view.status.state == "TASK_RUNNING" and view.task.task_id not in before:
                    return str(view.task.task_id)
            time.sleep(POLL_SECONDS)
        raise BenchFailed(f"no new instance was running within {PATIENCE_SECONDS} s")

    def wait_for_agents(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self._stub.ListAgents(pb.ListAgentsRequest()).agents) < count:
            if time.monotonic() > deadline:
                raise BenchFailed(f"there are not {count} agents after {PATIENCE_SECONDS} s")
            time.sleep(POLL_SECONDS)

    def wait_for_none(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._stub.ListTasks(pb.ListTasksRequest()).tasks:
            if time.monotonic() > deadline:
                raise BenchFailed(f"an app that was removed still has tasks after {PATIENCE_SECONDS} s")
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def watch(made: Cluster) -> Iterator[Watch]:
    """Of the cluster's tasks."""
    channel = blocking_channel(made.master)
    try:
        yield Watch(OperatorServiceStub(channel))  # type: ignore[no-untyped-call]
    finally:
        channel.close()


def _replace_ms(made: Cluster, seen: Watch, name: str, image: str) -> float:
    app: dict[str, Any] = {"id": f"/{name}", "args": ["/bin/sleep", "600"], "cpus": 0.1, "mem": 32, "instances": 1}
    if image:
        app["container"] = {"type": "DOCKER", "docker": {"image": image, "network": "HOST"}}
    call(made.service, "POST", "/v2/apps", app)
    task = seen.running()
    pid = _process_of(task)
    begin = time.perf_counter()
    os.kill(pid, signal.SIGKILL)
    seen.running(frozenset({task}))
    elapsed = time.perf_counter() - begin
    call(made.service, "DELETE", f"/v2/apps/{name}?force=true")
    seen.wait_for_none()
    return elapsed * 1000


def _process_of(task: str) -> int:
    """The process whose environment says it is the task's own, not a child of it."""
    mark = f"BARTER_TASK_ID={task}".encode()
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    if not found:
        raise BenchFailed(f"no process of task {task} is to be seen: is this run as another user?")
    return min(found)


def call(address: str, method: str, path: str, body: object = None) -> None:
    """One request to the service framework. Raises BenchFailed."""
    connection = http.client.HTTPConnection(*split_address(address), timeout=PATIENCE_SECONDS)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status >= 400:
        raise BenchFailed(f"{method} {path} was answered with {response.status}: {answer.decode(errors='replace')}")
