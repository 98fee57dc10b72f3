"""What a cluster on one machine is made of: names, ports, command lines. Pure: what is free is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from string import ascii_lowercase
from typing import Any

HOST = "127.0.0.1"
MOST_AGENTS, MOST_MASTERS = 15, 5
# Task ports of the first cluster on a machine: 31000-33999; each further one has the 3,000 below.
FIRST_TASK_PORT, TASK_PORTS, BLOCKS = 31_000, 3_000, 8
# Below ZooKeeper's root.
PATH = "barter"
_ZONES = "ab"


class Kind(StrEnum):
    ZOOKEEPER = "zookeeper"
    MASTER = "master"
    AGENT = "agent"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class DevOptions:
    """`agents` private agents besides the public one; `block` sets this cluster's task ports apart from another's.

    One of `masters`, if there are more than one, is elected by a ZooKeeper of the cluster's own.
    """

    data_dir: PurePath
    runtime: str = "auto"
    agents: int = 2
    block: int = 0
    masters: int = 1

    @property
    def elects(self) -> bool:
        return self.masters > 1


@dataclass(frozen=True, slots=True)
class Daemon:
    """`argv` follows `barter start`, and is empty for ZooKeeper; `home` is its own folder."""

    name: str
    kind: Kind
    argv: tuple[str, ...]
    home: PurePath
    zone: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    options: DevOptions
    daemons: tuple[Daemon, ...]
    ports: Mapping[str, int]

    def address(self, name: str) -> str:
        return f"{HOST}:{self.ports[name]}"

    @property
    def agents(self) -> tuple[Daemon, ...]:
        return tuple(daemon for daemon in self.daemons if daemon.kind is Kind.AGENT)

    @property
    def master_names(self) -> tuple[str, ...]:
        count = self.options.masters
        return tuple(f"master-{number}" for number in range(1, count + 1)) if self.options.elects else ("master",)

    @property
    def masters(self) -> str:
        """What those take as --master who look for the leader."""
        return ",".join(self.address(name) for name in self.master_names)

    @property
    def credentials(self) -> PurePath:
        """The file with what ZooKeeper knows the cluster by."""
        return self.options.data_dir / "zookeeper" / "credentials"


def task_ports(block: int) -> range:
    """The ports a cluster's tasks get, those of its agents together."""
    first = FIRST_TASK_PORT - block * TASK_PORTS
    return range(first, first + TASK_PORTS)


def plan(options: DevOptions, is_free: Callable[[int], bool]) -> Plan:
    """The whole cluster, on the default ports or the next free ones."""
    names = [*(f"agent-{letter}" for letter in ascii_lowercase[: options.agents]), "agent-p"]
    ports = assign(_wanted(options, names), is_free)
    made = Plan(options, (), ports)
    masters = [_master(made, name) for name in made.master_names]
    if options.elects:
        masters.insert(0, Daemon("zookeeper", Kind.ZOOKEEPER, (), options.data_dir / "zookeeper"))
    share = TASK_PORTS // len(names)
    first = task_ports(options.block).start
    agents = [_agent(made, name, i, (first + i * share, first + (i + 1) * share - 1)) for i, name in enumerate(names)]
    return Plan(options, (*masters, *agents, _service(made)), ports)


def assign(wanted: Mapping[str, int], is_free: Callable[[int], bool]) -> dict[str, int]:
    """Each name's port, or the next above it that is free and not another's; raises ValueError where there is none."""
    given: dict[str, int] = {}
    for name, first in wanted.items():
        taken = set(given.values()) | (set(wanted.values()) - {first})
        port = next((port for port in range(first, 65536) if port not in taken and is_free(port)), 0)
        if not port:
            raise ValueError(f"no port from {first} on is free for {name}")
        given[name] = port
    return given


def addresses(made: Plan, pids: Mapping[str, int], own_pid: int) -> dict[str, Any]:
    """The content of dev.json."""
    elected = {}
    if made.options.elects:
        elected = {"zookeeper": made.address("zookeeper"), "zookeeper_auth": str(made.credentials)}
    return {
        "pid": own_pid,
        "data_dir": str(made.options.data_dir),
        "master": made.masters,
        "master_http": f"http://{made.address(f'{made.master_names[0]} http')}",
        "masters": [
            {
                "name": name,
                "grpc": made.address(name),
                "http": f"http://{made.address(f'{name} http')}",
                "pid": pids.get(name),
            }
            for name in made.master_names
        ],
        **elected,
        "service": f"http://{made.address('service')}",
        "edge_http": f"http://{made.address('edge http')}",
        "edge_stats": f"http://{made.address('edge stats')}",
        "agents": [
            {
                "name": agent.name,
                "grpc": made.address(agent.name),
                "http": f"http://{made.address(f'{agent.name} http')}",
                "public": agent.public,
                "zone": agent.zone,
                "work_dir": str(agent.home),
                "pid": pids[agent.name],
            }
            for agent in made.agents
        ],
    }


def _wanted(options: DevOptions, agents: list[str]) -> dict[str, int]:
    wanted = {"zookeeper": 2181} if options.elects else {}
    for number, name in enumerate(Plan(options, (), {}).master_names):
        wanted |= {name: 5050 + 2 * number, f"{name} http": 5051 + 2 * number}
    for number, name in enumerate(agents):
        wanted |= {name: 5060 + 2 * number, f"{name} http": 5061 + 2 * number}
    return wanted | {"service": 8080, "edge http": 8000, "edge stats": 9090}


def _master(made: Plan, name: str) -> Daemon:
    home = made.options.data_dir / name
    listen = ("--listen", made.address(name), "--http", made.address(f"{name} http"))
    keeps = _elected(made) if made.options.elects else ("--data-dir", str(home))
    return Daemon(name, Kind.MASTER, ("master", *keeps, *listen), home)


def _elected(made: Plan) -> tuple[str, ...]:
    """For those who elect one among them."""
    return "--zk", f"zk://{made.address('zookeeper')}/{PATH}", "--zk-auth", str(made.credentials)


def _agent(made: Plan, name: str, number: int, task_ports: tuple[int, int]) -> Daemon:
    home, public = made.options.data_dir / name, name == "agent-p"
    zone = "" if public else _ZONES[number % len(_ZONES)]
    argv = ["agent", "--master", made.masters, "--work-dir", str(home), "--hostname", name]
    argv += ["--listen", made.address(name), "--http", made.address(f"{name} http"), "--runtime", made.options.runtime]
    argv += ["--resources", f"ports=[{task_ports[0]}-{task_ports[1]}]"]
    if zone:
        argv += ["--attributes", f"zone={zone}"]
    if public:
        argv += ["--public", "--edge-http", str(made.ports["edge http"]), "--edge-stats", str(made.ports["edge stats"])]
    return Daemon(name, Kind.AGENT, tuple(argv), home, zone, public)


def _service(made: Plan) -> Daemon:
    home = made.options.data_dir / "service"
    keeps = _elected(made) if made.options.elects else ("--data-dir", str(home))
    argv = ("--master", made.masters, *keeps, "--listen", made.address("service"))
    return Daemon("service", Kind.SERVICE, ("service", *argv), home)
