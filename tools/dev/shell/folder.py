"""Where `barter dev` keeps a cluster, and what it tells others about it."""

import json
import os
from pathlib import Path
from typing import Any

ADDRESSES = "dev.json"
DATA_DIR_VARIABLE = "BARTER_DEV_DATA_DIR"


def state_dir() -> Path:
    """The folder for what Barter keeps for this user: `$XDG_STATE_HOME/barter`."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "barter"


def default_dir() -> Path:
    return state_dir() / "dev"


def running(folder: Path | None = None) -> dict[str, Any] | None:
    """The addresses of the cluster in `folder` (by default dev's own), or None where no `barter dev` runs."""
    if folder is None:
        folder = Path(os.environ.get(DATA_DIR_VARIABLE) or default_dir())
    try:
        addresses = json.loads((folder / ADDRESSES).read_text())
        os.kill(int(addresses["pid"]), 0)
    except PermissionError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return addresses if isinstance(addresses, dict) else None


def publish(folder: Path, addresses: dict[str, Any]) -> None:
    """Write dev.json at once, readable by its owner only as the folder is."""
    draft = folder / f"{ADDRESSES}.new"
    draft.write_text(json.dumps(addresses, indent=2) + "\n")
    draft.replace(folder / ADDRESSES)


def withdraw(folder: Path) -> None:
    (folder / ADDRESSES).unlink(missing_ok=True)
