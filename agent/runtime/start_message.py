"""From a task's order to what its keeper is told to start."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barter.agent.executor.events import Order, TaskKey
from barter.agent.executor.wire import order_to_wire
from barter.agent.runtime import persistent
from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.environment import process_environment
from barter.agent.runtime.isolation import BUBBLEWRAP, wrapped
from barter.agent.runtime.keeper import wire
from barter.agent.runtime.limits import Limits
from barter.agent.runtime.settings import SettingsFile
from barter.agent.runtime.spawn import check_program, command_of
from barter.agent.runtime.users import Identity, identity, limits_of, own_sandbox, own_volumes
from barter.core.ids import FrameworkId, TaskId


def name_of(key: TaskKey) -> bytes:
    """The keeper's name for a task."""
    return "/".join(key).encode()


def key_of(name: bytes) -> TaskKey:
    framework_id, _, task_id = name.decode().partition("/")
    return TaskKey(FrameworkId(framework_id), TaskId(task_id))


def tag_of(name: bytes) -> str:
    """What its pipes are called: as short for every task."""
    return hashlib.sha1(name, usedforsecurity=False).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Made:
    """`wrapped`: the task's first process waits for the real one, and must live as long."""

    message: bytes
    program: str
    cgroups: tuple[str, ...]
    wrapped: bool = False


class Starter:
    def __init__(self, work_dir: Path, limits: Limits, settings: SettingsFile) -> None:
        self._work_dir, self._limits, self._settings = work_dir, limits, settings

    def start(self, order: Order) -> Made:
        """Raises RuntimeFailure; links volumes into the sandbox and makes the task's cgroups."""
        environment = process_environment(order)
        program, argv = command_of(order, environment)
        owner = identity(order.task.command.user)
        rlimits = limits_of(order.task.command.rlimits)
        if order.task.volumes or order.task.shared:
            persistent.link(order, self._work_dir)
        if owner is not None:
            own_sandbox(order, owner)
            own_volumes(order, owner)
        isolated = self._isolated()
        first, arguments, become = program, argv, owner
        if isolated:
            check_program(order, program)
            first, arguments = wrapped(order, self._work_dir, (program, *argv[1:]), owner)
            # bwrap itself is started as the agent, so that it needs no user namespace.
            become = None
        cgroups = self._limits.make(order.key, order.task)
        enter, leave = self._limits.doors(cgroups)
        name = name_of(order.key)
        parts = (
            b"start",
            name,
            order_to_wire(order).SerializeToString(),
            tag_of(name).encode(),
            os.fsencode(order.sandbox),
            os.fsencode(first),
            _list(arguments),
            _pairs(environment),
            _list(cgroups),
            _list(enter),
            _list(leave),
            _user(become),
            _list(rlimits),
            b"1" if order.task.revocable else b"0",
            _user(owner),
            b"1" if isolated else b"0",
        )
        return Made(wire.pack(parts), program, cgroups, isolated)

    def check(self, order: Order, command: str, cgroups: tuple[str, ...]) -> tuple[bytes, ...]:
        """What follows the number of a check, which is run in its task's cgroups; raises RuntimeFailure."""
        program, argv, owner = "/bin/sh", ["/bin/sh", "-c", command], identity(order.task.command.user)
        if self._isolated():
            program, argv = wrapped(order, self._work_dir, argv, owner)
            owner = None
        environment = process_environment(order)
        enter, leave = self._limits.doors(cgroups)
        return (
            os.fsencode(order.sandbox),
            os.fsencode(program),
            _list(argv),
            _pairs(environment),
            _user(owner),
            _list(enter),
            _list(leave),
        )

    def _isolated(self) -> bool:
        try:
            return self._settings.current().isolation == BUBBLEWRAP
        except (OSError, ValueError) as error:
            raise LaunchFailed(f"whether to isolate it is not known: {error}; start the agent again") from None


def _user(owner: Identity | None) -> bytes:
    return b"" if owner is None else str(owner).encode()


def _list(texts: Sequence[str]) -> bytes:
    return wire.pack([os.fsencode(text) for text in texts])


def _pairs(environment: dict[str, str]) -> bytes:
    return wire.pack([os.fsencode(text) for pair in environment.items() for text in pair])
