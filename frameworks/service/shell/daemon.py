"""The service framework as a daemon: alone on a folder, or one of those that ZooKeeper elects the leader among."""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import Callable, Coroutine

from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.shell.process import ServiceOptions, ServiceProcess
from barter.frameworks.service.shell.secret_folder import UnfitFolder
from barter.sdk import Elected, SqliteStore
from barter.shell import garbage, log
from barter.shell.lock import FolderLock, FolderTaken
from barter.shell.transport import AddressTaken, NotAllowed

__all__ = ["ServiceOptions", "run"]


def run(options: ServiceOptions) -> int:
    """Serve until SIGTERM or SIGINT, which leave the apps running; return the exit code."""
    log.setup()
    try:
        return asyncio.run(_tidily(_serve(options) if options.zookeeper is None else _serve_elected(options)))
    except (NotAllowed, AddressTaken, FolderTaken, UnfitFolder) as error:
        return _say(str(error))
    except OSError as error:
        return _say(f"{error}: give a folder that can be written with --data-dir")
    except (ValueError, sqlite3.Error, DefinitionError) as error:
        place = "give another folder with --data-dir" if options.zookeeper is None else "another --zk"
        return _say(f"{error}: see --master, or {place}")


async def _tidily(serving: Coroutine[None, None, int]) -> int:
    tidying = asyncio.create_task(garbage.keep_out_of_the_way())
    try:
        return await serving
    finally:
        tidying.cancel()


async def _serve(options: ServiceOptions) -> int:
    options.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(options.data_dir / "lock", "service framework", "stop it, or give another --data-dir")
    try:
        return await _serve_alone(options)
    finally:
        lock.release()


async def _serve_alone(options: ServiceOptions) -> int:
    process = ServiceProcess(options)
    stop_http = await process.listen(_Alone(process.address))
    try:
        driver = process.make(SqliteStore(options.data_dir / f"{options.name}.sqlite"))
        _on_signals(lambda: driver.stop(failover=True))
        return _code(process, await driver.serve())
    finally:
        await stop_http()


async def _serve_elected(options: ServiceOptions) -> int:
    assert options.zookeeper is not None
    process = ServiceProcess(options)
    elected = Elected(options.zookeeper, options.name, process.make, {"http": process.address})
    stop_http = await process.listen(_Among(elected))
    _on_signals(elected.stop)
    log.logger("service").info("listening", http=options.listen, zookeeper=str(options.zookeeper.url))
    try:
        code = _code(process, await elected.serve())
    finally:
        await stop_http()
    return _say(elected.last_words) if elected.last_words else code


class _Alone:
    """Leads, as there is no other."""

    leads, why_no_leader, abdicate = True, "", None

    def __init__(self, leader: str) -> None:
        self.leader = leader


class _Among:
    def __init__(self, elected: Elected) -> None:
        self._elected = elected

    @property
    def leads(self) -> bool:
        return self._elected.leads

    @property
    def leader(self) -> str:
        return self._elected.leader.get("http", "")

    @property
    def why_no_leader(self) -> str:
        return self._elected.why_no_leader

    @property
    def abdicate(self) -> Callable[[], None]:
        return self._elected.stop


def _on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _code(process: ServiceProcess, code: int) -> int:
    """1, too, where the scheduler has given up."""
    return 1 if process.bridge is not None and process.bridge.failure else code


def _say(why: str) -> int:
    print(f"barter service: {why}", file=sys.stderr)
    return 1
