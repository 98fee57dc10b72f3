"""Where the durable facts are kept: one interface, with a twin in memory for tests."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from barter.core.cluster import AgentInfo, FrameworkInfo
from barter.core.ids import AgentId, FrameworkId
from barter.master.facts import AgentAdmitted, AgentLeft, Fact, FrameworkAdmitted, FrameworkRemoved, Recovered


class Registry(Protocol):
    def start(self, new_cluster_id: str) -> Recovered:
        """Raise the epoch durably and return all facts; a registry without a cluster id takes the new one."""
        ...

    def commit(self, facts: Sequence[Fact]) -> None:
        """All of them or none, on the disk when it returns."""
        ...

    def close(self) -> None: ...


class MemoryRegistry:
    """Keeps facts as long as the object lives, over any number of starts."""

    def __init__(self) -> None:
        self._started = Recovered("", 0)
        self._agents: dict[AgentId, AgentInfo] = {}
        self._frameworks: dict[FrameworkId, FrameworkInfo] = {}

    def start(self, new_cluster_id: str) -> Recovered:
        self._started = replace(
            self._started,
            cluster_id=self._started.cluster_id or new_cluster_id,
            epoch=self._started.epoch + 1,
            agents=tuple(self._agents.values()),
            frameworks=tuple(self._frameworks.values()),
        )
        return self._started

    def commit(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            match fact:
                case AgentAdmitted(info):
                    self._agents[info.agent_id] = info
                case AgentLeft(agent_id):
                    self._agents.pop(agent_id, None)
                case FrameworkAdmitted(framework):
                    self._frameworks[framework.framework_id] = framework
                case FrameworkRemoved(framework_id):
                    self._frameworks.pop(framework_id, None)

    def close(self) -> None:
        pass
