"""`python -m barter.agent.executor`: started by the agent, which it outlives."""

import argparse
import sys
from pathlib import Path

from barter.agent.executor.shell.daemon import ExecutorOptions, run
from barter.agent.runtime.settings import SettingsFile
from barter.shell import log
from barter.shell.lock import FolderTaken


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m barter.agent.executor", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="the agent's unix socket")
    parser.add_argument("--work-dir", type=Path, required=True, help="the agent's work folder")
    parser.add_argument("--runtime", choices=("docker", "process"), default="process")
    parser.add_argument("--host", default="127.0.0.1", help="where the ports of tasks answer, for health checks")
    parser.add_argument("--settings", type=Path, help="what the operator allows, written by the agent")
    given = parser.parse_args()
    log.setup()
    try:
        settings = SettingsFile(given.settings and given.settings.absolute())
        options = ExecutorOptions(
            given.socket.absolute(), given.work_dir.absolute(), given.runtime, given.host, settings
        )
        return run(options)
    except (FolderTaken, OSError) as error:
        print(f"executor: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
