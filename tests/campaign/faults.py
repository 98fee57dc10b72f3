"""Carries out one fault: strikes, waits as long as it lasts, heals."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace

from barter.core.task_state import TERMINAL
from tests.campaign.machine import Machine
from tests.campaign.master import Master
from tests.campaign.plan import Fault
from tests.campaign.proxy import Proxy
from tests.campaign.tasks import Spec

FIRST_EXECUTOR_S = 5.0


async def strike(fault: Fault, machine: Machine, master: Master, proxy: Proxy) -> None:
    """Returns once it is healed."""
    machine.record.tell(f"FAULT {fault.kind}, {fault.moment}" + (f", amount {fault.amount}" if fault.amount else ""))
    match fault.kind.split():
        case ["kill", *_, "again"]:
            for _ in range(fault.amount):
                await _kill(replace(fault, kind="kill agent and executor", lasts_ms=0), machine)
                await asyncio.sleep(fault.lasts_ms / 1000)
        case ["kill", *_]:
            await _kill(fault, machine)
        case ["end", "agent"]:
            machine.kill_agent(signal.SIGTERM)
        case ["stop", *_]:
            await _stop(fault, machine)
        case ["full", *_]:
            await _fill(fault, machine)
        case ["clock", *_]:
            await _step_clock(fault, machine)
        case ["another", "master"]:
            await _fail_over(fault, master)
        case ["orders", "twice"]:
            await _order_again(fault, master)
        case _:
            await _network(fault, proxy)
    machine.record.tell(f"healed: {fault.kind}")


async def _kill(fault: Fault, machine: Machine) -> None:
    agent = fault.kind in ("kill agent", "kill agent and executor", "kill all")
    executor = fault.kind in ("kill executor", "kill agent and executor", "kill executor and keeper", "kill all")
    keeper = fault.kind in ("kill keeper", "kill executor and keeper")
    engine = fault.kind in ("kill engine", "kill all") and machine.engine is not None
    reason = f"{fault.kind} {id(fault)}"
    if agent:
        machine.down.add(reason)
    dead = machine.begin("executor dead") if executor else None
    alone = machine.begin("keeper dead") if keeper else None
    away = machine.begin("engine away") if engine else None
    if engine and machine.engine is not None:
        async with machine.engine.lock:
            machine.engine.kill()
    if agent:
        machine.kill_agent()
    if executor:
        machine.kill_executors()
    if keeper:
        machine.signal(machine.processes.keepers(), signal.SIGKILL)
    await asyncio.sleep(fault.lasts_ms / 1000)
    machine.down.discard(reason)
    if away is not None and machine.engine is not None:
        async with machine.engine.lock:
            why = await machine.engine.start()
        if why:
            machine.record.problems.append(f"dockerd did not come up again: {why}")
        machine.end(away)
    if dead is not None:
        await _until(lambda: bool(machine.processes.executors()))
        machine.end(dead)
    if alone is not None:
        await _until(lambda: bool(machine.processes.keepers()))
        machine.end(alone)


async def _stop(fault: Fault, machine: Machine) -> None:
    pids: list[int] = []
    if fault.kind in ("stop agent", "stop all") and machine.agent_pid:
        pids.append(machine.agent_pid)
    if fault.kind in ("stop executor", "stop all"):
        pids += machine.processes.executors()
    engine = machine.engine if fault.kind in ("stop engine", "stop all") else None
    away = machine.begin("engine away") if engine is not None else None
    machine.signal(pids, signal.SIGSTOP)
    if engine is not None:
        engine.signal(signal.SIGSTOP)
    await asyncio.sleep(fault.lasts_ms / 1000)
    if engine is not None:
        engine.signal(signal.SIGCONT)
    machine.signal(pids, signal.SIGCONT)
    if away is not None:
        machine.end(away)


async def _fill(fault: Fault, machine: Machine) -> None:
    full = machine.begin("full disk")
    await asyncio.to_thread(machine.fill, str(id(fault)))
    if fault.kind == "full disk and kill":
        dead = machine.begin("executor dead")
        machine.kill_agent()
        machine.kill_executors()
        await asyncio.sleep(fault.lasts_ms / 1000)
        machine.free(str(id(fault)))
        machine.end(full)
        await _until(lambda: bool(machine.processes.executors()))
        machine.end(dead)
        return
    await asyncio.sleep(fault.lasts_ms / 1000)
    machine.free(str(id(fault)))
    machine.end(full)


async def _step_clock(fault: Fault, machine: Machine) -> None:
    """A process has the wall's time from its start: so some start anew after the step."""
    machine.step_clock(fault.amount)
    await asyncio.sleep(fault.lasts_ms / 1000)
    if fault.lasts_ms % 3 != 0:
        machine.kill_agent()
    if fault.lasts_ms % 3 != 1:
        dead = machine.begin("executor dead")
        machine.kill_executors()
        await _until(lambda: bool(machine.processes.executors()))
        machine.end(dead)


async def _fail_over(fault: Fault, master: Master) -> None:
    master.fail_over()
    registered = master.registered
    await _until(lambda: master.registered > registered)
    await asyncio.sleep(fault.lasts_ms / 1000)
    await master.order_stale(Spec(f"stale{master.epoch}", "exits"))


async def _order_again(fault: Fault, master: Master) -> None:
    """What runs starts nothing; of an ended one, that its id was used."""
    tasks = list(master.record.tasks.values())
    live = [told.spec for told in tasks if told.state not in TERMINAL]
    ended = [told.spec for told in tasks if told.ended]
    await master.order([*live, *ended[: fault.lasts_ms % 3]])


async def _network(fault: Fault, proxy: Proxy) -> None:
    match fault.kind:
        case "cut":
            proxy.cut()
        case "silence":
            proxy.forth.clear()
            proxy.back.clear()
        case "agent unheard":
            proxy.forth.clear()
        case "master unheard":
            proxy.back.clear()
        case "slow network":
            proxy.delay_ms = fault.amount
        case _:
            raise AssertionError(f"no such fault: {fault.kind}")
    await asyncio.sleep(fault.lasts_ms / 1000)
    proxy.heal()


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(int(FIRST_EXECUTOR_S * 20)):
        if condition():
            return
        await asyncio.sleep(0.05)
