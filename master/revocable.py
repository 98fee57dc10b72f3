"""What agents lend of what their tasks do not use: taken back, newest first, when it is more than there is."""

from barter.core.resources import Resources, format_scalar, resources
from barter.core.tasks import Reason
from barter.master import offers
from barter.master.cluster import Cluster
from barter.master.messages import Kill
from barter.master.state import Agent, Task


def slack(cluster: Cluster, agent: Agent, revocable: Resources, now: int) -> None:
    """The agent tells anew what is revocable: only cpus are, and no more than it has. After its registration its
    tasks may hold more."""
    cpus = min(revocable.scalars.get("cpus", 0), agent.info.resources.scalars.get("cpus", 0))
    revocable = resources(cpus=cpus)
    if agent.slack != revocable:
        agent.slack = revocable
        cluster.touch(agent)
    for kind in sorted(agent.lent.value.scalars):
        if _lent(agent, kind) > revocable.scalars.get(kind, 0):
            _take_back(cluster, agent, kind, now)


def preempt(cluster: Cluster, task: Task, reason: str, now: int) -> None:
    """Have its agent end the task, which its framework did not ask for."""
    grace_ms = cluster.timing.preemption_grace_ms
    task.kill = Kill(task.framework_id, task.info.task_id, grace_ms, reason, Reason.PREEMPTED)
    cluster.history.record(now, "task_preempted", task.info.task_id, reason)
    cluster.to_agent(cluster.agents[task.agent_id], task.kill, reason)


def _lent(agent: Agent, kind: str) -> int:
    return agent.lent.value.scalars.get(kind, 0)


def _take_back(cluster: Cluster, agent: Agent, kind: str, now: int) -> None:
    """Offers first, then tasks, until the rest fits. What is being killed comes back by itself."""
    left = agent.slack.scalars.get(kind, 0)
    reason = f"{agent.info.hostname} lends {format_scalar(kind, left)} {kind} now, its own tasks use the rest"
    holding = [each for each in agent.offers.values() if each.offer.revocable.scalars.get(kind, 0)]
    held = sum(each.info.revocable.scalars.get(kind, 0) for each in agent.tasks.values() if not each.ending)
    for opened in reversed(holding):
        if _lent(agent, kind) <= left:
            return
        offers.rescind(cluster, (opened,), "offer_rescinded", reason, now)
    for task in reversed([each for each in agent.tasks.values() if each.info.revocable.scalars.get(kind, 0)]):
        if held <= left:
            return
        if not task.ending:
            held -= task.info.revocable.scalars[kind]
            preempt(cluster, task, f"preempted: {reason}", now)
