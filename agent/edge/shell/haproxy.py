"""Runs the real HAProxy, master-worker, in a private work dir: check, start, reload, take over, stop."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

from barter.agent.edge.adopted import read_routes
from barter.agent.edge.config import CONFIG, ROUTES, Candidate, map_name, read_structure, socket_name
from barter.agent.edge.messages import (
    Adopted,
    Applied,
    Checked,
    Died,
    Event,
    Failed,
    Running,
    SessionsCounted,
    SlotsRead,
)
from barter.agent.edge.model import Address
from barter.agent.edge.plan import Command
from barter.agent.edge.sessions import parse_sessions
from barter.agent.edge.shell import process, runtime_socket
from barter.agent.edge.shell.probe import untakeable
from barter.agent.edge.shell.runtime_socket import Processes, SocketError
from barter.agent.edge.slots import Slots, parse_servers_state

CANDIDATE = "candidate.cfg"
_LEFT_BEHIND = (CONFIG, ROUTES, CANDIDATE, process.LOG, process.PID, process.MASTER_SOCKET)
_POLL_S = 0.005
_START_S, _RELOAD_S, _ADOPT_S, _STOP_S = 15.0, 20.0, 2.0, 5.0


class HAProxy:
    """One HAProxy on one work dir. Each call answers with the event that the machine waits for."""

    def __init__(self, binary: str, work_dir: Path, post: Callable[[Event], None]) -> None:
        self._binary = binary
        self._dir = work_dir
        self._post = post
        self._pid = 0
        self._changing = False
        self._watcher: asyncio.Task[None] | None = None

    async def adopt(self) -> Adopted | None:
        """Take over the one that runs here, if its worker answers as its files say; else end what is left of it."""
        pid = process.find_master(self._dir)
        if pid is not None:
            with contextlib.suppress(ValueError):
                services = read_routes(self._read(ROUTES))
                written = read_structure(self._read(CONFIG))
                others = [path.name for path in self._dir.glob(socket_name("*"))]
                for structure in (written, *(name.removeprefix("run-").removesuffix(".sock") for name in others)):
                    slots = await self._answers(structure, lambda: False, _ADOPT_S)
                    if slots is not None:
                        self._follow(pid)
                        return Adopted(structure, services, slots)
        process.end_all(self._dir)
        self._clean(keep=())
        return None

    async def check(self, candidate: Candidate, probe: frozenset[Address]) -> Checked | Failed:
        """Ask HAProxy itself, and the kernel for the addresses in `probe`."""
        if taken := untakeable(probe):
            return Checked(candidate.structure, taken=taken)
        try:
            output, status = await self._let_check(candidate)
        except OSError as error:
            return Failed(candidate.structure, f"a configuration could not be checked: {error}")
        if status == 0:
            return Checked(candidate.structure)
        return Checked(candidate.structure, process.alerts(output) or "it gives no reason")

    async def _let_check(self, candidate: Candidate) -> tuple[str, int | None]:
        self._write(candidate, {CONFIG: CANDIDATE})
        checker = await asyncio.create_subprocess_exec(
            *(self._binary, "-C", str(self._dir), "-c", "-f", CANDIDATE),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await checker.communicate()
        return output.decode(errors="replace"), checker.returncode

    async def start(self, candidate: Candidate) -> Running | Failed:
        self._clean(keep=())
        try:
            self._write(candidate, {})
            self._pid = process.spawn(self._binary, self._dir, CONFIG)
        except OSError as error:
            return Failed(candidate.structure, f"HAProxy could not be started: {error}")
        ended = asyncio.create_task(process.ended(self._pid))
        try:
            slots = await self._answers(candidate.structure, lambda: ended.done(), _START_S)
        finally:
            ended.cancel()
        if slots is not None:
            self._follow(self._pid)
            return Running(candidate.structure, slots)
        words = process.alerts(process.log_since(self._dir, 0)) or "it does not answer"
        await self._end()
        return Failed(candidate.structure, f"HAProxy did not start: {words}")

    async def reload(self, candidate: Candidate) -> Running | Failed | Died:
        """SIGUSR2 to the master; it hands its listening sockets to the new worker, so no connection is refused."""
        before = {name: self._read(name) for name in (CONFIG, ROUTES)}
        process.trim_log(self._dir)
        offset = process.log_size(self._dir)
        self._changing = True
        try:
            was = await runtime_socket.processes(self._dir, process.MASTER_SOCKET)
            self._write(candidate, {})
            process.send(self._pid, signal.SIGUSR2)
            failed = await self._reloaded(was)
            slots = None if failed else await self._answers(candidate.structure, lambda: False, _RELOAD_S)
        except (SocketError, OSError) as error:
            failed, slots = str(error), None
        finally:
            self._changing = False
        if self._watcher is None or self._watcher.done():
            return self._obituary()
        if slots is not None:
            self._clean(keep=(candidate.structure,))
            return Running(candidate.structure, slots)
        with contextlib.suppress(OSError):
            for name, text in before.items():
                self._write_file(name, text)
        words = process.alerts(process.log_since(self._dir, offset)) or failed
        return Failed(candidate.structure, f"HAProxy did not reload: {words}")

    async def apply(self, structure: str, commands: Iterable[Command]) -> Applied:
        process.trim_log(self._dir)
        try:
            lines = [command.line() for command in commands]
            return Applied(await runtime_socket.run(self._dir, socket_name(structure), lines))
        except SocketError as error:
            return Applied(str(error))

    async def slots(self, structure: str) -> SlotsRead | Applied:
        try:
            return SlotsRead(await self.read_slots(structure))
        except (SocketError, ValueError) as error:
            return Applied(str(error))

    async def read_slots(self, structure: str) -> dict[str, Slots]:
        """Raises SocketError or ValueError."""
        answer = await runtime_socket.ask(self._dir, socket_name(structure), "show servers state")
        return parse_servers_state(answer)

    async def sessions(self, structure: str, backends: Iterable[str]) -> SessionsCounted:
        """Also those on workers that a reload replaced; empty where HAProxy does not answer."""
        asked = [f"show stat {backend} 4 -1" for backend in backends]
        total: dict[str, dict[Address, int]] = {}
        try:
            now = await runtime_socket.ask(self._dir, socket_name(structure), ";".join(asked))
            before = (await runtime_socket.processes(self._dir, process.MASTER_SOCKET)).old
            for pid in before:
                for command in asked:
                    now += await runtime_socket.ask(self._dir, process.MASTER_SOCKET, f"@!{pid} {command}")
            total = parse_sessions(now)
        except (SocketError, ValueError):
            total.clear()
        return SessionsCounted(total)

    async def let_go(self) -> None:
        """Leave HAProxy running for the next edge on this work dir."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    async def stop(self) -> None:
        """End HAProxy, ours or one found here, with all its workers, and leave no file of it."""
        await self.let_go()
        self._pid = self._pid or process.find_master(self._dir) or 0
        await self._end()
        self._clean(keep=())
        for name in _LEFT_BEHIND:
            (self._dir / name).unlink(missing_ok=True)

    async def _end(self) -> None:
        if self._pid:
            process.send(self._pid, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.ended(self._pid), _STOP_S)
        process.end_all(self._dir)
        if self._pid:
            await process.ended(self._pid)
        self._pid = 0

    def _follow(self, pid: int) -> None:
        self._pid = pid
        self._watcher = asyncio.create_task(self._watch(pid))

    async def _watch(self, pid: int) -> None:
        await process.ended(pid)
        process.end_all(self._dir)
        if not self._changing:
            self._post(self._obituary())

    def _obituary(self) -> Died:
        self._pid = 0
        text = process.log_since(self._dir, max(process.log_size(self._dir) - 2_000, 0))
        return Died(process.alerts(text) if "[ALERT]" in text else "it says nothing of why")

    async def _reloaded(self, was: Processes) -> str:
        """Wait for the master's word on the reload it was asked for; returns why it failed, empty when it did not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RELOAD_S):
                while self._watcher is not None and not self._watcher.done():
                    with contextlib.suppress(SocketError):
                        now = await runtime_socket.processes(self._dir, process.MASTER_SOCKET)
                        if now.failed > was.failed:
                            return "the master says that it failed"
                        if now.reloads > was.reloads and now.worker not in (0, was.worker):
                            return ""
                    await asyncio.sleep(_POLL_S)
                return "it ended"
        return "the master did not finish it in time"

    async def _answers(self, structure: str, gave_up: Callable[[], bool], seconds: float) -> dict[str, Slots] | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not gave_up():
                    with contextlib.suppress(SocketError, ValueError):
                        await runtime_socket.processes(self._dir, process.MASTER_SOCKET)
                        return await self.read_slots(structure)
                    await asyncio.sleep(_POLL_S)
        return None

    def _write(self, candidate: Candidate, names: dict[str, str]) -> None:
        for name, text in candidate.files.items():
            if name != ROUTES or not names:
                self._write_file(names.get(name, name), text)

    def _write_file(self, name: str, text: str) -> None:
        fresh = self._dir / f"{name}.new"
        fresh.write_text(text)
        os.replace(fresh, self._dir / name)

    def _read(self, name: str) -> str:
        try:
            return (self._dir / name).read_text()
        except OSError:
            return ""

    def _clean(self, keep: tuple[str, ...]) -> None:
        """Remove the maps and sockets of all structures but these."""
        kept = {file_of(structure) for structure in keep for file_of in (map_name, socket_name)}
        for pattern in (map_name("*"), socket_name("*")):
            for path in self._dir.glob(pattern):
                if path.name not in kept:
                    path.unlink(missing_ok=True)
