"""An author's scheduler as the program of a simulated process."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from barter.core.cluster import FrameworkInfo
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore


def instance_of(factory: Callable[..., Scheduler], store: StateStore) -> Scheduler:
    """What `factory` makes, called with the store where its first parameter is required or named `store`."""
    parameters = list(inspect.signature(factory).parameters.values())
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not parameters or parameters[0].kind not in positional:
        return factory()
    wants_store = parameters[0].name == "store" or parameters[0].default is inspect.Parameter.empty
    return factory(store) if wants_store else factory()


@dataclass(frozen=True, slots=True)
class AuthorProgram:
    """`factory` is called anew for each process."""

    framework: FrameworkInfo
    demands_only: bool
    factory: Callable[..., Scheduler]

    def start(self, store: StateStore, rng: Random) -> Scheduler:
        return instance_of(self.factory, store)
