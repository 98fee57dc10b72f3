"""What an agent is started with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from barter.agent.runtime.settings import Settings
from barter.core.resources import Resources
from barter.core.zookeeper_url import ZooKeeperTls

if TYPE_CHECKING:
    from barter.agent.edge.shell.daemon import EdgeOptions


@dataclass(frozen=True)
class AgentOptions:
    """`masters` is "host:port[,host:port]" or a ZooKeeper URL, with `zookeeper_tls`. `hostname` defaults to the
    machine's, `host` (where its tasks' ports answer) to that of `listen`. `resources` overrides what is found, kind
    by kind; `reserve` is what of them is kept for which role. `runtime`: "docker" runs tasks with an image in
    Docker and the others as processes, "auto" does so where an engine answers. With `oversubscribe` cpus that tasks
    hold and do not use are lent to revocable tasks. It runs at most `max_containers` tasks with an image at a time.
    Sandboxes of ended tasks are kept for `sandbox_keep_ms` at most. `settings` are its executor's.
    """

    masters: str
    work_dir: Path
    listen: str = "127.0.0.1:5060"
    http: str = "127.0.0.1:5061"
    hostname: str = ""
    host: str = ""
    resources: Resources | None = None
    reserve: Sequence[tuple[str, Resources]] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    runtime: str = "auto"
    insecure: bool = False
    oversubscribe: bool = False
    max_containers: int = 64
    sandbox_keep_ms: int = 7 * 24 * 3_600_000
    settings: Settings = Settings()
    edge: "EdgeOptions | None" = None
    zookeeper_tls: ZooKeeperTls = ZooKeeperTls()
