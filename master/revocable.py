"""What agents lend of what their tasks do not use."""

from barter.core.resources import Resources
from barter.master.cluster import Cluster
from barter.master.state import Agent


def slack(cluster: Cluster, agent: Agent, revocable: Resources, now: int) -> None:
    """The agent tells anew what is revocable."""
    agent.slack = revocable
    cluster.touch(agent)
