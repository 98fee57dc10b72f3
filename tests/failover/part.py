"""One process of the cluster under a supervisor: started again whenever it ends, unless it is held down."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path

from tests.failover.record import Exited, Record, now_ms

ROOT = Path(__file__).resolve().parents[2]
MARK = "BARTER_FAILOVER"
AGAIN_S = 0.2
LAST_BYTES = 4_000


class Part:
    """`held` says why it is not to be started just now. A signal goes to the process that runs as it is sent."""

    def __init__(self, name: str, command: Sequence[str], log: Path, mark: str, record: Record) -> None:
        self.name, self.log = name, log
        self.held: set[str] = set()
        self.asked = ""
        self._command, self._mark, self._record = list(command), mark, record
        self.process: Process | None = None
        self.up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._free = asyncio.Event()
        self._free.set()

    @property
    def pid(self) -> int:
        """0 while there is none."""
        return self.process.pid if self.process is not None and self.process.returncode is None else 0

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep())

    def hold(self, reason: str) -> None:
        self.held.add(reason)
        self._free.clear()

    def free(self, reason: str) -> None:
        self.held.discard(reason)
        if not self.held:
            self._free.set()

    def send(self, number: signal.Signals, process: Process | None = None) -> None:
        target = process or self.process
        if target is not None and target.returncode is None:
            if number in (signal.SIGKILL, signal.SIGTERM):
                self.asked = number.name
                self.up.clear()
            target.send_signal(number)

    async def _keep(self) -> None:
        while True:
            await self._free.wait()
            self.asked = ""
            self.process = await self._launch()
            self.up.set()
            code = await self.process.wait()
            self.up.clear()
            self._record.tell(f"{self.name} ended: {code}" + (f" ({self.asked})" if self.asked else ""))
            self._record.exits.append(Exited(now_ms(), self.name, code, self.asked, self.last_line()))
            await asyncio.sleep(AGAIN_S)

    async def _launch(self) -> Process:
        # What gRPC says of connections that break would come after a last line.
        more = {MARK: self._mark, "BARTER_LOG_FORMAT": "json", "no_proxy": "127.0.0.1", "GRPC_VERBOSITY": "ERROR"}
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                env={**os.environ, **more},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def last_line(self) -> str:
        with self.log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(log.tell() - LAST_BYTES, 0))
            lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""

    async def end(self, number: signal.Signals, patience_s: float) -> None:
        """For good; killed where it does not end in time."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                code = await process.wait()
                if code not in (0, -number):
                    self._record.problems.append(f"{self.name} ended with {code} in the end: {self.last_line()}")
                return
        self._record.problems.append(f"{self.name} did not end within {patience_s:g} s of {number.name}")
        process.kill()
        await process.wait()


def sweep(mark: str) -> list[int]:
    """Kill every process that carries the mark; returns which there were."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            if int(name) != os.getpid() and f"{MARK}={mark}".encode() in Path(
                f"/proc/{name}/environ"
            ).read_bytes().split(b"\0"):
                os.kill(int(name), signal.SIGKILL)
                found.append(int(name))
    return found
