"""An agent that starts again with other resources or attributes: more goes through, less is refused, tasks run on."""

import signal
from pathlib import Path

import pytest

from barter.core.resources import parse_resources
from barter.proto import codec
from tests.integration.agent_world import HAS, AgentProcess, task
from tests.integration.machine import alive, eventually
from tests.integration.test_agent import World, play

pytestmark = pytest.mark.integration
MORE = "cpus=65,mem=64GiB,ports=30000-32000,widgets=2"


def test_more_is_registered_less_is_refused_and_tasks_run_on(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        master = world.master

        def again(has: str, zone: str) -> AgentProcess:
            one = AgentProcess(master.address, tmp_path / "work", has=has, zone=zone)
            world.agents.append(one)
            return one

        first = again(HAS, "a")
        await eventually(lambda: master.registers and first.executor_pid)
        await master.run(task("t1", "echo $$ > pid; exec sleep 600"))
        sandbox = tmp_path / "work" / "sandboxes" / "c-1-0001" / "t1"
        await eventually(lambda: master.states("t1") == ["TASK_RUNNING"])
        pid = int((sandbox / "pid").read_text())
        await first.end(signal.SIGKILL)

        less = again("cpus=64,mem=1GiB,ports=31000-32000", "b")
        assert await less.end(signal.SIGCONT) == 1
        text = less.log.read_text()
        assert "mem is 1GiB (stated), was 64GiB (stated); attribute zone is 'b', was 'a'" in text
        assert "Start it as it was" in text
        assert "Traceback" not in text
        assert len(master.registers) == 1
        assert alive(pid)

        again(MORE, "a")
        await eventually(lambda: len(master.registers) > 1)
        told = codec.agent_from_wire(master.registers[-1].agent)
        assert parse_resources(MORE) in told.resources
        assert told.max_containers == 64
        assert [each.task.task_id for each in master.registers[-1].tasks] == ["t1"]
        assert alive(pid)
        await master.kill("t1")
        await eventually(lambda: "TASK_KILLED" in master.states("t1") and not alive(pid))

    play(tmp_path, story)
