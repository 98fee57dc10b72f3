"""The service framework as a process."""

import asyncio
import signal
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from barter.core.roles import DEFAULT_ROLE
from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.shell.api import Api
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.shell.metrics import AppCollector
from barter.sdk import FrameworkInfo, MasterDriver, ReturningTasks, SqliteStore
from barter.shell import http, log
from barter.shell.lock import FolderLock, FolderTaken
from barter.shell.transport import AddressTaken, NotAllowed

NAME = "service"


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """`masters` is host:port[,host:port]; apps are kept in `data_dir`; `listen` is the address of the API.

    `role` is what its apps run in, and count for.
    """

    masters: str
    data_dir: Path
    listen: str = "127.0.0.1:8080"
    insecure: bool = False
    role: str = DEFAULT_ROLE


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
    bridge = Bridge(store, options.role)
    framework = FrameworkInfo(
        NAME, roles=(options.role,), web_url=f"http://{options.listen}", returning_tasks=ReturningTasks.KEEP
    )
    driver = MasterDriver(bridge, framework, options.masters, demands_only=True, store=store)
    bridge.attach(driver)

    def info() -> dict[str, object]:
        return {
            "name": NAME,
            "frameworkId": driver.framework_id,
            "leader": options.listen,
            "elected": True,
            "marathon_config": {"master": options.masters, "framework_name": NAME},
        }

    registry = CollectorRegistry()
    registry.register(AppCollector(bridge.machine))
    face = http.face("barter service", registry, lambda: {"status": "serving", **info()})
    Api(bridge, driver.now, info).install(face)
    stop_http = await http.serve(face, options.listen, insecure=options.insecure)
    states = bridge.machine.apps.values()
    instances = sum(len(state.instances) for state in states)
    log.logger(NAME).info("ready", http=options.listen, masters=options.masters, apps=len(states), instances=instances)
    try:
        return await _until_stopped(bridge, driver)
    finally:
        bridge.close()
        await stop_http()


async def _until_stopped(bridge: Bridge, driver: MasterDriver) -> int:
    """Until a signal (0), or the driver or the scheduler gives up (1)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: driver.stop(failover=True))
    code = await driver.serve()
    return 1 if bridge.failure else code


def _cannot_start(message: str) -> int:
    print(f"barter start service: {message}", file=sys.stderr)
    return 1
