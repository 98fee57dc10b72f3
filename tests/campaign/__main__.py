"""`python -m tests.campaign N [--seed S]`: N worlds with real faults, their seeds S, S+1, ...; exit 1 if one fails."""

import argparse
import asyncio
import collections
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from barter.agent.runtime import isolation
from tests.campaign.machine import Engine
from tests.campaign.plan import Plan, draw
from tests.campaign.world import Outcome, run
from tests.integration.engine import BUSYBOX, missing

STORY_LINES = 400


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/test --campaign", description="Real agents under real faults.")
    parser.add_argument("count", type=int, help="how many seeds")
    parser.add_argument("--seed", type=int, default=1, help="the first one (default: 1)")
    parser.add_argument("--worlds", type=int, default=3 * (os.cpu_count() or 1), help="how many at a time")
    parser.add_argument("--story", action="store_true", help="tell the story of seeds that hold, too")
    return parser.parse_args()


class Campaign:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        first = arguments.seed
        self._seeds: Iterator[int] = iter(range(first, first + arguments.count))
        self.outcomes: list[Outcome] = []
        self.root = os.geteuid() == 0 and shutil.which("mount") is not None
        self.no_docker = missing() or ("" if BUSYBOX.exists() else "no static busybox (apt install busybox-static)")
        self.bubblewrap = self.root and not isolation.problem(Path(tempfile.gettempdir()))
        self._began = time.monotonic()

    def say_what_is_left_out(self) -> None:
        if self.no_docker:
            print(f"campaign: process tasks only, no containers: {self.no_docker}")
        if not self.bubblewrap:
            print("campaign: no process tasks in bubblewrap: it is not there, or this is not root")
        if not self.root:
            print("campaign: no full disks: mounting a small one needs root")

    async def run(self) -> None:
        """Until all seeds have been lived, or a signal cancels it; then what was started is ended first."""
        this = asyncio.current_task()
        assert this is not None
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, this.cancel)
        slots = min(self._arguments.worlds, self._arguments.count)
        slot = [asyncio.create_task(self._slot()) for _ in range(slots)]
        try:
            await asyncio.gather(*slot)
        finally:
            for each in slot:
                each.cancel()
            await asyncio.gather(*slot, return_exceptions=True)

    async def _slot(self) -> None:
        """One world after the other, with one engine for all of them."""
        engine = Engine()
        try:
            for seed in self._seeds:
                plan = self._plan(seed)
                if plan.docker and (why := await engine.start()):
                    self.no_docker = why
                    print(f"campaign: no containers from now on: dockerd does not start here: {why}")
                    plan = self._plan(seed)
                self._report(await run(plan, engine, root=self.root))
        finally:
            engine.stop()

    def _plan(self, seed: int) -> Plan:
        return draw(seed, docker=not self.no_docker, root=self.root, bubblewrap=self.bubblewrap)

    def _report(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if outcome.problems or self._arguments.story:
            print(f"seed {outcome.seed}: " + ("FAILED" if outcome.problems else "holds"))
            for line in outcome.story[-STORY_LINES:]:
                print(f"    {line}")
            for problem in outcome.problems:
                print(f"  {problem}")
            print(f"  again: tools/test --campaign 1 --seed {outcome.seed}", flush=True)
        done, wanted = len(self.outcomes), self._arguments.count
        if done % 10 == 0 or done == wanted:
            failed = sum(bool(each.problems) for each in self.outcomes)
            print(f"campaign: {done} of {wanted} seeds, {failed} failed, {self.seconds:.0f} s", flush=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def table(self) -> None:
        struck = collections.Counter(kind for each in self.outcomes for kind in each.faults)
        failed = collections.Counter(kind for each in self.outcomes if each.problems for kind in set(each.faults))
        print(f"{'fault':28}{'struck':>8}{'seeds that failed with it':>28}")
        for kind, count in sorted(struck.items(), key=lambda each: -each[1]):
            print(f"{kind:28}{count:8}{failed[kind]:28}")
        tasks = sum(each.tasks for each in self.outcomes)
        containers = sum(each.containers for each in self.outcomes)
        bad = [each.seed for each in self.outcomes if each.problems]
        print(
            f"campaign: {len(self.outcomes)} seeds, {tasks} tasks, {containers} of them containers, "
            f"{sum(struck.values())} faults, {self.seconds:.0f} s; failed: {', '.join(map(str, sorted(bad))) or 'none'}"
        )


def main() -> int:
    arguments = _arguments()
    campaign = Campaign(arguments)
    campaign.say_what_is_left_out()
    try:
        asyncio.run(campaign.run())
    except asyncio.CancelledError:
        print("campaign: told to end")
    finally:
        campaign.table()
    if len(campaign.outcomes) < arguments.count:
        return 1
    return 1 if any(each.problems for each in campaign.outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
