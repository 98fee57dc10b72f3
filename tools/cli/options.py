"""Options that many verbs share, and where the cluster is when they are not given."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from barter.tools.cli.errors import Refused
from barter.tools.dev.shell.folder import DATA_DIR_VARIABLE, running

DEFAULT_MASTER = "127.0.0.1:5050"
DEFAULT_SERVICE = "http://127.0.0.1:8080"

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def output_option(function: FunctionT) -> FunctionT:
    kinds = click.Choice(["table", "json", "yaml"])
    return click.option("-o", "--output", type=kinds, default="table", help="table, json or yaml.")(function)


def master_option(function: FunctionT) -> FunctionT:
    """Adds `master`, the addresses to try, always filled in."""
    text = "The masters. [env: BARTER_MASTER; default: `barter dev`'s, else 127.0.0.1:5050]"
    return click.option("--master", metavar="HOST:PORT[,...]|zk://...", help=text, callback=_find_master)(function)


def service_option(function: FunctionT) -> FunctionT:
    """Adds `service`, the service framework's URL, always filled in."""
    text = (
        "The service framework: URL[,URL]. [env: BARTER_SERVICE; default: `barter dev`'s, else http://127.0.0.1:8080]"
    )
    return click.option("--service", metavar="URL", help=text, callback=_find_service)(function)


def _find_master(ctx: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    return _find(ctx, "master", given) or DEFAULT_MASTER


def _find_service(ctx: click.Context, _parameter: click.Parameter, given: str | None) -> str:
    url = _find(ctx, "service", given) or DEFAULT_SERVICE
    return (url if "://" in url else f"http://{url}").rstrip("/")


def _find(ctx: click.Context, name: str, given: str | None) -> str:
    if found := given or (ctx.obj or {}).get(name):
        return str(found)
    addresses = running()
    if addresses is None and (folder := os.environ.get(DATA_DIR_VARIABLE)):
        raise Refused(
            f"no `barter dev` is ready in {folder}, where {DATA_DIR_VARIABLE} points",
            then=f"barter dev --data-dir {folder}, or unset {DATA_DIR_VARIABLE}",
        )
    return str((addresses or {}).get(name, ""))
