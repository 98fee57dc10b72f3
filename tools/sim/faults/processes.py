"""Processes that die, hang, or lose their machine."""

from random import Random

from barter.agent.events import Leave
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.disk import Doom
from barter.tools.sim.faults.model import (
    Fault,
    Kind,
    agents,
    at_once,
    everyone,
    frameworks,
    impatient,
    lasting,
    masters,
)

DOOMS = tuple(Doom)


def _crash(cluster: SimCluster, fault: Fault) -> None:
    process = cluster.process(fault.target)
    process.down_us = fault.us
    process.crash("kill -9")


def _executor_crash(cluster: SimCluster, fault: Fault) -> None:
    executor = cluster.agents[fault.target].executor
    if executor is not None:
        executor.crash("kill -9")


def _both_crash(cluster: SimCluster, fault: Fault) -> None:
    _crash(cluster, fault)
    _executor_crash(cluster, fault)


def _keeper_crash(cluster: SimCluster, fault: Fault) -> None:
    cluster.hosts[fault.target].keeper.crash()


def _keeper_doom(cluster: SimCluster, fault: Fault) -> None:
    cluster.hosts[fault.target].keeper.disk.arm((Doom.BEFORE_SYNC, Doom.AFTER_SYNC)[fault.amount % 2])


def _all_crash(cluster: SimCluster, fault: Fault) -> None:
    """At once, or within some seconds."""
    engine, name = cluster.engines.get(fault.target), fault.target
    _both_crash(cluster, fault)
    if engine is not None:
        engine.crash()
        cluster.until(fault.us, lambda: engine.boot() if name not in cluster.machines_down else None)


def _machine_crash(cluster: SimCluster, fault: Fault) -> None:
    cluster.crash_machine(fault.target, fault.us)


def _pause(cluster: SimCluster, fault: Fault) -> None:
    cluster.process(fault.target).pause(fault.us)


def _pause_executor(cluster: SimCluster, fault: Fault) -> None:
    executor = cluster.agents[fault.target].executor
    if executor is not None:
        executor.pause(fault.us)


def _leave(cluster: SimCluster, fault: Fault) -> None:
    cluster.agents[fault.target].down_us = fault.us
    cluster.agents[fault.target].post(Leave("an operator said so"))


def _doom(cluster: SimCluster, fault: Fault) -> None:
    process = cluster.process(fault.target)
    process.down_us = fault.us
    process.disk.arm(DOOMS[fault.amount % len(DOOMS)], fault.amount // len(DOOMS))


def _drawn_doom(rng: Random) -> tuple[int, int]:
    return lasting(0.1, 10)(rng)[0], rng.randrange(len(DOOMS)) + len(DOOMS) * rng.choice((0, 0, 1, 2, 3))


def _either(rng: Random) -> tuple[int, int]:
    return 0, rng.randrange(2)


def _drift(cluster: SimCluster, fault: Fault) -> None:
    cluster.process(fault.target).clock.drift(fault.amount)


KINDS = (
    Kind("master-crash", 4, masters, lasting(0.2, 60), _crash, "kill -9, and a start on the same registry"),
    Kind("agent-crash", 0.9, agents, lasting(0.1, 90), _crash, "kill -9; its executor and tasks go on"),
    Kind("executor-crash", 0.6, agents, lasting(0.1, 1), _executor_crash, "kill -9; its tasks go on"),
    Kind("agent-and-executor-crash", 0.4, agents, lasting(0.1, 30), _both_crash, "kill -9 of both; the tasks go on"),
    Kind("keeper-crash", 0.3, agents, at_once, _keeper_crash, "kill -9 of the parent of process tasks; they go on"),
    Kind("keeper-notes", 0.3, agents, _either, _keeper_doom, "it dies in a write: before or after"),
    Kind("all-crash", 0.3, agents, lasting(0.1, 60), _all_crash, "kill -9 of agent, executor and engine at once"),
    Kind("machine-crash", 0.4, agents, lasting(5, 120), _machine_crash, "power is lost, and with it all that runs"),
    Kind("framework-crash", 3, frameworks, lasting(0.1, 30), _crash, "kill -9, and a start on the same store"),
    Kind("framework-away", 2, impatient, lasting(30, 240), _crash, "is down, maybe for longer than it may"),
    Kind("pause", 0.5, everyone, lasting(0.5, 60), _pause, "SIGSTOP, then SIGCONT"),
    Kind("executor-pause", 0.3, agents, lasting(0.5, 30), _pause_executor, "SIGSTOP, then SIGCONT"),
    Kind("leave", 0.2, agents, lasting(5, 60), _leave, "told to leave for good; later it joins as a new agent"),
    Kind("disk", 1, everyone, _drawn_doom, _doom, "dies in a write: before or after the sync, or between sends"),
    Kind(
        "drift",
        0.4,
        everyone,
        lambda rng: (0, rng.randrange(-50_000, 50_000)),
        _drift,
        "its clock runs fast or slow, in ppm",
    ),
)
