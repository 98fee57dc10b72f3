"""From a task's order to what its keeper is told to start."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barter.agent.executor.events import Order, TaskKey
from barter.agent.executor.wire import order_to_wire
from barter.agent.runtime import persistent
from barter.agent.runtime.environment import process_environment
from barter.agent.runtime.keeper import wire
from barter.agent.runtime.limits import Limits
from barter.agent.runtime.spawn import command_of
from barter.core.ids import FrameworkId, TaskId


def name_of(key: TaskKey) -> bytes:
    """The keeper's name for a task."""
    return "/".join(key).encode()


def key_of(name: bytes) -> TaskKey:
    framework_id, _, task_id = name.decode().partition("/")
    return TaskKey(FrameworkId(framework_id), TaskId(task_id))


@dataclass(frozen=True, slots=True)
class Made:
    """`wrapped`: the task's first process waits for the real one, and must live as long."""

    message: bytes
    program: str
    cgroups: tuple[str, ...]
    wrapped: bool = False


class Starter:
    def __init__(self, work_dir: Path, limits: Limits) -> None:
        self._work_dir, self._limits = work_dir, limits

    def program(self, order: Order) -> tuple[str, bool]:
        """What an order was started with, for messages, and whether it is wrapped."""
        return (order.task.command.argv or ("/bin/sh",))[0], False

    def start(self, order: Order) -> Made:
        """Raises RuntimeFailure; links volumes into the sandbox and makes the task's cgroups."""
        environment = process_environment(order)
        program, argv = command_of(order, environment)
        if order.task.volumes:
            persistent.link(order, self._work_dir)
        cgroups = self._limits.make(order.key, order.task)
        enter, leave = self._limits.doors(cgroups)
        parts = (
            b"start",
            name_of(order.key),
            order_to_wire(order).SerializeToString(),
            hashlib.sha1(name_of(order.key), usedforsecurity=False).hexdigest()[:20].encode(),
            os.fsencode(order.sandbox),
            os.fsencode(program),
            _list(argv),
            _pairs(environment),
            _list(cgroups),
            _list(enter),
            _list(leave),
            b"",
            _list(()),
            b"1" if order.task.revocable else b"0",
        )
        return Made(wire.pack(parts), program, cgroups)

    def check(self, order: Order, command: str) -> tuple[bytes, ...]:
        """What follows the number of a check; raises RuntimeFailure."""
        argv = ("/bin/sh", "-c", command)
        environment = process_environment(order)
        return os.fsencode(order.sandbox), b"/bin/sh", _list(argv), _pairs(environment), b""


def _list(texts: Sequence[str]) -> bytes:
    return wire.pack([os.fsencode(text) for text in texts])


def _pairs(environment: dict[str, str]) -> bytes:
    return wire.pack([os.fsencode(text) for pair in environment.items() for text in pair])
