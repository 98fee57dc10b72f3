"""`allocator`: the allocator alone, in the shapes of Mesos' hierarchical_allocator_benchmarks.cpp and in ours.

Seconds are of one processor: it does nothing else, and others on the machine do not count.
"""

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from heapq import heapify, heapreplace
from pathlib import Path

from barter.core.cluster import Demand, Strategy
from barter.core.constraints import Constraint, Operator
from barter.core.ids import DemandId
from barter.core.resources import resources
from barter.core.units import GIB
from barter.master.allocator import Grant
from barter.tools.bench.allocator_world import RACK, ZONES, World, agent_slots
from barter.tools.bench.measure import Progress, Result, median

LONG_MS, EVENTS, IDLE_ROUNDS, SMALLER, ROUNDS_A_WORD = 10**9, 60, 1_000, 10, 20
NEED = resources(cpus=1_000, mem=4 * GIB)


def run(agents: int, frameworks: int, rounds: int, say: Progress) -> list[Result]:
    """All of it for one size; `rounds` of declining at most, 0 for until everything is filtered."""
    say(f"{agents} agents, {frameworks} frameworks: a full pass, then every framework declines all it holds")
    before = _resident()
    slots = agent_slots(agents)
    described = (_resident() - before) / agents
    world = World(slots, frameworks)
    took, grants = _full_pass(world)
    memory = (_resident() - before) / agents
    floor = _bare_heap(agents, frameworks)
    idle = _idle(world)
    worst = _declines(world, grants, rounds, say)
    del world, grants
    say("demands with constraints")
    demand_pass, tasks = _demand_pass(agents, frameworks)
    say("single events")
    event, smaller = (events(size, frameworks) for size in (agents, max(agents // SMALLER, 1)))
    return [
        Result("allocator", "full_pass", took, "s", floor),
        Result("allocator", "decline_round_worst", worst, "s", floor),
        Result("allocator", "idle_round", idle, "s", _empty_call()),
        Result("allocator", "event_median", event, "s", smaller),
        Result("allocator", "demand_pass", demand_pass, "s", _bare_heap(tasks, frameworks)),
        Result("allocator", "agent_memory", memory, "B", described),
    ]


def full_pass(agents: int, frameworks: int) -> float:
    """Seconds for everything from empty."""
    return _full_pass(World(agent_slots(agents), frameworks))[0]


def _full_pass(world: World) -> tuple[float, list[Grant]]:
    gc.collect()
    began = time.process_time()
    grants = world.allocator.allocate(0)
    took = time.process_time() - began
    world.book(grants)
    return took, grants


def _declines(world: World, grants: list[Grant], rounds: int, say: Progress) -> float:
    """The slowest round of declines and the pass that follows, until nothing can be offered."""
    worst, now, done = 0.0, 0, 0
    while grants and (not rounds or done < rounds):
        now, done = now + 1, done + 1
        if done % ROUNDS_A_WORD == 0:
            say(f"round {done}: {len(grants)} offers declined, {worst:.3f} s the slowest so far")
        returned = world.given(grants, -1)
        began = time.process_time()
        world.tell(*returned)
        for grant in grants:
            world.allocator.refuse(grant.framework_id, grant.agent_id, grant.resources, now + LONG_MS)
        grants = world.allocator.allocate(now)
        worst = max(worst, time.process_time() - began)
        world.book(grants)
    return worst


def _idle(world: World) -> float:
    world.allocator.allocate(0)
    began = time.process_time()
    for _ in range(IDLE_ROUNDS):
        world.allocator.allocate(0)
    return (time.process_time() - began) / IDLE_ROUNDS


def _empty_call() -> float:
    def nothing(now: int) -> list[Grant]:
        return []

    began = time.process_time()
    for _ in range(IDLE_ROUNDS):
        nothing(0)
    return (time.process_time() - began) / IDLE_ROUNDS


def _bare_heap(handed_out: int, frameworks: int) -> float:
    """The floor: the lowest share gets the next, and nothing is asked or made."""
    heap = [(0.0, number) for number in range(frameworks)]
    heapify(heap)
    began = time.process_time()
    for _ in range(handed_out):
        share, number = heap[0]
        heapreplace(heap, (share + 1 / handed_out, number))
    return time.process_time() - began


def _demand_pass(agents: int, frameworks: int) -> tuple[float, int]:
    """Five constrained demands of every framework, some of them impossible; seconds, and how many tasks were wanted."""
    world = World(agent_slots(agents), frameworks)
    for number, (framework_id, seeker) in enumerate(world.seekers.items()):
        world.seekers[framework_id] = replace(seeker, demands_only=True)
        world.want(framework_id, _constrained(number, seeker.roles[0], agents))
    wanted = sum(each.count for seeker in world.seekers.values() for each in seeker.demands)
    gc.collect()
    began = time.process_time()
    world.allocator.allocate(0)
    return time.process_time() - began, wanted


def _constrained(number: int, role: str, agents: int) -> list[Demand]:
    zone, rack = f"z{number % ZONES}", f"r{number % max(agents // RACK, 1)}"
    return [
        _demand("zone", 4, role, Constraint("zone", Operator.IS, zone)),
        _demand("rack", 2, role, Constraint("rack", Operator.LIKE, rack)),
        _demand("hosts", 5, role, Constraint("@hostname", Operator.UNIQUE)),
        _demand("level", 6, role, Constraint("zone", Operator.MAX_PER, "2")),
        _demand("never", 1, role, Constraint("zone", Operator.IS, "z0"), Constraint("zone", Operator.IS, "z1")),
    ]


def _demand(name: str, count: int, role: str, *constraints: Constraint) -> Demand:
    strategy = Strategy.PACK if name == "rack" else Strategy.SPREAD
    return Demand(DemandId(name), NEED, count, port_count=1, role=role, constraints=constraints, strategy=strategy)


def events(agents: int, frameworks: int) -> float:
    """The median over single events in a cluster whose agents are in use: something ends, a framework revives or
    declines, a demand is raised."""
    world = World(agent_slots(agents), frameworks)
    held = world.allocator.allocate(0)
    world.book(held)
    for framework_id, seeker in world.seekers.items():
        world.want(framework_id, [_demand("more", 0, seeker.roles[0])])
    world.allocator.allocate(0)
    gc.collect()
    took: list[float] = []
    rounds = min(EVENTS, len(held))
    for number in range(rounds):
        grant = held[number * len(held) // rounds]
        took += [_timed(world, one) for one in _events(world, grant, number)]
    return median(took)


def _events(world: World, grant: Grant, number: int) -> list[Callable[[], None]]:
    allocator, framework_id = world.allocator, grant.framework_id
    returned = world.given([grant], -1)

    def declined() -> None:
        world.tell(*returned)
        allocator.refuse(framework_id, grant.agent_id, grant.resources, LONG_MS + number)

    def freed() -> None:
        slot = world.slots[grant.agent_id]
        more = resources(cpus=1_000, mem=GIB)
        world.slots[grant.agent_id] = replace(slot, free=slot.free + more if slot.free else more)
        allocator.set_agent(world.slots[grant.agent_id])

    def revived() -> None:
        allocator.clear_refusals(framework_id)

    def raised() -> None:
        [demand] = world.seekers[framework_id].demands
        world.want(framework_id, [replace(demand, count=demand.count + 1)])

    return [declined, freed, revived, raised]


def _timed(world: World, event: Callable[[], None]) -> float:
    began = time.process_time()
    event()
    grants = world.allocator.allocate(0)
    took = time.process_time() - began
    world.book(grants)
    return took


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
