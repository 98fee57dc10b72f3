"""Reservations and persistent volumes: what frameworks and operators do with an agent's resources."""

from barter.master.cluster import Cluster
from barter.master.events import AgentVolumes, Operate
from barter.master.state import Agent


def operate(cluster: Cluster, event: Operate, now: int) -> str:
    """Returns why not."""
    return "reservations are not there yet"


def volumes_told(cluster: Cluster, agent: Agent, event: AgentVolumes, now: int) -> None:
    """Which volumes the agent has now."""
