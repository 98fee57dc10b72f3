"""An agent's machine is lost: how long until what ran there runs elsewhere, with every default as it is."""

import time

from barter.tools.bench.cluster import cluster
from barter.tools.bench.measure import Progress, Result, median
from barter.tools.bench.replace import call, watch

AGENTS = ("agent", "other")


def run(rounds: int, say: Progress) -> list[Result]:
    """A cluster for each round. Raises BenchFailed."""
    waits = [_replaced_seconds(say) for _ in range(rounds)]
    return [Result("failover", "dead_agent_replaced", median(waits), "s")]


def _replaced_seconds(say: Progress) -> float:
    with cluster("process", with_service=True) as made, watch(made) as seen:
        app = {"id": "/stays", "args": ["/bin/sleep", "600"], "cpus": 0.1, "mem": 32, "instances": 1}
        call(made.service, "POST", "/v2/apps", app)
        task = seen.running()
        made.start_agent("other")
        seen.wait_for_agents(len(AGENTS))
        began = time.monotonic()
        made.lose("agent")
        seen.running(frozenset({task}))
        took = time.monotonic() - began
        say(f"a lost agent's task runs elsewhere after {took:.2f} s")
        # So that it puts away what is left of its tasks when it leaves.
        made.start_agent()
        made.wait_for_agent()
        return took
