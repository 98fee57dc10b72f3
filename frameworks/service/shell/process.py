"""One process of the service framework: what it answers by HTTP always, and the framework itself while it leads."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from barter.core.roles import DEFAULT_ROLE
from barter.core.zookeeper_url import ZooKeeperTls, is_zookeeper_url, parse_url
from barter.frameworks.service.resident_rules import resident_role
from barter.frameworks.service.secrets import no_store
from barter.frameworks.service.shell import refusals
from barter.frameworks.service.shell.api import Api
from barter.frameworks.service.shell.asking import standings
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.shell.desk import Desk
from barter.frameworks.service.shell.facts import Facts
from barter.frameworks.service.shell.front import Front, Standing
from barter.frameworks.service.shell.metrics import AppCollector
from barter.frameworks.service.shell.own_answers import OwnAnswers
from barter.frameworks.service.shell.secret_folder import SecretFolder
from barter.frameworks.service.shell.stream import EventStream
from barter.frameworks.service.state import MOST_VERSIONS
from barter.sdk import FrameworkInfo, MasterDriver, ReturningTasks, StateStore
from barter.shell import http, log
from barter.shell.clock import Clock
from barter.shell.transport import advertised

if TYPE_CHECKING:
    from barter.shell.zookeeper.settings import ZooKeeperSettings

NAME = "service"


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """`masters` is host:port[,host:port], or a ZooKeeper URL, reached with `zookeeper_tls`; `listen` is the address of
    the API; apps run in the first of `roles`, or in the one they name.

    Apps are kept in `data_dir`. With `zookeeper` they are kept there, below `name`, and this is one of the processes
    that elect their leader; others are told `advertise` as its host, by default that of `listen`.
    """

    masters: str
    data_dir: Path
    listen: str = "127.0.0.1:8080"
    insecure: bool = False
    roles: tuple[str, ...] = (DEFAULT_ROLE,)
    zookeeper: "ZooKeeperSettings | None" = None
    advertise: str = ""
    name: str = NAME
    zookeeper_tls: ZooKeeperTls = ZooKeeperTls()
    secrets_dir: Path | None = None

    @property
    def shown_masters(self) -> str:
        """Without credentials."""
        return str(parse_url(self.masters)) if is_zookeeper_url(self.masters) else self.masters


class ServiceProcess:
    """`listen` once; `make` when it leads. Raises UnfitFolder."""

    def __init__(self, options: ServiceOptions) -> None:
        self.bridge: Bridge | None = None
        self.address = advertised(options.listen, options.advertise)
        """As others are told."""
        self._options = options
        self._secrets = SecretFolder(options.secrets_dir) if options.secrets_dir else None
        self._driver: MasterDriver | None = None
        self._stream: EventStream | None = None
        self._metrics = CollectorRegistry()

    async def listen(self, standing: Standing) -> Callable[[], Awaitable[None]]:
        """Answer from now on; returns the coroutine function that ends it. Raises NotAllowed or AddressTaken."""
        self._standing, self._front = standing, Front(standing, self.address)
        face = http.face("barter service", self._metrics, self._health)
        refusals.install(face)
        self._own_answers = OwnAnswers(standing, self._front, self._info)
        self._own_answers.install(face)
        face.mount("/", self._front)
        stop_http = await http.serve(face, self._options.listen, insecure=self._options.insecure)

        async def stop() -> None:
            if self.bridge is not None:
                self.bridge.close()
            if self._stream is not None:
                self._stream.close()
            await stop_http()

        return stop

    def make(self, store: StateStore) -> MasterDriver:
        """The framework as `store` has it, and its API in front. Raises DefinitionError, ValueError, and as `store`."""
        options = self._options
        stream = self._stream = EventStream(Clock().now)
        reserving = resident_role(options.roles[0], options.name)
        bridge = Bridge(store, options.roles, stream.publish, reserving)
        framework = FrameworkInfo(
            options.name,
            roles=tuple(dict.fromkeys((*options.roles, reserving))),
            web_url=f"http://{self.address}",
            returning_tasks=ReturningTasks.KEEP,
        )
        driver = MasterDriver(
            bridge, framework, options.masters, demands_only=True, store=store, zookeeper_tls=options.zookeeper_tls
        )
        bridge.secret_of = self._secrets.read if self._secrets else no_store
        bridge.attach(driver)
        self.bridge, self._driver = bridge, driver
        self._metrics.register(AppCollector(bridge.machine))
        api = FastAPI(title="barter service", docs_url=None, redoc_url=None, openapi_url=None)
        api.add_api_route("/v2/events", stream.answer, methods=["GET"], response_model=None)
        facts = Facts(lambda: driver.channel, driver.now)
        desk = Desk(bridge, driver.now, options.roles[0], facts)
        Api(desk, partial(standings, lambda: driver.channel)).install(api)
        self._front.api = api
        states = bridge.machine.apps.values()
        instances = sum(len(state.instances) for state in states)
        log.logger(NAME).info(
            "ready", http=options.listen, masters=options.shown_masters, apps=len(states), instances=instances
        )
        return driver

    def _health(self) -> dict[str, object]:
        leads = self._standing.leads
        why = {} if leads or self._standing.leader else {"reason": self._standing.why_no_leader}
        return {"status": "serving", "leading": leads, **self._own_answers.info(), **why}

    def _info(self) -> dict[str, object]:
        options, (host, _, port) = self._options, self.address.rpartition(":")
        settings = options.zookeeper
        return {
            "name": options.name,
            "frameworkId": self._driver.framework_id if self._driver else None,
            "marathon_config": {
                "master": options.shown_masters,
                "framework_name": options.name,
                "mesos_role": options.roles[0],
                "hostname": host,
                "webui_url": f"http://{self.address}",
                "checkpoint": True,
                "ha": settings is not None,
                "features": [],
            },
            "zookeeper_config": {"zk": str(settings.url), "zk_max_versions": MOST_VERSIONS} if settings else {},
            "http_config": {"http_port": int(port)},
        }
