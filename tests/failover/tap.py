"""`python -m tests.failover.tap FILE start agent|service ...`: the daemon as it is, with what reaches it written down.

A line of JSON for each order of a master that had an effect at the agent, and for each status told to the framework. An
agent's way to masters, for who reads it after a run that failed, is in FILE.links.
"""

import json
import os
import sys
from typing import Any

from barter.agent.actions import Action, ConnectMaster, LeaveMaster, Note
from barter.agent.events import (
    Acknowledged,
    Event,
    KillFramework,
    KillTask,
    MasterConnected,
    MasterGone,
    Registered,
    RunTasks,
    Shutdown,
)
from barter.agent.machine import Agent
from barter.core.tasks import TaskStatus
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.sdk import Driver
from barter.tools.cli.main import main
from tests.failover.record import now_ms

ORDERS = (Acknowledged, KillFramework, KillTask, Registered, RunTasks, Shutdown)


def tap_agent(out: int, links: int) -> None:
    step, masters = Agent.step, [""]

    def tapped(self: Agent, event: Event, now: int) -> list[Action]:
        registered = self.link.registered
        actions = step(self, event, now)
        if isinstance(event, MasterConnected | MasterGone | Registered):
            _write(links, heard=str(event))
        for action in actions:
            if isinstance(action, ConnectMaster | LeaveMaster):
                _write(links, does=str(action))
            if isinstance(action, ConnectMaster):
                masters[0] = action.address
        effects = [each for each in actions if not isinstance(each, Note | LeaveMaster | ConnectMaster)]
        entered = isinstance(event, Registered) and self.link.registered and not registered
        if isinstance(event, ORDERS) and (effects or entered):
            _write(out, id=self.info.agent_id, epoch=event.epoch, master=masters[0], kind=type(event).__name__)
        return actions

    Agent.step = tapped  # type: ignore[method-assign]


def tap_service(out: int) -> None:
    heard = ServiceScheduler.status_update

    def tapped(self: ServiceScheduler, driver: Driver, status: TaskStatus) -> None:
        _write(out, task=status.task_id, agent=status.agent_id, state=str(status.state.value), reason=status.message)
        heard(self, driver, status)

    ServiceScheduler.status_update = tapped  # type: ignore[method-assign]


def _open(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _write(out: int, **what: Any) -> None:
    os.write(out, json.dumps({"at_ms": now_ms(), **what}).encode() + b"\n")


if __name__ == "__main__":
    path = sys.argv.pop(1)
    if "agent" in sys.argv:
        tap_agent(_open(path), _open(f"{path}.links"))
    else:
        tap_service(_open(path))
    main()
