"""Carries out one fault: strikes, waits as long as it lasts, heals."""

import asyncio
import signal
from collections.abc import Iterable

from tests.campaign.proxy import Proxy
from tests.failover.aim import aim
from tests.failover.cluster import Cluster
from tests.failover.part import Part
from tests.failover.plan import Fault

UP_S = 30.0


async def strike(fault: Fault, cluster: Cluster) -> None:
    """Returns once it is healed; what was killed is running again by then, though perhaps not yet ready."""
    await asyncio.sleep(fault.after_ms / 1000)
    target = aim(fault, await cluster.leading())
    parts = [cluster.part(name) for name in target.parts]
    whom = target.parts or dict.fromkeys(client for client, _ in target.ways)
    cluster.record.tell(f"FAULT {fault}: {', '.join(whom)}")
    windows = [cluster.record.silence(name) for name in target.apart]
    match fault.kind.partition(" ")[0]:
        case "kill":
            await _end(parts, fault, signal.SIGKILL)
        case "end":
            await _end(parts, fault, signal.SIGTERM)
        case "stop":
            await _stop(parts, fault)
        case "part":
            await cluster.ensemble.lose(target.ways)
            await asyncio.sleep(fault.lasts_ms / 1000)
            await cluster.ensemble.heal()
        case _:
            await _close([cluster.way(*way) for way in target.ways], fault)
    for window in windows:
        cluster.record.hear(window)
    cluster.record.tell(f"healed: {fault.kind}")


async def _end(parts: Iterable[Part], fault: Fault, number: signal.Signals) -> None:
    reason = f"{fault.kind} {id(fault)}"
    for part in parts:
        part.hold(reason)
        part.send(number)
    await asyncio.sleep(fault.lasts_ms / 1000)
    for part in parts:
        part.free(reason)
    async with asyncio.timeout(UP_S):
        await asyncio.gather(*(part.up.wait() for part in parts))


async def _stop(parts: Iterable[Part], fault: Fault) -> None:
    stopped = [(part, part.process) for part in parts]
    for part, process in stopped:
        part.send(signal.SIGSTOP, process)
    await asyncio.sleep(fault.lasts_ms / 1000)
    for part, process in stopped:
        part.send(signal.SIGCONT, process)


async def _close(ways: Iterable[Proxy], fault: Fault) -> None:
    """Ways lead from clients to servers: who is unheard has lost the way there, who is deaf the way back."""
    for way in ways:
        if fault.kind.startswith("break"):
            way.cut()
        else:
            if " deaf " not in fault.kind:
                way.forth.clear()
            if " unheard " not in fault.kind:
                way.back.clear()
    await asyncio.sleep(fault.lasts_ms / 1000)
    for way in ways:
        way.heal()
