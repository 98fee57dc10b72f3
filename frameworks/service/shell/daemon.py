"""The service framework as a process."""

import asyncio
import contextlib
import signal
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.shell.api import Api
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.shell.metrics import AppCollector
from barter.frameworks.service.shell.storage import load, next_generation
from barter.sdk import FrameworkInfo, MasterDriver, SqliteStore
from barter.shell import http, log
from barter.shell.clock import Clock
from barter.shell.lock import FolderLock, FolderTaken
from barter.shell.transport import AddressTaken, NotAllowed

NAME = "service"


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """`masters` is host:port[,host:port]; apps are kept in `data_dir`; `listen` is the address of the API."""

    masters: str
    data_dir: Path
    listen: str = "127.0.0.1:8080"
    insecure: bool = False


def run(options: ServiceOptions) -> int:
    """Serve until SIGTERM or SIGINT, which leave the apps running; return the exit code."""
    log.setup()
    try:
        return asyncio.run(_serve(options))
    except (NotAllowed, AddressTaken, FolderTaken) as error:
        return _cannot_start(str(error))
    except OSError as error:
        return _cannot_start(f"{error}: give a folder that can be written with --data-dir")
    except (ValueError, sqlite3.Error, DefinitionError) as error:
        return _cannot_start(f"{error}: see --master, or give another folder with --data-dir")


async def _serve(options: ServiceOptions) -> int:
    options.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(options.data_dir / "lock", "service framework", "stop it, or give another --data-dir")
    try:
        return await _serve_alone(options)
    finally:
        lock.release()


async def _serve_alone(options: ServiceOptions) -> int:
    store = SqliteStore(options.data_dir / "service.sqlite")
    apps, launches = load(store)
    machine = ServiceMachine(next_generation(store), apps, launches)
    clock = Clock()
    bridge = Bridge(machine, store, clock)
    framework = FrameworkInfo(NAME, web_url=f"http://{options.listen}")
    driver = bridge.driver = MasterDriver(bridge, framework, options.masters, demands_only=True, store=store)

    def info() -> dict[str, object]:
        return {
            "name": NAME,
            "frameworkId": driver.framework_id,
            "leader": options.listen,
            "elected": True,
            "marathon_config": {"master": options.masters, "framework_name": NAME},
        }

    registry = CollectorRegistry()
    registry.register(AppCollector(machine))
    face = http.face("barter service", registry, lambda: {"status": "serving", **info()})
    Api(bridge, info).install(face)
    stop_http = await http.serve(face, options.listen, insecure=options.insecure)
    log.logger(NAME).info("ready", http=options.listen, masters=options.masters, apps=len(apps), launches=len(launches))
    try:
        return await _until_stopped(bridge, driver)
    finally:
        await stop_http()


async def _until_stopped(bridge: Bridge, driver: MasterDriver) -> int:
    """Until a signal (0), or the driver or the machine gives up (1)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: driver.stop(failover=True))
    session, core = asyncio.ensure_future(driver.serve()), asyncio.ensure_future(bridge.run())
    await asyncio.wait((session, core), return_when=asyncio.FIRST_COMPLETED)
    if session.done():
        core.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await core
        return session.result()
    driver.stop(failover=True)
    await session
    await core
    return 1


def _cannot_start(message: str) -> int:
    print(f"barter start service: {message}", file=sys.stderr)
    return 1
