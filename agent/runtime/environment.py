"""The environment of a task, the same in every runtime."""

import os
from collections.abc import Mapping

from barter.agent.executor.events import Order

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def task_environment(order: Order, sandbox: str) -> dict[str, str]:
    """What the task asks for, and under Barter's and Mesos' names who it is; `sandbox` as the task sees it."""
    environment = dict(order.task.command.env)
    for prefix in ("BARTER", "MESOS"):
        environment[f"{prefix}_TASK_ID"] = order.task.task_id
        environment[f"{prefix}_FRAMEWORK_ID"] = order.framework_id
        environment[f"{prefix}_SANDBOX"] = sandbox
    return environment


def process_environment(order: Order) -> dict[str, str]:
    """For a process of this machine: also what every program expects, unless the task says otherwise."""
    defaults: Mapping[str, str] = {
        "PATH": os.environ.get("PATH", DEFAULT_PATH),
        "HOME": order.sandbox,
        "LANG": os.environ.get("LANG", "C.UTF-8"),
    }
    return {**defaults, **task_environment(order, order.sandbox)}
