"""`barter dev` from the claim on its folder to the last line it prints."""

import asyncio
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

from barter.agent.edge.shell.binary import NoHAProxy
from barter.agent.edge.shell.binary import find as find_haproxy
from barter.tools.dev.plan import DevOptions, Plan, plan
from barter.tools.dev.shell import claim, folder, zookeeper
from barter.tools.dev.shell.cluster import Cluster
from barter.tools.dev.shell.processes import adopt_orphans
from barter.tools.dev.shell.sweep import end_agents, end_containers, end_processes, remove_sockets

PATIENCE_S = 10.0


def run(data_dir: Path | None, runtime: str, agents: int, masters: int, say: Callable[[str], None]) -> int:
    """Run a cluster until it is told to stop; without `data_dir` in dev's own folder, which starts empty.

    Raises claim.Refused.
    """
    try:
        find_haproxy()
    except NoHAProxy as error:
        raise claim.Refused(f"the public agent's edge needs HAProxy: {error}") from None
    home = (data_dir or folder.default_dir()).resolve()
    held = claim.lock(home)
    block, holder = claim.task_port_block()
    with holder:
        _clean_up(home, say)
        if data_dir is None:
            claim.empty(home)
        _forget_descriptions(home)
        (home / "logs").mkdir(exist_ok=True)
        try:
            made = plan(DevOptions(home, runtime, agents, block, masters), claim.is_free)
        except ValueError as error:
            raise claim.Refused(str(error)) from None
        zookeeper.prepare(made)
        adopt_orphans()
        say(f"starting a cluster in {home}")
        code = asyncio.run(_cluster(made, home, data_dir is not None, say))
        folder.withdraw(home)
        remove_sockets(home)
        if not code:
            claim.forget_run(home)
        say("stopped, and nothing is left running" if not code else f"ended with trouble: see {home}/logs")
    held.release()
    return code


def _forget_descriptions(home: Path) -> None:
    """Nothing runs on its agents yet, and another number of them share the ports otherwise; raises claim.Refused."""
    ledgers = sorted(home.glob("agent-*/ledger.sqlite"))
    if ledgers:
        from barter.agent.shell.description import forget

        try:
            for ledger in ledgers:
                forget(ledger)
        except OSError as error:
            raise claim.Refused(f"{error}; remove {home}, or use another --data-dir DIR") from None


async def _cluster(made: Plan, home: Path, keeps: bool, say: Callable[[str], None]) -> int:
    cluster = Cluster(made, home, secrets.token_hex(8), keeps=keeps, say=say)
    return await cluster.run(_next_steps(made, keeps))


def _clean_up(home: Path, say: Callable[[str], None]) -> None:
    """End what a `barter dev` left here that was killed before it could do so itself."""
    if not (before := claim.last_run(home)):
        return
    say("the last `barter dev` here was killed: ending what it left")
    mark = str(before.get("mark", ""))
    end_agents(before.get("agents", ()), mark, home, PATIENCE_S)
    remains = end_processes(mark, home, signal.SIGTERM)
    if before.get("agent_ids"):
        remains += end_containers(before["agent_ids"])
    if remains:
        raise claim.Refused("cannot end what the last `barter dev` left: " + "; ".join(remains))
    folder.withdraw(home)
    remove_sockets(home)
    claim.forget_run(home)


def _next_steps(made: Plan, keeps: bool) -> str:
    edge = made.address("edge http")
    lines = ["Next, in another terminal:"]
    if keeps:
        lines.append(
            f"  export {folder.DATA_DIR_VARIABLE}={made.options.data_dir}    (where barter finds this cluster)"
        )
    return "\n".join(
        (
            *lines,
            "  barter app create examples/web.json",
            f"  curl -H 'Host: web.localhost' http://{edge}/",
            "  barter status",
            "Ctrl-C here ends the cluster, tasks and all.",
        )
    )
