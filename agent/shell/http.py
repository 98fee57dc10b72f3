"""What the agent's HTTP face shows: health, and metrics read from the core when they are asked for."""

from collections import Counter
from collections.abc import Callable, Iterator

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from barter.agent.machine import Agent
from barter.agent.shell import usage
from barter.agent.shell.perform import Performer
from barter.core.resources import Resources
from barter.shell.http import face

Now = Callable[[], tuple[Agent, Performer] | None]


class AgentMetrics(Collector):
    """`now` gives the core and its performer, or None before they are there."""

    def __init__(self, now: Now) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        there = self._now()
        if there is None:
            return
        agent, performer = there
        yield _tasks(agent)
        yield _resources("barter_agent_resources_total", "What it offers.", agent.info.resources)
        yield _resources("barter_agent_resources_used", "What tasks hold.", agent.book.usage.snapshot())
        for name, text, value in (
            ("updates_pending", "Status updates not yet acknowledged.", agent.book.pending_count),
            ("executor_up", "1 while an executor is connected.", int(bool(agent.executor.connected))),
            ("registered", "1 while registered with a master.", int(agent.link.registered)),
            ("epoch", "The highest epoch seen.", agent.book.epoch),
        ):
            yield GaugeMetricFamily(f"barter_agent_{name}", text, value)
        for name, text, value in (
            ("launches", "Tasks handed to an executor.", performer.launched),
            ("updates_sent", "Status updates sent.", performer.updates_sent),
            ("ledger_batches", "Batches of facts written.", performer.batches),
        ):
            yield CounterMetricFamily(f"barter_agent_{name}", text, value)
        yield from usage.metrics(agent)


def _tasks(agent: Agent) -> Metric:
    family = GaugeMetricFamily("barter_agent_tasks", "Tasks the agent answers for, by state.", labels=["state"])
    for state, count in Counter(str(entry.status.state) for entry in agent.book.entries()).items():
        family.add_metric([state], count)
    return family


def _resources(name: str, text: str, amounts: Resources) -> Metric:
    family = GaugeMetricFamily(name, f"{text} cpus in milli-cpus, mem and disk in bytes.", labels=["resource"])
    for resource, amount in amounts.scalars.items():
        family.add_metric([resource], amount)
    return family


def application(now: Now, agent_id: str, registry: CollectorRegistry) -> FastAPI:
    registry.register(AgentMetrics(now))

    def health() -> dict[str, object]:
        there = now()
        if there is None:
            return {"agent_id": agent_id, "ready": False, "why": "waiting for the Docker Engine"}
        agent, _ = there
        return {
            "agent_id": agent_id,
            "ready": True,
            "registered": agent.link.registered,
            "epoch": agent.book.epoch,
            "executor": bool(agent.executor.connected),
            "tasks": agent.book.live_count,
            "leaving": agent.leaving.started,
        }

    return face("Barter agent", registry, health)
