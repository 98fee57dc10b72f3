"""The master as a pure machine: each event goes to its handler; a batch of events ends with one Tick."""

from barter.core.machine import Tick, earliest
from barter.core.removals import RemovedAgent
from barter.master import (
    accept,
    agents,
    executors,
    frameworks,
    keeping,
    liveness,
    maintenance,
    offers,
    operations,
    operators,
    placement,
    preempt,
    quota_offers,
    reclaim,
    reconcile,
    returning,
    revocable,
    updates,
    wishes,
)
from barter.master import events as ev
from barter.master.actions import Action, EndpointsChanged, HistoryGrew
from barter.master.allocator.allocator import Allocator
from barter.master.cluster import Cluster, Timing
from barter.master.facts import Recovered
from barter.master.holdings import static_reservations
from barter.master.state import Agent, Framework
from barter.master.timers import (
    AgentSilent,
    Due,
    FailoverEnds,
    KeepingEnds,
    MaintenanceDue,
    OfferExpires,
    PreemptionDue,
    RemovalTurn,
    SettlingEnds,
)

_OfAgent = (
    ev.AgentUpdates | ev.AgentSlack | ev.AgentVolumes | ev.AgentMessage | ev.AgentUnregister | ev.AgentDisconnected
)


class Master:
    """`next_wakeup` asks for a Tick as soon as an event was applied, so that a runner's batch ends with one.

    That Tick does what is due by time, allocates once for all that changed, and tells those who watch. `step` never
    raises on anything a peer may send; what comes of an older session than a peer's current one changes nothing.
    """

    def __init__(self, recovered: Recovered, timing: Timing, now: int, allocator: Allocator | None = None) -> None:
        self.cluster = Cluster(recovered, timing, allocator or Allocator())
        self._now = now
        self.batch_open = False
        _recover(self.cluster, recovered, now)

    def next_wakeup(self) -> int | None:
        if self.batch_open:
            return self._now
        return earliest(self.cluster.timers.next, self.cluster.allocator.next_wakeup())

    def step(self, event: ev.Event | Tick, now: int) -> list[Action]:
        self._now = now
        if isinstance(event, Tick):
            self._end_batch(now)
        else:
            self._apply(event, now)
        return self.cluster.take_actions()

    def _apply(self, event: ev.Event, now: int) -> None:
        cluster = self.cluster
        match event:
            case ev.AgentHeartbeat():
                if (agent := self._agent(event)) is not None:
                    liveness.heard(cluster, agent, now)
                return
            case ev.AgentRegister():
                agents.register(cluster, event, now)
            case (
                ev.AgentUpdates()
                | ev.AgentSlack()
                | ev.AgentVolumes()
                | ev.AgentMessage()
                | ev.AgentUnregister()
                | ev.AgentDisconnected()
            ):
                if (agent := self._agent(event)) is None:
                    return
                _of_agent(cluster, agent, event, now)
            case ev.Subscribe():
                frameworks.subscribe(cluster, event, now)
            case ev.SetRoles() | ev.Operate() | ev.Drain() | ev.Deactivate() | ev.Activate() | ev.MarkGone():
                operators.answer(cluster, event, now)
            case ev.EdgeJoined():
                cluster.edges.join(event.edge)
            case ev.EdgeReported():
                cluster.edges.report(event.edge, event.services, event.removed)
            case ev.EdgeLeft():
                cluster.edges.leave(event.edge)
            case ev.HoldRemovals() | ev.ResumeRemovals() | ev.TeardownByOperator():
                operators.answer(cluster, event, now)
            case _:
                if (framework_id := cluster.sessions.get(event.session)) is None:
                    return
                _of_framework(cluster, cluster.frameworks[framework_id], event, now)
        self.batch_open = True

    def _agent(self, event: _OfAgent | ev.AgentHeartbeat) -> Agent | None:
        agent = self.cluster.agents.get(event.agent_id)
        return agent if agent is not None and agent.connected and agent.session == event.session else None

    def _end_batch(self, now: int) -> None:
        cluster = self.cluster
        self.batch_open = False
        for due in cluster.timers.pop_due(now):
            _happen(cluster, due, now)
        liveness.end_batch(cluster, now)
        maintenance.look(cluster, now)
        if cluster.told_more:
            cluster.told_more = False
            quota_offers.keep_limits(cluster, now)
        keeping.lift(cluster, now)
        placement.place(cluster, now)
        if reclaim.reclaim(cluster, now):
            placement.place(cluster, now)
        while keeping.lift(cluster, now):
            placement.place(cluster, now)
        keeping.tell_in_vain(cluster, now)
        preempt.look(cluster, now)
        if cluster.endpoints.changed or cluster.settled_changed:
            cluster.settled_changed = False
            services, removed = cluster.endpoints.take_changes()
            cluster.out.append(EndpointsChanged(services, removed, cluster.settled, "endpoints or services changed"))
        cluster.tell_served()
        if cluster.history.sequence > cluster.told_history:
            cluster.told_history = cluster.history.sequence
            cluster.out.append(HistoryGrew(cluster.told_history, "something happened"))


def _recover(cluster: Cluster, recovered: Recovered, now: int) -> None:
    """All that is durably known is expected back: agents within their timeout, frameworks within theirs."""
    for info in recovered.agents:
        agent = cluster.agents[info.agent_id] = Agent(info, heard_ms=now)
        cluster.total.add(info.resources)
        cluster.touch(agent)
    for agent in cluster.agents.values():
        liveness.watch(cluster, agent)
    for known in recovered.frameworks:
        framework = cluster.frameworks[known.framework_id] = Framework(known)
        waits = max(known.failover_timeout_ms, cluster.timing.settling_ms)
        cluster.timers.at(now + waits, FailoverEnds(known.framework_id, framework.absences))
        cluster.touch(framework=framework)
    for config in recovered.roles:
        cluster.roles[config.role] = config
    cluster.allocator.set_roles(cluster.roles)
    for gone in recovered.gone:
        cluster.gone[gone.agent_id] = gone
    cluster.reach.removals = recovered.removals
    for removed in sorted(recovered.removed, key=_removed_ms):
        cluster.reach.keep(removed)
    _recover_holdings(cluster, recovered)
    cluster.expected_agents |= cluster.agents.keys()
    cluster.expected_frameworks |= cluster.frameworks.keys()
    cluster.timers.at(now + cluster.timing.settling_ms, SettlingEnds())


def _removed_ms(removed: RemovedAgent) -> int:
    return removed.removed_ms


def _recover_holdings(cluster: Cluster, recovered: Recovered) -> None:
    for agent in cluster.agents.values():
        agent.reservations.update(static_reservations(agent.info))
    for reservation in recovered.reservations:
        cluster.agents[reservation.agent_id].reservations[reservation.reservation_id] = reservation
    for volume in recovered.volumes:
        cluster.agents[volume.agent_id].volumes[volume.volume_id] = volume
    for agent_id, volume_id in recovered.condemned:
        cluster.agents[agent_id].condemned[volume_id] = None
    for maintained in recovered.maintenance:
        agent = cluster.agents[maintained.agent_id]
        agent.maintenance = maintained
        maintenance.watch(cluster, agent)


def _of_agent(cluster: Cluster, agent: Agent, event: _OfAgent, now: int) -> None:
    agent.heard_ms = now
    match event:
        case ev.AgentUpdates():
            updates.updates(cluster, agent, event, now)
        case ev.AgentSlack():
            revocable.slack(cluster, agent, event.revocable, now)
        case ev.AgentVolumes():
            operations.volumes_told(cluster, agent, event, now)
        case ev.AgentMessage():
            executors.to_scheduler(cluster, agent, event)
        case ev.AgentUnregister():
            agents.unregister(cluster, agent, event, now)
        case ev.AgentDisconnected():
            agents.disconnected(cluster, agent, now)


def _of_framework(cluster: Cluster, framework: Framework, event: ev.FrameworkEvent, now: int) -> None:
    match event:
        case ev.Accept():
            accept.accept(cluster, framework, event, now)
        case ev.Decline():
            offers.decline(cluster, framework, event, now)
        case ev.AcknowledgeUpdates():
            updates.acknowledge(cluster, framework, event)
        case ev.KillTask():
            reconcile.kill(cluster, framework, event, now)
        case ev.FrameworkMessage():
            executors.to_executor(cluster, framework, event)
        case ev.Reconcile():
            reconcile.reconcile(cluster, framework, event, now)
        case ev.SetDemands():
            wishes.set_demands(cluster, framework, event, now)
        case ev.SetServices():
            wishes.set_services(cluster, framework, event, now)
        case ev.Revive():
            wishes.revive(cluster, framework, event, now)
        case ev.Suppress():
            wishes.suppress(cluster, framework, event, now)
        case ev.Release():
            maintenance.release(cluster, framework, event, now)
        case ev.ReconcileReservations():
            operations.reconcile(cluster, framework, event, now)
        case ev.Keep():
            returning.keep(cluster, framework, event, now)
        case ev.FrameworkDisconnected():
            frameworks.disconnected(cluster, framework, now)
        case ev.Teardown():
            frameworks.teardown(cluster, framework, now)


def _happen(cluster: Cluster, due: Due, now: int) -> None:
    match due:
        case AgentSilent():
            liveness.look(cluster, due, now)
        case OfferExpires():
            offers.expire(cluster, due.offer_id, now)
        case FailoverEnds():
            frameworks.failover_ends(cluster, due, now)
        case SettlingEnds():
            liveness.stop_settling(cluster, now)
        case MaintenanceDue():
            maintenance.due(cluster, due)
        case RemovalTurn():
            cluster.reach.turn_ms = 0
        case PreemptionDue() | KeepingEnds():
            pass
