"""What stands before a change: the proof that it can never be finished, and the play of what it would do."""

import asyncio
from collections.abc import Callable

from barter.frameworks.service.actions import Answer
from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.differences import differences
from barter.frameworks.service.events import Change, Rollback
from barter.frameworks.service.forecast import forecast, left_of, way_back
from barter.frameworks.service.forecast_json import forecast_json
from barter.frameworks.service.preflight.facts import Impossible
from barter.frameworks.service.preflight.planned import planned
from barter.frameworks.service.preflight.proof import prove
from barter.frameworks.service.requests import touched
from barter.frameworks.service.schema import Json
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.shell.facts import FRESH_MS, STILL_GOOD_MS, Facts

WAYS_OUT = "can never be finished here: {}. With force=true it is accepted, and waits"


class DryRun(Exception):
    """Nothing was done: `told` is what would be."""

    def __init__(self, told: Json) -> None:
        super().__init__("a dry run")
        self.told = told


class Preflight:
    """Without `facts` nothing is proved."""

    def __init__(self, bridge: Bridge, now: Callable[[], int], facts: Facts | None = None) -> None:
        self._bridge, self._now, self._facts = bridge, now, facts

    async def check(self, change: Change) -> None:
        """Raises DefinitionError with the arithmetic, unless the change is forced."""
        if change.force:
            return
        found = await self.impossible(change)
        if found:
            several = len(touched(change)) > 1
            raise DefinitionError(
                [(f"{no.app_id}{no.path}" if several else no.path, WAYS_OUT.format(no.reason)) for no in found]
            )

    async def impossible(self, change: Change) -> tuple[Impossible, ...]:
        """A yes may rest on what was known a while ago; a no is asked for again."""
        if self._facts is None or not (change.puts or change.restarts):
            return ()
        for within_ms in (STILL_GOOD_MS, FRESH_MS):
            known = await self._facts.known(within_ms)
            if known is None:
                return ()
            machine = self._bridge.machine
            found = prove(tuple(planned(change, machine)), known)
            if not found:
                return ()
        return found

    async def dry_run(self, change: Change) -> Answer:
        """The Answer of who refuses the change; raises DryRun with what it would do, played on a copy."""
        return await self._play(change, change, await self.impossible(change))

    async def dry_rollback(self, rollback: Rollback) -> Answer:
        """The same for going back, which nothing is proved of: what was there before had its place."""
        return await self._play(way_back(self._bridge.machine, rollback), rollback, ())

    async def _play(self, change: Change, asked: Change | Rollback, impossible: tuple[Impossible, ...]) -> Answer:
        machine = self._bridge.machine
        left, changes = left_of(machine, change), differences(change, machine.apps)
        found = await asyncio.to_thread(forecast, left, change, self._now(), machine.roles, asked)
        if isinstance(found, Answer):
            return found
        unproved = "the framework asks no master" if self._facts is None else self._facts.why_none
        raise DryRun(forecast_json(found, impossible, unproved, changes))
