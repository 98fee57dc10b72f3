"""`barter backup` and `barter restore`: all durable facts as one file, and back into any store."""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from barter.core.ids import check_id
from barter.master.registry import EPOCHS_AHEAD
from barter.tools.cli.errors import Refused
from barter.tools.cli.kinds import Parsed
from barter.tools.cli.output import say
from barter.tools.cli.zookeeper import zookeeper_options, zookeeper_settings

if TYPE_CHECKING:
    from barter.tools.cli.backup_file import Backup
    from barter.tools.cli.backup_stores import Store

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_NAME = Parsed("NAME", lambda text: check_id("framework", text) if text else "")
_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


def _store_options(function: FunctionT) -> FunctionT:
    folder, state = "Of a master on its own.", "Its state instead of the registry."
    function = click.option("--framework", type=_NAME, metavar="NAME", default="", help=state)(function)
    function = zookeeper_options("", "Of elected masters.")(function)
    return click.option("--data-dir", type=_FOLDER, metavar="DIR", help=folder)(function)


@click.command(epilog="Example: barter backup cluster.backup --data-dir /var/lib/barter/master")
@click.argument("file", type=_FILE)
@_store_options
def backup(file: Path, **given: Any) -> None:
    """Write all durable facts into a file; - is stdout.

    Masters may run meanwhile. The file may hold secrets, as what it was made of does: only you may read it.
    """
    from barter.tools.cli.backup_file import REGISTRY, STATE, Backup, to_bytes

    framework = given["framework"]
    store = _store(given, insecure=True)
    contents = store.read()
    if contents is None:
        raise Refused(f"nothing is kept in {store.where}", then="look whether --data-dir or --zk is the right one")
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    made = Backup(STATE if framework else REGISTRY, contents, when, framework)
    data = to_bytes(made)
    if str(file) == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        _write(file, data)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror or error}") from None
    say(f"{file}: {_said(made)}")


@click.command(epilog="Example: barter restore cluster.backup --zk zk://a:2181,b:2181/barter --zk-auth /etc/barter/zk")
@click.argument("file", type=_FILE)
@_store_options
@click.option("--insecure", is_flag=True, help="Into a ZooKeeper that everybody may change.")
def restore(file: Path, insecure: bool, **given: Any) -> None:
    """Fill an empty store with a backup, while no master runs on it; - is stdin.

    An older version's backup is migrated, a newer one's refused. Masters go on with a far higher epoch, as agents may
    have seen higher ones since.
    """
    store = _store(given, insecure=insecure)
    made = _read(file, given["framework"])
    store.fill(made.contents)
    say(f"{store.where}: {_said(made)}")


def _read(file: Path, framework: str) -> "Backup":
    """As it goes into a store: in this version's format, with its epoch raised."""
    from dataclasses import replace

    from barter.master.registry import UnusableRegistry
    from barter.master.registry_format import check_format, current
    from barter.master.registry_rows import Undecodable
    from barter.master.shell.wire_facts import body_of, value_of
    from barter.tools.cli.backup_file import REGISTRY, STATE, Damaged, from_bytes
    from barter.tools.cli.backup_stores import STATE_FORMAT

    try:
        made = from_bytes(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
        if made.of == STATE and made.contents.format <= STATE_FORMAT:
            if made.framework != framework:
                raise Refused(f"{file} is of framework {made.framework}", then=f"--framework {made.framework}")
            return made
        if made.of != REGISTRY:
            raise Damaged(f"this version knows nothing of its {made.of} of format {made.contents.format}")
        if framework:
            raise Refused(f"{file} is of a registry, and of no framework", then="leave out --framework")
        check_format(str(file), made.contents.format)
        contents = current(made.contents, body_of, value_of)
        return replace(made, contents=contents._replace(epoch=contents.epoch + EPOCHS_AHEAD))
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror or error}") from None
    except UnusableRegistry as error:
        raise Refused(str(error)) from None
    except (Damaged, Undecodable) as error:
        raise Refused(f"{file}: {error}", then="take another backup; nothing was changed") from None


def _store(given: dict[str, Any], *, insecure: bool) -> "Store":
    """Raises UsageError unless one of --data-dir and --zk is given; a --zk from the environment yields."""
    from barter.tools.cli import backup_stores as stores

    folder, framework = given.pop("data_dir"), given["framework"]
    source = click.get_current_context().get_parameter_source("zk")
    if folder is not None and source is not click.core.ParameterSource.COMMANDLINE:
        given["zk"] = None
    settings = zookeeper_settings(given, insecure=insecure)
    if settings is not None and folder is None:
        return stores.StateZnodes(settings, framework) if framework else stores.RegistryZnodes(settings)
    if settings is None and folder is not None:
        return stores.StateFolder(folder, framework) if framework else stores.RegistryFolder(folder)
    raise click.UsageError("give one of --data-dir and --zk")


def _write(file: Path, data: bytes) -> None:
    """All of it or nothing, durable, for its owner alone."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _said(made: "Backup") -> str:
    contents = made.contents
    counts = Counter(row.kind for row in contents.rows)
    if made.framework:
        return f"{len(contents.rows)} values of {made.framework}, as of {made.when}"
    of_each = ", ".join(f"{kind} {count}" for kind, count in counts.items()) or "nothing admitted yet"
    return f"cluster {contents.cluster_id}, epoch {contents.epoch}, as of {made.when}: {of_each}"
