"""What if agents were lost or added, or quotas set: worked out on a snapshot by the code that would decide it."""

from collections import Counter
from collections.abc import Iterator, Mapping

from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId
from barter.master import placement
from barter.master.allocator.model import Explanation, RoleStanding
from barter.master.cluster import Cluster
from barter.master.snapshot_records import Snapshot
from barter.master.whatif_answer import MOST_ADDED, Answer, DemandThen, KindThen, NewAgents, Question, RoleThen, Which
from barter.master.whatif_trial import Key, Trial


def what_if(snapshot: Snapshot, question: Question) -> Answer:
    """Raises ValueError where the question asks for what cannot be, or is about nothing that is there."""
    now, then = Trial(snapshot), Trial(snapshot)
    gone = lost_agents(then.cluster, question.lose)
    hosts = tuple(sorted(then.cluster.agents[agent_id].info.hostname for agent_id in gone))
    new = tuple(_new_agents(then.cluster, question.add))
    then.lose(gone)
    then.add(new)
    notes = (*_awaited(now.cluster), *(then.set_quotas(question.quotas) if question.quotas else ()))
    now.settle()
    then.settle()
    demands = tuple(_demands(now, then))
    return Answer(hosts, len(new), notes, demands, tuple(_roles(now, then)), tuple(_kinds(now, then)))


def _awaited(cluster: Cluster) -> Iterator[str]:
    if count := len(cluster.expected_agents):
        agents = "1 agent is" if count == 1 else f"{count} agents are"
        yield f"{agents} not back since the master's start: what runs there is not known yet"


def lost_agents(cluster: Cluster, lose: tuple[Which, ...]) -> tuple[AgentId, ...]:
    """The agents that are meant, by id; raises ValueError where one of the names and attributes means none."""
    found: set[AgentId] = set()
    for which in lose:
        meant = {agent_id for agent_id, agent in cluster.agents.items() if _is_meant(which, agent.info)}
        if not meant:
            raise ValueError(f"no agent is {which}: {_known(cluster, which)}")
        found |= meant
    return tuple(sorted(found))


def _is_meant(which: Which, info: AgentInfo) -> bool:
    if which.name:
        return which.name in (info.hostname, info.agent_id)
    has = info.placement_attributes
    return all(has.get(name) == value for name, value in which.attributes.items())


def _known(cluster: Cluster, which: Which) -> str:
    infos = [agent.info for agent in cluster.agents.values()]
    if which.name:
        return f"there are {_some(info.hostname for info in infos)}"
    pairs = {f"{name}={value}" for info in infos for name, value in info.placement_attributes.items()}
    named = {pair for pair in pairs if pair.partition("=")[0] in which.attributes}
    return f"agents have {_some(iter(named or pairs))}"


def _some(names: Iterator[str]) -> str:
    ordered = sorted(set(names))
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return (", ".join(ordered[:10]) + more) or "none"


def _new_agents(cluster: Cluster, add: tuple[NewAgents, ...]) -> Iterator[AgentInfo]:
    if (count := sum(each.count for each in add)) > MOST_ADDED:
        raise ValueError(f"{count} agents are too many to add: at most {MOST_ADDED}")
    runtimes = tuple(sorted({each for agent in cluster.agents.values() for each in agent.info.runtimes}))
    number = 0
    for each in add:
        for _ in range(each.count):
            number += 1
            name = f"whatif-{number}"
            yield AgentInfo(
                AgentId(name), name, "", each.resources, each.attributes, each.public, runtimes or ("process",)
            )


def _demands(now: Trial, then: Trial) -> Iterator[DemandThen]:
    for framework_id, framework in sorted(then.cluster.frameworks.items()):
        for demand_id, demand in sorted(framework.demands.items()):
            key = framework_id, demand_id
            waits_now, lost, preempted, waits = now.waiting(key), then.lost[key], then.preempted[key], then.waiting(key)
            if waits_now or lost or preempted or waits or now.placed[key] != then.placed[key]:
                counts = waits_now, lost, preempted, waits
                yield DemandThen(
                    framework_id, framework.info.name, demand, *counts, *(_why(then, key) if waits else ("", ""))
                )


def _why(trial: Trial, key: Key) -> tuple[str, str]:
    explanation = trial.explain(key)
    return _reason(explanation), next((change.text for change in explanation.changes), "")


def _reason(explanation: Explanation) -> str:
    if explanation.impossible:
        return explanation.impossible
    if (refusing := explanation.in_the_way) is not None:
        return f"{refusing.filter}: {refusing.detail}"
    found = "; ".join(f"{each.filter} on {each.agents}: {each.findings[0].found}" for each in explanation.reasons)
    return f"none of {explanation.known} agents fits: {found}"


def _roles(now: Trial, then: Trial) -> Iterator[RoleThen]:
    before, after = _standings(now.cluster), _standings(then.cluster)
    for role in sorted({*before, *after}):
        was, will = before.get(role), after.get(role)
        yield RoleThen(
            role,
            was.share if was else 0.0,
            will.share if will else 0.0,
            was.consumption if was else {},
            will.consumption if will else {},
        )


def _standings(cluster: Cluster) -> dict[str, RoleStanding]:
    placement.tell(cluster)
    return {each.role: each for each in cluster.allocator.roles()}


def _kinds(now: Trial, then: Trial) -> Iterator[KindThen]:
    totals = now.cluster.total.value.scalars, then.cluster.total.value.scalars
    free = _free(now.cluster), _free(then.cluster)
    for kind in sorted({*totals[0], *totals[1]}):
        yield KindThen(kind, *(part.get(kind, 0) for part in (*totals, *free)))


def _free(cluster: Cluster) -> Mapping[str, int]:
    """Plain and reserved, on active agents."""
    free: Counter[str] = Counter()
    for agent in cluster.agents.values():
        if agent.active:
            free.update(agent.used.left_of(agent.info.resources, agent.offered).scalars)
    return free
