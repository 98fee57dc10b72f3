"""An agent with a living executor of the version before: nothing is done half, and it makes way when it is idle."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from barter.core.groups import task_group
from tests.integration.agent_world import AGENT, AgentProcess, Master, task
from tests.integration.machine import alive, eventually

pytestmark = pytest.mark.integration

# What an executor without a protocol number says is in tests/golden/protocol_1.json; the rest it says as ever.
OLD_EXECUTOR = """
import sys
from barter.agent.executor import wire
from barter.agent.executor.__main__ import main
wire.PROTOCOL = 0
sys.exit(main())
"""
OLD_AGENT = f"""
import sys
from barter.agent.executor import protocol
protocol.PROTOCOL = 1
from barter.agent.shell.process import ExecutorProcess
ExecutorProcess.__init__.__defaults__ = ((sys.executable, "-c", {OLD_EXECUTOR!r}),)
{AGENT}
"""


async def _story(agents: list[AgentProcess], work: Path, master: Master) -> None:
    agents.append(AgentProcess(master.address, work, script=OLD_AGENT))
    await eventually(lambda: master.registers)
    await master.run(task("plain", f"while [ ! -e {work}/go ]; do sleep 0.05; done; exit 3"))
    await eventually(lambda: master.states("plain") == ["TASK_RUNNING"])
    old = agents[0].executor_pid
    await agents[0].end(signal.SIGKILL)

    agents.append(AgentProcess(master.address, work))
    await eventually(lambda: len(master.registers) == 2)
    # A task that it can run shows that it has said hello, and so which protocol it speaks.
    await master.run(task("other", "exit 0"))
    await eventually(lambda: master.states("other")[-1:] == ["TASK_FINISHED"])
    await master.run(*task_group("g", (task("one", "exit 0"), task("two", "exit 0"))))
    await eventually(lambda: master.states("one") and master.states("two"))
    told = {status.task_id: status for status in master.updates}
    assert told["one"].state == told["two"].state == "TASK_DROPPED"
    assert "the executor of an earlier version cannot run task groups" in told["one"].message
    assert agents[1].executor_pid == old
    (work / "go").touch()
    await eventually(lambda: master.states("plain")[-1] == "TASK_FAILED")
    assert master.updates[-1].exit_code == 3
    await eventually(lambda: agents[1].executor_pid not in (0, old), "a new one takes its place")
    await master.run(*task_group("h", (task("three", "exit 0"), task("four", "sleep 600"))))
    await eventually(lambda: master.states("four")[-1:] == ["TASK_KILLED"])
    assert master.states("three")[-1] == "TASK_FINISHED"
    assert await agents[1].end(signal.SIGUSR1) == 0


def test_an_executor_of_the_version_before_is_used_as_it_can_be_and_replaced(tmp_path: Path) -> None:
    agents: list[AgentProcess] = []

    async def play() -> None:
        master = await Master().start()
        try:
            await _story(agents, tmp_path / "work", master)
        finally:
            for each in agents:
                pid = each.executor_pid
                await each.end(signal.SIGKILL)
                if pid and alive(pid):
                    os.kill(pid, signal.SIGKILL)
            await master.stop()

    asyncio.run(play())
