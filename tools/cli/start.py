"""`barter start`: the daemons. Each option is also read from the environment, as its help says."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from barter.tools.cli.kinds import (
    ADDRESS,
    ADVERTISED,
    ATTRIBUTES,
    DURATION,
    MASTERS,
    MINIMUM,
    PORT,
    RATE,
    RESERVED,
    RESOURCES,
    ROLE,
    SHARE,
    SIZE,
    TIME,
)
from barter.tools.cli.zookeeper import zookeeper_options, zookeeper_settings, zookeeper_tls, zookeeper_tls_options
from barter.tools.dev.shell.folder import state_dir

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_MINIMA = "An offer holds at least one such: cpus=0.1,mem=64MiB; repeatable.  [default: cpus=0.01, and mem=32MiB]"
ISOLATION = ("auto", "bubblewrap", "none")
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(epilog="Example: barter start master --data-dir /var/lib/barter/master")
def start() -> None:
    """Start one daemon in the foreground; SIGTERM or Ctrl-C ends it."""


def _flag(name: str, default: Any, text: str, **settings: Any) -> Callable[[FunctionT], FunctionT]:
    """One option with its default and environment variable shown."""
    shown = settings.pop("show_default", default not in (None, ""))
    return click.option(name, default=default, show_default=shown, show_envvar=True, help=text, **settings)


def _insecure(function: FunctionT) -> FunctionT:
    text = "Listen beyond loopback although nothing authenticates callers yet."
    return click.option("--insecure", is_flag=True, show_envvar=True, help=text)(function)


def _master(verb: str, default: str = "") -> Callable[[FunctionT], FunctionT]:
    """`default` in words, where it is not always the same."""
    names = [f"BARTER_START_{verb}_MASTER", "BARTER_MASTER"]
    text = f"The masters, or the ZooKeeper URL that knows them; the one that leads is found.{default}"
    settings = {"type": MASTERS, "envvar": names, "metavar": "HOST:PORT[,...]|zk://...", "show_default": not default}
    return _flag("--master", "127.0.0.1:5050", text, **settings)


@start.command(epilog="Example: barter start master --data-dir /var/lib/barter/master --listen 127.0.0.1:5050")
@_flag("--data-dir", lambda: state_dir() / "master", "Its durable facts.", type=FOLDER, show_default="state folder")
@_flag("--listen", "127.0.0.1:5050", "For agents, frameworks and operators (gRPC).", type=ADDRESS)
@_flag("--http", "127.0.0.1:5051", "For /health and /metrics.", type=ADDRESS)
@zookeeper_options("MASTER", "Be one of several that elect their leader; without it, it stands alone on --data-dir.")
@_flag("--advertise", "", "Its host, as others are told.  [default: that of --listen]", type=ADVERTISED)
@_flag("--agent-timeout", "4.5s", "An agent silent for so long is unreachable, and for 3 heartbeats.", type=DURATION)
@_flag("--offer-timeout", "30s", "An offer nobody answers is taken back after this.", type=DURATION)
@_flag("--heartbeat", "1s", "How often peers say that they are there; agents rarer where many.", type=DURATION)
@_flag("--agent-removal-timeout", "15m", "One unreachable for so long more is removed; 0s: none is.", type=TIME)
@_flag("--agent-removal-rate-limit", "1/20s", "At most so many are removed in that time.", type=RATE)
@_flag("--correlated-loss-share", "25%", "More than it (and 3) lost together freeze removals.", type=SHARE)
@_flag("--correlated-loss-window", "10m", "Together is within that time.", type=DURATION)
@_flag("--preemption-grace", None, "What preempted tasks have to end.  [default: their own]", type=DURATION)
@_flag("--calls-per-second", 1_000, "Calls of a principal beyond it wait.", type=click.IntRange(1, 1_000_000))
@_flag("--min-allocatable", None, _MINIMA, type=MINIMUM, multiple=True, metavar="RESOURCES")
@_insecure
def master(
    agent_timeout: int,
    offer_timeout: int,
    heartbeat: int,
    agent_removal_timeout: int,
    agent_removal_rate_limit: int,
    correlated_loss_share: int,
    correlated_loss_window: int,
    preemption_grace: int | None,
    **rest: Any,
) -> None:
    """The master: makes offers of what agents have, and carries out what frameworks accept."""
    from barter.master.shell.daemon import MasterOptions, run

    options = MasterOptions(
        removal_ms=agent_removal_timeout,
        removal_every_ms=agent_removal_rate_limit,
        loss_share_milli=correlated_loss_share,
        loss_window_ms=correlated_loss_window,
        agent_timeout_ms=agent_timeout,
        offer_timeout_ms=offer_timeout,
        heartbeat_ms=heartbeat,
        preemption_grace_ms=-1 if preemption_grace is None else preemption_grace,
        zookeeper=zookeeper_settings(rest, insecure=rest["insecure"]),
        **rest,
    )
    sys.exit(run(options))


@start.command(epilog="Example: barter start agent --attributes zone=a --resources cpus=4,mem=8GiB,ports=31000-32000")
@_master("AGENT")
@zookeeper_tls_options("AGENT")
@_flag("--work-dir", lambda: state_dir() / "agent", "Ledger and sandboxes.", type=FOLDER, show_default="state folder")
@_flag("--listen", "127.0.0.1:5060", "For those who read logs (gRPC).", type=ADDRESS)
@_flag("--http", "127.0.0.1:5061", "For /health and /metrics.", type=ADDRESS)
@_flag("--hostname", "", "Its name in the cluster.  [default: the machine's]")
@_flag("--host", "", "Where its tasks' ports answer.  [default: the host of --listen]")
@_flag("--resources", None, "Instead of what the machine has, kind by kind: cpus=4,mem=8GiB.", type=RESOURCES)
@_flag("--reserve", (), "Of these, kept for a role from the start: eng/web:cpus=4.", type=RESERVED, multiple=True)
@_flag("--attributes", "", "What constraints may ask for: zone=a,rack=r1.", type=ATTRIBUTES)
@_flag("--runtime", "auto", "auto: docker where an engine answers.", type=click.Choice(["auto", "docker", "process"]))
@_flag("--isolation", "auto", "Of process tasks; auto: bubblewrap where it works.", type=click.Choice(ISOLATION))
@_flag("--allow-volume", (), "Tasks may mount folders below this one; repeatable.", multiple=True, type=FOLDER)
@_flag("--allow-capability", (), "Containers may be given it: NET_ADMIN; repeatable.", multiple=True)
@_flag("--allow-device", (), "Containers may be given it: /dev/fuse; repeatable.", multiple=True)
@_flag("--allow-fetch", (), "file: URIs may be fetched from below this folder; repeatable.", multiple=True, type=FOLDER)
@_flag("--sandbox-keep", "7d", "What ended tasks left, unless the disk runs full.", type=DURATION)
@_flag("--fetch-cache", "2GiB", "What fetched files may take that are kept for other tasks.", type=SIZE)
@_flag("--max-containers", 64, "Tasks with an image at a time.", type=click.IntRange(1, 100_000))
@_flag("--docker-config", None, "Registries' credentials, as in ~/.docker/config.json.", type=FILE)
@_flag("--registries", None, "Mirrors of registries, by zone (TOML).", type=FILE)
@_flag("--image-keep", "7d", "Images it pulled go when not used for so long.", type=DURATION)
@_flag("--least-free", 10, "With less of the disk free, in percent, what is unused goes.", type=click.IntRange(0, 90))
@click.option("--oversubscribe", is_flag=True, show_envvar=True, help="Lend what tasks do not use of their cpus.")
@click.option("--public", is_flag=True, show_envvar=True, help="Let the world in: run an edge (HAProxy).")
@_flag("--edge-http", 80, "The edge's port for virtual hosts.", type=PORT)
@_flag("--edge-stats", 9090, "The edge's port for statistics.", type=PORT)
@_flag("--edge-bind", "127.0.0.1", "The address the edge listens on.")
@_flag("--haproxy", "", "The HAProxy to run.  [default: found on PATH, else the `edge` extra's]")
@_insecure
def agent(
    master: str, public: bool, edge_http: int, edge_stats: int, edge_bind: str, haproxy: str, **rest: Any
) -> None:
    """An agent: offers this machine's resources and runs tasks. SIGUSR1 makes it leave for good, tasks included."""
    from barter.agent.edge.shell.daemon import EdgeOptions
    from barter.agent.shell.daemon import AgentOptions, run

    settings, edge, tls = _settings(rest), None, zookeeper_tls(rest)
    if public:
        folder = rest["work_dir"] / "edge"
        edge = EdgeOptions(edge_http, edge_stats, edge_bind, work_dir=folder, haproxy=haproxy)
        try:
            edge.check()
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    keep = rest.pop("sandbox_keep")
    ways = {"edge": edge, "settings": settings, "zookeeper_tls": tls}
    sys.exit(run(AgentOptions(master, public=public, sandbox_keep_ms=keep, **ways, **rest)))


def _settings(given: dict[str, Any]) -> Any:
    """Takes out of what was given what the agent's executor needs to know; raises UsageError."""
    from barter.agent.runtime.settings import Settings

    try:
        return Settings(
            allowed_volumes=tuple(str(folder.absolute()) for folder in given.pop("allow_volume")),
            allowed_capabilities=tuple(name.upper().removeprefix("CAP_") for name in given.pop("allow_capability")),
            allowed_devices=given.pop("allow_device"),
            docker_config=_path(given.pop("docker_config")),
            registries=_path(given.pop("registries")),
            image_keep_ms=given.pop("image_keep"),
            least_free=given.pop("least_free"),
            allowed_fetch=tuple(str(folder.absolute()) for folder in given.pop("allow_fetch")),
            fetch_cache=given.pop("fetch_cache"),
            isolation=given.pop("isolation"),
        ).checked()
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _path(given: Path | None) -> str:
    return "" if given is None else str(given.absolute())


@start.command(epilog="Example: barter start service --master 10.0.0.1:5050,10.0.0.2:5050")
@_master("SERVICE", "  [default: where --zk is, else 127.0.0.1:5050]")
@_flag("--data-dir", lambda: state_dir() / "service", "Its apps.", type=FOLDER, show_default="state folder")
@_flag("--listen", "127.0.0.1:8080", "For /v2, /health and /metrics.", type=ADDRESS)
@_flag("--role", ("*",), "The role its apps run in; repeatable: others that apps may name.", type=ROLE, multiple=True)
@_flag("--secrets-dir", None, "A folder of files, the secrets of apps; nobody else may enter it.", type=FOLDER)
@_flag("--name", "service", "Its name in the cluster and in ZooKeeper; the same for all that elect one leader.")
@zookeeper_options("SERVICE", "Be one of several that elect their leader; apps are kept there, not in --data-dir.")
@_flag("--advertise", "", "Its host, as others are told.  [default: that of --listen]", type=ADVERTISED)
@_insecure
def service(**given: Any) -> None:
    """The service framework: long-running apps, with Marathon's model and /v2 API."""
    from barter.frameworks.service.shell.daemon import ServiceOptions, run

    tls = zookeeper_tls(dict(given))
    zookeeper, masters = zookeeper_settings(given, insecure=given["insecure"]), given.pop("master")
    if zookeeper is not None and click.get_current_context().get_parameter_source("master") is ParameterSource.DEFAULT:
        masters = str(zookeeper.url)
    roles = given.pop("role")
    sys.exit(run(ServiceOptions(masters, zookeeper=zookeeper, zookeeper_tls=tls, roles=roles, **given)))
