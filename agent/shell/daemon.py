"""The agent as a process."""

import asyncio
import errno
import sys

from barter.agent.shell.ledger import LedgerUnusable
from barter.agent.shell.options import AgentOptions
from barter.agent.shell.service import AgentService
from barter.shell import log
from barter.shell.lock import FolderTaken
from barter.shell.transport import AddressTaken, NotAllowed

__all__ = ["AgentOptions", "run"]


def run(options: AgentOptions) -> int:
    """Serve until a signal; return the exit code.

    SIGTERM and SIGINT end the agent alone, its executor and tasks go on. SIGUSR1 makes it leave for good.
    """
    log.setup()
    try:
        return asyncio.run(AgentService(options).run())
    except (FolderTaken, LedgerUnusable, NotAllowed, AddressTaken, ValueError) as error:
        return _cannot_start(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return _cannot_start(f"the disk of {options.work_dir} is full: make room there; tasks that run go on")
        return _cannot_start(f"{error}: choose another --work-dir")


def _cannot_start(why: str) -> int:
    print(f"barter agent: {why}", file=sys.stderr)
    return 1
