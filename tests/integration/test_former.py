"""Process tasks of an executor of before the keeper, which was killed after an upgrade."""

import asyncio
import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from barter.agent.executor.events import Order
from barter.agent.executor.wire import order_to_wire
from barter.agent.runtime.proc import boot_id, start_time
from barter.core.task_state import TaskState
from tests.integration.executor_agent import FRAMEWORK, Agent, agent, task
from tests.integration.machine import alive, eventually

pytestmark = pytest.mark.integration

ENDS = "until [ -e go ]; do sleep 0.02; done; exit 5"


def started(order: Order) -> int:
    """As the former executor did it; whoever did it is gone."""
    begin = f"setsid sh -c '{order.task.command.shell}' >> stdout 2>> stderr & echo $!"
    env = {**os.environ, "BARTER_SANDBOX": order.sandbox}
    made = subprocess.run(["sh", "-c", begin], cwd=order.sandbox, env=env, stdout=subprocess.PIPE, check=True)
    return int(made.stdout)


def intended(order: Order) -> dict[str, str]:
    return {"order": base64.b64encode(order_to_wire(order).SerializeToString()).decode()}


def test_its_tasks_are_watched_killed_and_told_as_any_other() -> None:
    asyncio.run(_story())


async def _story() -> None:
    async with agent() as one:
        orders = {name: one.order(task(name, ENDS)) for name in ("watched", "found", "killed", "done", "gone")}
        pids = {name: started(orders[name]) for name in ("watched", "found", "killed")}
        await eventually(lambda: all(os.getsid(pid) == pid for pid in pids.values()), "they lead their sessions")
        (one.folder / "executor").mkdir()
        (one.folder / "executor" / "processes").write_text(_written(orders, pids))
        await one.start_executor()
        assert {each.status.task_id for each in one.hellos[-1].tasks} == orders.keys()
        done, gone = [await one.end_of(name) for name in ("done", "gone")]
        assert (done.exit_code, gone.exit_code) == (3, None)
        assert "unknown" in gone.message
        one.kill("killed", grace_ms=5000)
        assert (await one.end_of("killed")).state is TaskState.KILLED
        assert not alive(pids["killed"])
        await one.kill_executor()
        await one.start_executor()
        for name in ("watched", "found"):
            assert alive(pids[name])
            (one.sandbox(name) / "go").touch()
            assert (await one.end_of(name)).state is TaskState.FAILED
        await _leaves_nothing(one, one.folder / "executor")


def _written(orders: dict[str, Order], pids: dict[str, int]) -> str:
    """Of `found` its executor was killed before it noted the pid."""
    known = {name: (pids[name], start_time(pids[name])) for name in ("watched", "killed")}
    # A pid that is now another's.
    known["gone"] = (pids["found"], 1)
    events: list[object] = [{"boot": boot_id()}, *map(intended, orders.values())]
    events += [{"pid": [FRAMEWORK, name, *numbers, []]} for name, numbers in known.items()]
    events.append({"end": [FRAMEWORK, "done", 3, "", False]})
    return "".join(json.dumps(event) + "\n" for event in events)


async def _leaves_nothing(one: Agent, folder: Path) -> None:
    one.stop(kill=True)
    assert await one.executor_exit() == 0
    assert [name for name in ("processes", "keeper.sock", "keeper.notes") if (folder / name).exists()] == []
