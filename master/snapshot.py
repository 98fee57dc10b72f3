"""A master as a value: taken between two batches, and made a master again that decides the same from there on."""

from collections.abc import Iterator
from itertools import chain

from barter.master import offers, placement
from barter.master.allocator.allocator import Allocator
from barter.master.allocator.memory import Counted, index_of
from barter.master.cluster import Cluster, Timing
from barter.master.facts import Recovered
from barter.master.machine import Master
from barter.master.snapshot_records import (
    AgentRecord,
    EdgeRecord,
    FrameworkRecord,
    Head,
    PendingRecord,
    Snapshot,
    StandingRecord,
    TaskRecord,
    TimerRecord,
    ToldRecord,
)
from barter.master.state import Agent, Framework, Pending, Task
from barter.master.timers import PreemptionDue, RemovalTurn, Timers


def take(master: Master, now: int) -> Snapshot:
    """The master as it stands; it is not changed. Raises ValueError within a batch."""
    if master.batch_open:
        raise ValueError("a snapshot is taken between two batches: let the batch end with its Tick first")
    cluster = master.cluster
    frameworks = cluster.frameworks.values()
    return Snapshot(
        _head(cluster, now),
        tuple(map(_agent, cluster.agents.values())),
        tuple(map(_framework, frameworks)),
        tuple(_task(task) for framework in frameworks for task in framework.tasks.values()),
        tuple(map(_task, cluster.ended.tasks.values())),
        tuple(
            PendingRecord(framework.framework_id, pending.agent_id, pending.status)
            for framework in frameworks
            for pending in framework.pending.values()
        ),
        tuple(cluster.offers.values()),
        tuple(ToldRecord(*told) for told in cluster.endpoints.told),
        cluster.endpoints.serving,
        tuple(TimerRecord(*timer) for timer in cluster.timers.waiting),
        tuple(cluster.roles.values()),
        tuple(cluster.gone.values()),
        tuple(cluster.reach.removed.values()),
        tuple(EdgeRecord(*report) for report in cluster.edges.reports),
        tuple(StandingRecord(*told) for told in cluster.edges.told.values()),
        cluster.allocator.memory(),
    )


def restore(snapshot: Snapshot, timing: Timing, now: int) -> Master:
    """A master in that state. Raises KeyError or ValueError where the snapshot does not hold together."""
    head = snapshot.head
    master = Master(Recovered(head.cluster_id, head.epoch), timing, now)
    cluster = master.cluster
    for agent in snapshot.agents:
        _put_agent(cluster, agent)
    for framework in snapshot.frameworks:
        _put_framework(cluster, framework)
    _put_tasks(cluster, snapshot)
    for pending in snapshot.pending:
        waiting = cluster.frameworks[pending.framework_id].pending
        waiting[pending.status.uuid] = Pending(pending.status, pending.agent_id)
    _put_offers(cluster, snapshot)
    cluster.roles = {config.role: config for config in snapshot.roles}
    cluster.gone = {gone.agent_id: gone for gone in snapshot.gone}
    reach = cluster.reach
    reach.removals, reach.last_ms = head.removals, head.removed_ms
    for removed in snapshot.removed:
        reach.keep(removed)
    reach.out = dict.fromkeys(head.out_of_reach)
    for record in snapshot.edges:
        cluster.edges.join(record.edge)
        cluster.edges.report(record.edge, record.served, ())
    cluster.edges.changed = {}
    cluster.edges.told = {each.standing.service_id: (each.session, each.standing) for each in snapshot.standings}
    cluster.states = dict(head.states)
    cluster.frameworks_made, cluster.offers_made = head.frameworks_made, head.offers_made
    cluster.history.sequence = cluster.told_history = head.history
    cluster.expected_agents, cluster.expected_frameworks = set(head.expected_agents), set(head.expected_frameworks)
    cluster.timers = Timers()
    for timer in snapshot.timers:
        cluster.timers.at(timer.when_ms, timer.due)
        if isinstance(timer.due, PreemptionDue):
            cluster.preempts_ms = timer.when_ms
        elif isinstance(timer.due, RemovalTurn):
            reach.turn_ms = min(reach.turn_ms or timer.when_ms, timer.when_ms)
    _put_allocator(cluster, snapshot)
    return master


def _head(cluster: Cluster, now: int) -> Head:
    return Head(
        now,
        cluster.cluster_id,
        cluster.epoch,
        cluster.timing,
        cluster.frameworks_made,
        cluster.offers_made,
        cluster.history.sequence,
        {str(state): count for state, count in cluster.states.items()},
        tuple(sorted(cluster.expected_agents)),
        tuple(sorted(cluster.expected_frameworks)),
        cluster.reach.removals,
        tuple(cluster.reach.out),
        cluster.reach.last_ms,
    )


def _agent(agent: Agent) -> AgentRecord:
    return AgentRecord(
        agent.info,
        agent.session,
        agent.unreachable,
        agent.leaving,
        agent.heard_ms,
        agent.registered_ms,
        tuple(agent.tasks),
        tuple(agent.reservations.values()),
        tuple(agent.volumes.values()),
        tuple(agent.condemned),
        agent.maintenance,
        agent.slack,
        tuple(sorted(agent.stored)),
        agent.kept,
        agent.unreachable_ms,
        agent.heartbeat_ms,
    )


def _framework(framework: Framework) -> FrameworkRecord:
    return FrameworkRecord(
        framework.info,
        framework.session,
        framework.absences,
        framework.demands_only,
        tuple(sorted(framework.suppressed)),
        framework.subscribed_ms,
        tuple(framework.demands.values()),
        framework.services,
        tuple(sorted(framework.unanswered)),
        tuple(framework.waiting.items()),
        framework.behind,
    )


def _task(task: Task) -> TaskRecord:
    return TaskRecord(
        task.framework_id, task.agent_id, task.info, task.status, task.launched_ms, task.kill, task.why, task.undecided
    )


def _put_agent(cluster: Cluster, kept: AgentRecord) -> None:
    agent_id = kept.info.agent_id
    flags = kept.unreachable, kept.leaving
    agent = Agent(kept.info, kept.session, *flags, kept.heard_ms, kept.registered_ms)
    agent.reservations = {each.reservation_id: each for each in kept.reservations}
    agent.volumes = {each.volume_id: each for each in kept.volumes}
    agent.condemned = dict.fromkeys(kept.condemned)
    agent.maintenance, agent.slack = kept.maintenance, kept.slack
    agent.stored, agent.kept = frozenset(kept.stored), kept.kept
    agent.unreachable_ms, agent.heartbeat_ms = kept.unreachable_ms, kept.heartbeat_ms
    if agent.kept:
        cluster.keeping[agent_id] = None
    cluster.agents[agent_id] = agent
    cluster.total.add(kept.info.resources)


def _put_framework(cluster: Cluster, kept: FrameworkRecord) -> None:
    framework = cluster.frameworks[kept.info.framework_id] = Framework(
        kept.info, kept.session, kept.absences, kept.demands_only, frozenset(kept.suppressed), kept.subscribed_ms
    )
    framework.demands = {demand.demand_id: demand for demand in kept.demands}
    framework.services, framework.unanswered = kept.services, set(kept.unanswered)
    framework.waiting, framework.behind = dict(kept.waiting), kept.behind
    if framework.connected:
        cluster.sessions[framework.session] = framework.framework_id


def _put_tasks(cluster: Cluster, snapshot: Snapshot) -> None:
    tasks = {task.key: task for task in map(_live, snapshot.tasks)}
    for task in tasks.values():
        framework = cluster.frameworks[task.framework_id]
        framework.tasks[task.info.task_id] = task
        cluster.hold(cluster.agents[task.agent_id], framework, task.info)
    for agent in snapshot.agents:
        cluster.agents[agent.info.agent_id].tasks = {key: tasks[key] for key in agent.tasks}
    for kept in snapshot.ended:
        cluster.ended.add(_live(kept))
    cluster.endpoints.put_back(((told.framework_id, told.service) for told in snapshot.told), snapshot.endpoints, tasks)


def _live(kept: TaskRecord) -> Task:
    return Task(
        kept.framework_id, kept.agent_id, kept.info, kept.status, kept.launched_ms, kept.kill, kept.why, kept.undecided
    )


def _put_offers(cluster: Cluster, snapshot: Snapshot) -> None:
    for opened in snapshot.offers:
        offer = opened.offer
        agent, framework = cluster.agents[offer.agent_id], cluster.frameworks[offer.framework_id]
        cluster.offers[offer.offer_id] = agent.offers[offer.offer_id] = framework.offers[offer.offer_id] = opened
        offers.hold(cluster, opened)


def _put_allocator(cluster: Cluster, snapshot: Snapshot) -> None:
    """What the allocator has been told is what the books say; who is not in its memory has yet to be told."""
    memory = snapshot.allocator
    slots = (placement.told_slot(cluster.agents[agent_id]) for agent_id in memory.agents)
    seekers = (placement.seeker(cluster.frameworks[framework_id]) for framework_id in memory.seekers)
    counts = chain(_placed(snapshot), _offered(snapshot))
    cluster.allocator = Allocator(index_of(memory, slots, seekers, counts))
    cluster.allocator.await_agents(len(cluster.expected_agents))
    known_agents, known_seekers = set(memory.agents), set(memory.seekers)
    cluster.fresh_agents = {each: None for each in cluster.agents if each not in known_agents}
    cluster.fresh_frameworks = {each: None for each in cluster.frameworks if each not in known_seekers}


def _placed(snapshot: Snapshot) -> Iterator[Counted]:
    return (
        Counted(task.framework_id, task.info.demand_id, task.agent_id, placed=1)
        for task in snapshot.tasks
        if task.info.demand_id
    )


def _offered(snapshot: Snapshot) -> Iterator[Counted]:
    offers = ((opened.offer, opened.tasks) for opened in snapshot.offers)
    return (
        Counted(offer.framework_id, offer.demand_id, offer.agent_id, offered=tasks)
        for offer, tasks in offers
        if offer.demand_id
    )
