"""`service`: a real master and service framework, thousands of instances on simulated agents, asked through the API."""

import contextlib
import http.client
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from barter.core.addresses import split_address
from barter.core.units import MIB
from barter.tools.bench.cluster import Cluster, free_address, is_healthy
from barter.tools.bench.master.agents import STARTS_SECONDS
from barter.tools.bench.master.messages import ZONES
from barter.tools.bench.master.processes import OwnProcess
from barter.tools.bench.measure import BenchFailed, Progress, Result, percentile

PATIENCE_SECONDS = 300
POLL_SECONDS = 0.1
CONSTRAINTS: tuple[list[list[str]], ...] = ([], [["@hostname", "UNIQUE"]], [["zone", "GROUP_BY", str(len(ZONES))]])


@dataclass(frozen=True, slots=True)
class Size:
    """`large` is how many instances the one app has that comes when all others run."""

    agents: int
    apps: int
    instances: int
    large: int
    agents_per_connection: int = 100


class Api:
    """One connection that is kept, as a client's is."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(*split_address(address), timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON. Raises BenchFailed."""
        self._connection.request(method, path, None if body is None else json.dumps(body))
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise BenchFailed(f"{method} {path} was answered with {response.status}: {answer[:500].decode()}")
        return json.loads(answer)

    def post(self, apps: Sequence[dict[str, object]]) -> list[float]:
        """One after the other; the seconds of each."""
        took: list[float] = []
        for app in apps:
            begin = time.perf_counter()
            self.call("POST", "/v2/apps", app)
            took.append(time.perf_counter() - begin)
        return took

    def until_deployed(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while left := self.call("GET", "/v2/deployments"):
            if time.monotonic() > deadline:
                raise BenchFailed(f"{len(left)} deployments are under way after {PATIENCE_SECONDS} s")
            time.sleep(POLL_SECONDS)


def run(size: Size, say: Progress) -> list[Result]:
    """Raises BenchFailed when something is not placed, or not as its constraints say."""
    apps = [_app(number, size.instances) for number in range(size.apps)]
    folder = Path(tempfile.mkdtemp(prefix="barter-bench-"))
    try:
        say(f"floor: {size.apps} apps are posted to a server that only stores them")
        with _bare(folder) as address, Api(address) as api:
            floor = api.post(apps)
        with _cluster(folder, size, say) as made, Api(made.service) as api:
            return _measure(made, api, size, apps, floor, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(
    made: Cluster, api: Api, size: Size, apps: Sequence[dict[str, object]], floor: Sequence[float], say: Progress
) -> list[Result]:
    resident_before = _resident(made, "service")
    say(f"{size.apps} apps are posted, {size.instances} instances each")
    begin = time.perf_counter()
    posts = api.post(apps)
    posted = time.perf_counter() - begin
    say(f"all posted within {posted:.1f} s; waiting for their instances")
    api.until_deployed()
    placed = time.perf_counter() - begin
    _check(api, size)
    say(f"all run after {placed:.1f} s; one app of {size.large} instances")
    begin = time.perf_counter()
    api.call("POST", "/v2/apps", {**_app(size.apps, size.large), "constraints": []})
    api.until_deployed()
    large = time.perf_counter() - begin
    resident = _resident(made, "service")
    return [
        Result("service", "all_placed", placed, "s", sum(floor)),
        Result("service", "post_p50", percentile(posts, 50) * 1000, "ms", percentile(floor, 50) * 1000),
        Result("service", "post_p99", percentile(posts, 99) * 1000, "ms", percentile(floor, 99) * 1000),
        Result("service", "large_app_running", large, "s", STARTS_SECONDS),
        Result("service", "resident_memory", resident, "MiB", resident_before),
        Result("service", "resident_memory_of_master", _resident(made, "master"), "MiB", resident_before),
    ]


def _app(number: int, instances: int) -> dict[str, object]:
    return {
        "id": f"/shop/app-{number}",
        "cmd": "exec /srv/app/bin/server --listen 0.0.0.0:$PORT0",
        "cpus": 0.1,
        "mem": 32,
        "instances": instances,
        "env": {"LOG_LEVEL": "info", "REGION": "eu-1"},
        "labels": {"team": "shop", "tier": str(number % 10)},
        "constraints": CONSTRAINTS[number % len(CONSTRAINTS)],
    }


def _check(api: Api, size: Size) -> None:
    """Every app has its instances, UNIQUE ones on agents of their own, GROUP_BY ones evenly over the zones."""
    hosts: dict[str, list[str]] = {}
    for task in api.call("GET", "/v2/tasks")["tasks"]:
        if task["state"] == "TASK_RUNNING":
            hosts.setdefault(task["appId"], []).append(task["slaveId"])
    for number in range(size.apps):
        app_id = f"/shop/app-{number}"
        agents, constraints = hosts.get(app_id, []), CONSTRAINTS[number % len(CONSTRAINTS)]
        if len(agents) != size.instances:
            raise BenchFailed(f"{app_id} has {len(agents)} running instances, not {size.instances}")
        if constraints and constraints[0][1] == "UNIQUE" and len(set(agents)) < len(agents):
            raise BenchFailed(f"{app_id} has two instances on one agent: {sorted(agents)}")
        if constraints and constraints[0][1] == "GROUP_BY":
            zones = Counter(ZONES[int(agent.removeprefix("agent-")) % len(ZONES)] for agent in agents)
            counts = [zones[zone] for zone in ZONES]
            if max(counts) - min(counts) > 1:
                raise BenchFailed(f"{app_id} is not spread over the zones: {dict(zones)}")


def _resident(made: Cluster, name: str) -> float:
    return float(psutil.Process(made.pid(name)).memory_info().rss) / MIB


@contextlib.contextmanager
def _bare(folder: Path) -> Iterator[str]:
    address = free_address()
    with OwnProcess("service.bare", address, folder):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_healthy(address):
            if time.monotonic() > deadline:
                raise BenchFailed("the bare server does not answer")
            time.sleep(POLL_SECONDS)
        yield address


@contextlib.contextmanager
def _cluster(folder: Path, size: Size, say: Progress) -> Iterator[Cluster]:
    made = Cluster(folder, "process")
    try:
        made.start_master()
        made.start_service()
        with OwnProcess("service.load", made.master, size.agents, size.agents_per_connection) as load:
            say(f"{size.agents} simulated agents register")
            load.answer("register its agents")
            yield made
    finally:
        made.stop()
