"""What of a resident app stays as it is: its places were made for it."""

import re

from barter.core.roles import DEFAULT_ROLE
from barter.frameworks.service import ports
from barter.frameworks.service.app import App
from barter.frameworks.service.places import is_resident

_UNFIT = re.compile(r"[^A-Za-z0-9_.-]|^[-.]+")


def resident_role(role: str, name: str) -> str:
    """For which role places are reserved: the framework's, or where that is everybody's one with the framework's name,
    as nothing can be reserved for everybody."""
    return role if role != DEFAULT_ROLE else _UNFIT.sub("_", name)


def outgrown(old: App, new: App) -> tuple[str, str] | None:
    """The field and the reason where an app may not become another, as its instances could not stay in their places."""
    if not (is_resident(old) or is_resident(new)):
        return None
    if old.volumes_persistent != new.volumes_persistent:
        return "/container/volumes", f"Persistent volumes can not be changed: {_WAY_OUT}"
    for field, before, after in (
        ("cpus", old.cpus, new.cpus),
        ("mem", old.mem, new.mem),
        ("disk", old.disk, new.disk),
        ("portDefinitions", _ports(old), _ports(new)),
    ):
        if before != after:
            return f"/{field}", f"Resident tasks may not change their resource requirements: {_WAY_OUT}"
    return None


_WAY_OUT = "they are reserved where each instance is; delete the app, with its data, or give another an id of its own"


def _ports(app: App) -> object:
    return app.network, ports.fixed(app), ports.chosen_count(app)
