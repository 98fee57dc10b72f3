"""Tasks that end by themselves, or answer their health checks badly."""

from random import Random

from barter.agent.facts import TaskKey
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.faults.model import Fault, Kind, agents, lasting
from barter.tools.sim.running import Running


def _one(cluster: SimCluster, fault: Fault) -> tuple[TaskKey, Running] | None:
    """Of those that run on the target now, chosen by the drawn amount."""
    running = list(cluster.hosts[fault.target].tasks.items())
    return running[fault.amount % len(running)] if running else None


def _dies(cluster: SimCluster, fault: Fault) -> None:
    if (found := _one(cluster, fault)) is not None:
        cluster.hosts[fault.target].end(found[0], fault.amount % 3)


def _sick(cluster: SimCluster, fault: Fault) -> None:
    if (found := _one(cluster, fault)) is not None:
        (framework_id, task_id), running = found

        def set_to(sick: int) -> None:
            running.healthy = not sick

        cluster.impose(f"sick {framework_id} {task_id}", 1, fault.us, set_to)


def _any(rng: Random) -> tuple[int, int]:
    return 0, rng.randrange(1, 1000)


KINDS = (
    Kind("task-dies", 2, agents, _any, _dies, "a task ends by itself, with an exit code of 0, 1 or 2"),
    Kind(
        "task-sick",
        0.7,
        agents,
        lambda rng: (lasting(1, 120)(rng)[0], _any(rng)[1]),
        _sick,
        "a task fails its health checks for a while",
    ),
)
