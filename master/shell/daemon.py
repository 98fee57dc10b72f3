"""The master as a process."""

import asyncio
import secrets
import signal
import string
import sys
from dataclasses import dataclass
from pathlib import Path

from barter.core.resources import Resources
from barter.master.allocator.allocator import Allocator
from barter.master.cluster import Timing
from barter.master.registry import UnusableRegistry
from barter.master.shell.elected import ElectedMaster, Ended, Where
from barter.master.shell.leadership import Way
from barter.master.shell.pacing import CALLS_PER_SECOND
from barter.master.shell.service import MasterService
from barter.master.shell.sqlite_registry import SqliteRegistry
from barter.shell import garbage, log
from barter.shell.lock import FolderLock, FolderTaken
from barter.shell.transport import AddressTaken, NotAllowed, advertised, check_listen
from barter.shell.zookeeper.settings import ZooKeeperSettings

LOG = log.logger("master")
CLUSTER_ID_LENGTH = 6


@dataclass(frozen=True)
class MasterOptions:
    """Times in milliseconds. `listen` serves gRPC, `http` /health and /metrics.

    With `zookeeper` it is one of those that elect their leader, and tells others `advertise` as its host: by default
    that of each address it listens on, the machine's name where that is every address. Without, it stands alone and
    keeps its facts in `data_dir`.
    A classic offer holds at least one of `min_allocatable`; where none is named, of the usual ones. Preempted tasks
    have `preemption_grace_ms` to end, their own grace where it is less than 0.
    """

    data_dir: Path
    listen: str = "127.0.0.1:5050"
    http: str = "127.0.0.1:5051"
    insecure: bool = False
    agent_timeout_ms: int = 4_500
    offer_timeout_ms: int = 30_000
    heartbeat_ms: int = 1_000
    calls_per_second: int = CALLS_PER_SECOND
    min_allocatable: tuple[Resources, ...] = ()
    preemption_grace_ms: int = -1
    removal_ms: int = 900_000
    removal_every_ms: int = 20_000
    loss_share_milli: int = 250
    loss_window_ms: int = 600_000
    zookeeper: ZooKeeperSettings | None = None
    advertise: str = ""


def run(options: MasterOptions) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    log.setup()
    try:
        asyncio.run(_run(options))
    except Ended as error:
        return _cannot_go_on(f"{error}; running tasks go on, a supervisor is to start it again")
    except (FolderTaken, UnusableRegistry, NotAllowed, AddressTaken, ValueError) as error:
        return _cannot_go_on(str(error))
    except OSError as error:
        return _cannot_go_on(f"{error}: choose another --data-dir")
    return 0


def _cannot_go_on(why: str) -> int:
    print(f"barter master: {why}", file=sys.stderr)
    return 1


async def _run(options: MasterOptions) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)
    timing = _timing(options)
    if options.zookeeper is not None:
        await _elect(options, options.zookeeper, timing, stop, hurry)
    else:
        await _stand_alone(options, timing, stop)


async def _elect(
    options: MasterOptions, zookeeper: ZooKeeperSettings, timing: Timing, stop: asyncio.Event, hurry: asyncio.Event
) -> None:
    way = Way(timing, options.heartbeat_ms, options.calls_per_second)
    where = Where(
        options.listen, options.http, lambda address: advertised(address, options.advertise), options.insecure
    )
    master = ElectedMaster(zookeeper, way, where, lambda: _allocator(options), _new_cluster_id())
    tidying = asyncio.create_task(garbage.keep_out_of_the_way())
    try:
        await master.run(stop, hurry)
    finally:
        tidying.cancel()


async def _stand_alone(options: MasterOptions, timing: Timing, stop: asyncio.Event) -> None:
    options.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(options.data_dir / "lock", "master", "stop it, or choose another --data-dir")
    try:
        for address in (options.listen, options.http):
            check_listen(address, insecure=options.insecure)
        registry = SqliteRegistry(options.data_dir / "master.sqlite3")
        try:
            await _serve(options, timing, registry, stop)
        finally:
            await registry.close()
    finally:
        lock.release()


def _timing(options: MasterOptions) -> Timing:
    """Raises ValueError where they contradict each other."""
    timing = Timing(
        options.agent_timeout_ms,
        options.offer_timeout_ms,
        options.preemption_grace_ms,
        options.removal_ms,
        options.removal_every_ms,
        options.loss_share_milli,
        loss_window_ms=options.loss_window_ms,
    )
    timing.check()
    return timing


async def _serve(options: MasterOptions, timing: Timing, registry: SqliteRegistry, stop: asyncio.Event) -> None:
    paces = options.heartbeat_ms, options.calls_per_second
    service = MasterService(registry, await registry.start(_new_cluster_id()), timing, *paces, _allocator(options))
    await service.start(options.listen, options.http, insecure=options.insecure)
    LOG.info("ready", grpc=service.address, http=options.http, cluster=service.cluster_id, epoch=service.epoch)
    tidying = asyncio.create_task(garbage.keep_out_of_the_way())
    try:
        await service.until(stop)
    finally:
        tidying.cancel()
        await service.stop()


def _new_cluster_id() -> str:
    alphabet = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(CLUSTER_ID_LENGTH))


def _allocator(options: MasterOptions) -> Allocator:
    allocator = Allocator()
    if options.min_allocatable:
        allocator.set_minimums(options.min_allocatable)
    return allocator
