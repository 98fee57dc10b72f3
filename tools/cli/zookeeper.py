"""The flags that say how to reach ZooKeeper, and what daemons are given of them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from barter.core.zookeeper_url import ZooKeeperTls
from barter.tools.cli.kinds import DURATION, ZOOKEEPER

if TYPE_CHECKING:
    from barter.shell.zookeeper.settings import ZooKeeperSettings

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, path_type=Path)
_TLS_NAMES = ("zk_ca", "zk_cert", "zk_key")
_NAMES = ("zk", "zk_auth", "zk_session_timeout", *_TLS_NAMES)


def zookeeper_options(verb: str, text: str) -> Callable[[FunctionT], FunctionT]:
    """Adds --zk, which does `text`, and what belongs to it; `zookeeper_settings` takes them out again.

    `verb` is that of `barter start`, empty for others.
    """

    flag = partial(_flag, verb)
    options = (
        flag("--zk", text, type=ZOOKEEPER, metavar="zk://HOST:PORT[,...]/PATH"),
        flag("--zk-auth", "ZooKeeper's credentials: a file with user:password.", type=_FILE),
        flag("--zk-session-timeout", "A silence that long ends the lead.", type=DURATION, default="10s"),
        *_tls_options(verb),
    )
    return _all_of(options)


def zookeeper_tls_options(verb: str) -> Callable[[FunctionT], FunctionT]:
    """Those of them that a --master zk://... may need; `zookeeper_tls` takes them out again."""
    return _all_of(_tls_options(verb))


def zookeeper_tls(given: dict[str, Any]) -> ZooKeeperTls:
    """Takes the flags out of what was given."""
    return ZooKeeperTls(*_paths(given.pop(name) for name in _TLS_NAMES))


def _flag(verb: str, name: str, text: str, **settings: Any) -> Callable[[FunctionT], FunctionT]:
    variable = name.strip("-").replace("-", "_").upper()
    names = [*([f"BARTER_START_{verb}_{variable}"] if verb else []), f"BARTER_{variable}"]
    shown = "default" in settings
    return click.option(name, envvar=names, show_envvar=True, show_default=shown, help=text, **settings)


def _tls_options(verb: str) -> Sequence[Any]:
    return (
        _flag(verb, "--zk-ca", "TLS to ZooKeeper: the authority's certificates (PEM).", type=_FILE),
        _flag(verb, "--zk-cert", "TLS to ZooKeeper: its own certificate (PEM).", type=_FILE),
        _flag(verb, "--zk-key", "TLS to ZooKeeper: that certificate's key (PEM).", type=_FILE),
    )


def _all_of(options: Sequence[Any]) -> Callable[[FunctionT], FunctionT]:
    def decorate(function: FunctionT) -> FunctionT:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _paths(files: Iterable[Path | None]) -> tuple[str, ...]:
    return tuple(str(file.absolute()) if file else "" for file in files)


def zookeeper_settings(given: dict[str, Any], *, insecure: bool = False) -> "ZooKeeperSettings | None":
    """Takes the flags out of what was given; None without --zk. Raises UsageError."""
    url, auth, session_ms, *files = (given.pop(name) for name in _NAMES)
    if url is None:
        return None
    from dataclasses import replace

    from barter.shell.zookeeper.settings import ZooKeeperSettings, read_credentials, tls_context

    ca, cert, key = _paths(files)
    try:
        if auth is not None:
            if url.credentials:
                raise ValueError("--zk has credentials, and --zk-auth names others: give one of them")
            url = replace(url, credentials=read_credentials(str(auth)))
        if not url.credentials and not insecure:
            raise ValueError(
                f"without credentials everybody who reaches ZooKeeper could change {url.path}: "
                "give a file with user:password as --zk-auth, or say --insecure on a network you trust"
            )
        settings = ZooKeeperSettings(url, session_ms, ca, cert, key, insecure)
        tls_context(settings)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return settings
