"""Agents drained, deactivated, activated, marked gone."""

from barter.master.cluster import Cluster
from barter.master.events import Activate, Deactivate, Drain, MarkGone, Release
from barter.master.state import Framework


def maintain(cluster: Cluster, event: Drain | Deactivate | Activate | MarkGone, now: int) -> str:
    """Returns why not."""
    return "maintenance is not there yet"


def release(cluster: Cluster, framework: Framework, event: Release, now: int) -> None:
    """Kill those of the tasks that are on agents to be given up."""
