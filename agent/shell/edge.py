"""The edge of a public agent, as a part of the agent's process."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from barter.shell.log import logger

if TYPE_CHECKING:
    from barter.agent.edge.shell.daemon import EdgeOptions

AGAIN_S = 2.0
_log = logger("agent")


class EdgeTask:
    """Runs the edge, and again when it failed: it never takes the agent with it."""

    def __init__(self, options: "EdgeOptions", masters: Sequence[str], agent_id: str, work_dir: Path) -> None:
        from barter.agent.edge.shell.daemon import Edge

        if options.work_dir is None:
            options = replace(options, work_dir=work_dir / "edge")
        self.edge = Edge(options, masters, agent_id)
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        said = ""
        while True:
            try:
                await self.edge.run()
            except Exception as error:
                if str(error) != said:
                    said = str(error)
                    _log.error("the edge failed, trying again", why=said or type(error).__name__)
            await asyncio.sleep(AGAIN_S)

    async def end(self, *, for_good: bool) -> None:
        """Stop running it; HAProxy serves on unless it is `for_good`."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if for_good:
            await self.edge.stop()
