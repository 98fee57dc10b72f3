"""One seed: its world lives through its plan, is healed, and is judged."""

import asyncio
import sqlite3
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from barter.agent.shell.ledger import FILE, Ledger
from barter.core.task_state import TaskState
from tests.campaign.checks import judge
from tests.campaign.faults import strike
from tests.campaign.machine import Engine, Machine
from tests.campaign.master import Master
from tests.campaign.plan import Fault, Moment, Plan, Wave
from tests.campaign.proxy import Proxy
from tests.campaign.record import Marks, Record, Told
from tests.campaign.tasks import Spec

# After healing nothing may take longer: what does is a finding.
PATIENCE_S = 60.0
MOMENT_S = 4.0
LONGEST_S = 150.0
LOG_LINES = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    seed: int
    faults: tuple[str, ...]
    tasks: int
    containers: int
    seconds: float
    problems: tuple[str, ...]
    story: tuple[str, ...]


class World:
    def __init__(self, plan: Plan, engine: Engine | None, *, root: bool) -> None:
        self.plan, self.record = plan, Record()
        self.name = f"{plan.seed}-{time.time_ns()}"
        engine = engine if plan.docker else None
        self.machine = Machine(self.name, self.record, engine, root=root, isolated=plan.isolated)
        self._changed = asyncio.Event()
        rng = Random(plan.seed + 1)
        self.master = Master(self.record, rng, self.machine, self._changed.set)
        self.proxy: Proxy | None = None

    async def live(self) -> None:
        """Through the plan, healed, and to the end of every task."""
        self.proxy = await Proxy((await self.master.start()).address).start()
        self.machine.start(self.proxy.address)
        await self._until(lambda: self.master.registered > 0, "the agent does not register")
        await asyncio.gather(*(self._order(wave) for wave in self.plan.waves), *map(self._strike, self.plan.faults))
        self.record.tell("all is healed")
        await self._settle()
        await self._end_all()

    async def _order(self, wave: Wave) -> None:
        await asyncio.sleep(wave.at_ms / 1000)
        self.record.tell("ordered: " + ", ".join(f"{spec.name} ({spec.kind})" for spec in wave.specs))
        await self.master.order(wave.specs)
        await asyncio.gather(*(self._kill(spec) for spec in wave.specs if spec.kill_ms >= 0))

    async def _kill(self, spec: Spec) -> None:
        await asyncio.sleep(spec.kill_ms / 1000)
        await self.master.kill(spec.name)

    async def _strike(self, fault: Fault) -> None:
        await self._moment(fault.moment)
        assert self.proxy is not None
        await strike(fault, self.machine, self.master, self.proxy)

    async def _moment(self, moment: Moment) -> None:
        if moment.count:
            try:
                async with asyncio.timeout(MOMENT_S):
                    while self._count(moment.what) < moment.count:
                        self._changed.clear()
                        await self._changed.wait()
            except TimeoutError:
                pass
        await asyncio.sleep(moment.delay_ms / 1000)

    def _count(self, what: str) -> int:
        return self.master.updates if what == "update" else self.master.orders

    async def _settle(self) -> None:
        """Until each task has ended, or runs as it should."""
        await self.master.calm_down()
        registered = self.master.registered

        def settled() -> bool:
            return self.master.registered > 0 and not self._unsettled()

        await self._until(settled, "", self._unsettled)
        self.record.tell(f"settled, {self.master.registered - registered} registrations later")
        self._still_there()

    def _unsettled(self) -> list[str]:
        return [f"{name} {told.state}" for name, told in self.record.tasks.items() if not self._is_settled(told)]

    def _is_settled(self, told: Told) -> bool:
        if told.ended:
            return True
        group = [each for each in self.record.tasks.values() if told.spec.group and each.spec.group == told.spec.group]
        over = bool(told.kills_ms) or any(each.ended for each in group)
        return told.spec.stays and not over and told.state is TaskState.RUNNING

    def _still_there(self) -> None:
        """What is told as running does run: a process that carries the task's name, or its container's."""
        alive = set(self.machine.processes.tasks().values())
        for name, told in self.record.tasks.items():
            if not told.ended and name not in alive:
                self.record.problems.append(f"{name} ({told.spec.kind}): {told.state}, and no process of it lives")

    async def _end_all(self) -> None:
        for name, told in self.record.tasks.items():
            if not told.ended:
                await self.master.kill(name)
        await self._until(lambda: not self._running(), "", self._running)
        await self.master.acknowledge_again()
        await self._until(self._nothing_left, "", self._left)
        await self._ledger()
        code = await self.machine.leave()
        if code:
            self.record.problems.append(f"the agent left with code {code}")
        await self._until(lambda: not self.machine.processes.everything(), "processes stay", self._parts)

    def _running(self) -> list[str]:
        return [f"{name} {told.state}" for name, told in self.record.tasks.items() if not told.ended]

    def _nothing_left(self) -> bool:
        return not self._left()

    def _left(self) -> list[str]:
        """Processes and containers of tasks, and what the ledger still holds."""
        found = [f"process {pid} of {name}" for pid, name in self.machine.processes.tasks().items()]
        if self.machine.engine is not None:
            found += [f"container {name} {state}" for name, state in self.machine.engine.containers().items()]
        with sqlite3.connect(f"file:{self.machine.work_dir / FILE}?mode=ro", uri=True) as db:
            for table in ("tasks", "updates"):
                found += [f"{row[0]} in the ledger's {table}" for row in db.execute(f"SELECT task_id FROM {table}")]
        db.close()
        return found

    def _parts(self) -> list[str]:
        return [str(pid) for pid in self.machine.processes.everything()]

    async def _ledger(self) -> None:
        """A copy of it is whole, and replays to what is true now."""
        copy = self.machine.folder / "copy"
        copy.mkdir()
        source = sqlite3.connect(f"file:{self.machine.work_dir / FILE}?mode=ro", uri=True)
        target = sqlite3.connect(copy / FILE)
        source.backup(target)
        verdict = target.execute("PRAGMA integrity_check").fetchone()[0]
        source.close()
        target.close()
        if verdict != "ok":
            self.record.problems.append(f"the ledger is broken: {verdict}")
        ledger = Ledger(copy)
        book = ledger.load()
        if book.epoch != self.master.epoch:
            self.record.problems.append(f"the ledger has epoch {book.epoch}, {self.master.epoch} has spoken")
        if ledger.agent_id != self.master.agent_id:
            self.record.problems.append(f"the ledger is of {ledger.agent_id}, {self.master.agent_id} registered")
        ledger.close()

    async def _until(
        self, condition: Callable[[], bool], what: str, shown: Callable[[], list[str]] | None = None
    ) -> None:
        deadline = time.monotonic() + PATIENCE_S
        pause = 0.02
        while not condition():
            if time.monotonic() > deadline:
                detail = ", ".join(shown()[:8]) if shown else ""
                raise NotInTime(f"not within {PATIENCE_S:g} s: {what or 'still'} {detail}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, 0.25)

    def marks(self) -> dict[str, Marks]:
        found = {}
        for name in self.record.tasks:
            for folder in (self.machine.marks, self.machine.marks / name):
                if (start := folder / f"{name}.start").exists():
                    found[name] = _read(start, folder / f"{name}.end")
        return found

    def remains(self) -> list[str]:
        """What each task wrote down, and what lives: for those who look for a cause."""
        found = [f"marks of {name}: {marks}" for name, marks in self.marks().items()]
        found += [f"process {pid} of {name}" for pid, name in self.machine.processes.tasks().items()]
        if self.machine.engine is not None and self.machine.engine.up:
            found += [f"container {name}: {state}" for name, state in self.machine.engine.containers().items()]
        return found

    async def close(self) -> None:
        await self.machine.close()
        if self.proxy is not None:
            await self.proxy.stop()
        await self.master.stop()


class NotInTime(Exception):
    """What must come in the end did not."""


def _read(start: Path, end: Path) -> Marks:
    started = start.stat().st_mtime_ns // 1_000_000
    starts = len(start.read_text().splitlines())
    if not end.exists():
        return Marks(starts, started, None, 0)
    text = end.read_text().strip()
    return Marks(starts, started, int(text) if text else None, end.stat().st_mtime_ns // 1_000_000)


async def run(plan: Plan, engine: Engine | None, *, root: bool) -> Outcome:
    began = time.monotonic()
    world = World(plan, engine, root=root)
    try:
        await _bounded(world.live, world.record)
        problems = [*judge(world.record, world.marks()), *complaints(world)]
        if problems:
            world.record.story.extend(world.remains())
            for name, text in (("agent", world.machine.log), ("executor", world.machine.executor_log)):
                world.record.story.extend(f"{name}.log | {line}" for line in text.splitlines()[-LOG_LINES:])
    finally:
        await world.close()
        if plan.docker and engine is not None and engine.up:
            await asyncio.to_thread(engine.remove_all)
    docker = sum(spec.docker for spec in plan.specs)
    kinds = tuple(fault.kind for fault in plan.faults)
    seconds = time.monotonic() - began
    return Outcome(plan.seed, kinds, len(plan.specs), docker, seconds, tuple(problems), tuple(world.record.story))


async def _bounded(live: Callable[[], Awaitable[None]], record: Record) -> None:
    try:
        async with asyncio.timeout(LONGEST_S):
            await live()
    except NotInTime as error:
        record.problems.append(str(error))
    except TimeoutError:
        record.problems.append(f"the world was not over after {LONGEST_S:g} s")
    except Exception as error:
        record.problems.append(f"the campaign itself failed: {error!r}")
        record.story.extend(traceback.format_exc().splitlines())


def complaints(world: World) -> list[str]:
    """What the logs say that nobody should ever have to read."""
    found = []
    for name, text in (("agent", world.machine.log), ("executor", world.machine.executor_log)):
        if "Traceback" in text:
            lines = text[text.rindex("Traceback") :].strip().splitlines()[1:]
            raised = next((line for line in lines if line.strip() and not line.startswith(" ")), lines[-1])
            found.append(f"the {name}'s log has a traceback: {raised}")
    return found
