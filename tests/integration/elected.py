"""Real masters that elect their leader through a real ZooKeeper; one that ends is started again, as by a supervisor."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.integration.machine import free_address, until

START = """
import sys
from pathlib import Path
from barter.core.zookeeper_url import parse_url
from barter.master.shell.daemon import MasterOptions, run
from barter.shell.zookeeper.settings import ZooKeeperSettings
url, grpc, http = sys.argv[1:]
zookeeper = ZooKeeperSettings(parse_url(url), session_ms=2_000)
sys.exit(run(MasterOptions(Path("unused"), grpc, http, heartbeat_ms=200, agent_timeout_ms=60_000, zookeeper=zookeeper)))
"""
PATIENCE_SECONDS = 90


class ElectedProcess:
    def __init__(self, url: str, folder: Path) -> None:
        """`folder` gets its log."""
        self.url = url
        self.grpc, self.http = free_address(), free_address()
        self.log = folder / f"{self.grpc}.log"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", START, self.url, self.grpc, self.http]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, stderr=log)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code."""
        if not self.ended:
            self.send(number)
        return self.over()

    def over(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def last_line(self) -> str:
        return self.log.read_text().splitlines()[-1]

    def health(self) -> dict[str, object]:
        """Empty while it does not answer."""
        try:
            said: dict[str, object] = httpx.get(f"http://{self.http}/health", timeout=1.0).json()
        except httpx.HTTPError:
            return {}
        return said


class Masters:
    """Some of one cluster."""

    def __init__(self, url: str, folder: Path, count: int = 3) -> None:
        self.each = [ElectedProcess(url, folder) for _ in range(count)]

    def settled(self) -> tuple[ElectedProcess, list[ElectedProcess]]:
        """The leader and its followers, once all know who leads; those that have ended are started again."""

        def who() -> tuple[ElectedProcess, list[ElectedProcess]] | None:
            for master in self.each:
                if master.ended:
                    master.start()
            said = [master.health() for master in self.each]
            leaders = [master for master, health in zip(self.each, said, strict=True) if health.get("leading")]
            if len(leaders) != 1 or any(health.get("leader") != leaders[0].grpc for health in said):
                return None
            return leaders[0], [master for master in self.each if master is not leaders[0]]

        return until(who, PATIENCE_SECONDS)

    def end(self) -> None:
        for master in self.each:
            if not master.ended:
                master.send(signal.SIGCONT)
                master.end(signal.SIGKILL)
