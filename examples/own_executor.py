"""A framework that brings its own executor: `python examples/own_executor.py 127.0.0.1:5050`.

The agent starts this same file once more, as the executor. It runs each task in a thread of its own, counts what they
have done, and says so to the scheduler, in words that nobody between the two reads.
"""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from barter import sdk

SUMS = 3
NEEDS = sdk.resources(cpus=100, mem=16 * sdk.MIB)
EXECUTOR = sdk.ExecutorInfo(
    sdk.ExecutorId("adder"),
    sdk.Command(argv=(sys.executable, str(Path(__file__).resolve()), "executor")),
    sdk.resources(cpus=100, mem=64 * sdk.MIB),
)
IN_ALL = sdk.resources(cpus=SUMS * 100 + 100, mem=(SUMS * 16 + 64) * sdk.MIB)


class Adder(sdk.Executor):
    """One process for all its tasks: what is dear to make, as a cache or a connection, is made once."""

    def __init__(self) -> None:
        self.done = 0

    def launch_task(self, driver: sdk.ExecutorDriver, task: sdk.TaskInfo) -> None:
        driver.send_status_update(task.task_id, sdk.TaskState.RUNNING)
        threading.Thread(target=self.add, args=(driver, task), daemon=True).start()

    def add(self, driver: sdk.ExecutorDriver, task: sdk.TaskInfo) -> None:
        total = sum(range(int(task.labels["up_to"]) + 1))
        self.done += 1
        driver.send_framework_message(f"{task.task_id}: {total}, the {self.done}. sum of this process".encode())
        driver.send_status_update(task.task_id, sdk.TaskState.FINISHED)

    def kill_task(self, driver: sdk.ExecutorDriver, task_id: sdk.TaskId, grace_ms: int) -> None:
        driver.send_status_update(task_id, sdk.TaskState.KILLED)

    def framework_message(self, driver: sdk.ExecutorDriver, data: bytes) -> None:
        if data == b"thank you":
            driver.stop()


class Sums(sdk.Scheduler):
    def __init__(self) -> None:
        self.launched = self.ended = 0

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            tasks: list[sdk.TaskInfo] = []
            if not self.launched and IN_ALL in offer.resources:
                for number in range(SUMS):
                    name = f"sum-{number}"
                    labels = {"up_to": str(10**number)}
                    tasks.append(sdk.TaskInfo(sdk.TaskId(name), name, NEEDS, labels=labels, executor=EXECUTOR))
                self.launched = SUMS
            driver.launch(offer, tasks)

    def framework_message(
        self, driver: sdk.Driver, agent_id: sdk.AgentId, executor_id: sdk.ExecutorId, data: bytes
    ) -> None:
        print(data.decode(), flush=True)

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        self.ended += status.terminal
        if self.ended == SUMS:
            driver.send_framework_message(status.agent_id, EXECUTOR.executor_id, b"thank you")

    def executor_lost(
        self,
        driver: sdk.Driver,
        agent_id: sdk.AgentId,
        executor_id: sdk.ExecutorId,
        exit_code: int | None,
        reason: str,
    ) -> None:
        print(f"executor {executor_id} has ended with code {exit_code}", flush=True)
        driver.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["executor"]:
        sys.exit(sdk.run_executor(Adder()))
    sys.exit(sdk.MasterDriver(Sums(), sdk.FrameworkInfo("sums"), sys.argv[1]).run())
